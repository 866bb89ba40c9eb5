const SIZE = 624
const SHIFT = 397
/** How many words are made at once, of which two make one number: many streams are asked for a few numbers only. */
const WORDS = 48
const NUMBERS = WORDS / 2

/**
 * The Mersenne twister MT19937 by Matsumoto and Nishimura, with numbers of 53 bits: the numbers that Faker draws from when it
 * is seeded alike (a test holds the two together), without Faker having to be loaded.
 */
export class Twister {
  readonly #state: Uint32Array
  readonly #numbers = new Float64Array(NUMBERS)
  #at = NUMBERS
  /** The next word to be made. */
  #word = 0

  constructor(seed: readonly number[]) {
    this.#state = seeded(seed)
  }

  /** The next number in [0, 1). */
  next(): number {
    if (this.#at === NUMBERS) this.#draw()
    return this.#numbers[this.#at++] ?? 0
  }

  /** The next so many numbers at once. */
  #draw(): void {
    const state = this.#state
    twist(state, this.#word)
    for (let i = 0; i < NUMBERS; i++) {
      const high = tempered(state[this.#word + 2 * i] ?? 0) >>> 5
      const low = tempered(state[this.#word + 2 * i + 1] ?? 0) >>> 6
      this.#numbers[i] = (high * 2 ** 26 + low) * 2 ** -53
    }
    this.#at = 0
    this.#word = (this.#word + WORDS) % SIZE
  }
}

/** `init_genrand(19650218)` of the reference implementation, with which `init_by_array` begins. */
let beginning: Uint32Array | undefined

function begun(): Uint32Array {
  if (beginning === undefined) {
    beginning = new Uint32Array(SIZE)
    let before = 19_650_218
    beginning[0] = before
    for (let i = 1; i < SIZE; i++) {
      before = (Math.imul(1_812_433_253, before ^ (before >>> 30)) + i) >>> 0
      beginning[i] = before
    }
  }
  return beginning.slice()
}

/** `init_by_array` of the reference implementation. Its loops run cold for every stream of a start: they call nothing. */
function seeded(seed: readonly number[]): Uint32Array {
  const state = begun()
  const { length } = seed
  let before = state[0] ?? 0
  let i = 1
  for (let k = 0, j = 0; k < SIZE; k++) {
    const word = state[i] ?? 0
    before = ((word ^ Math.imul(before ^ (before >>> 30), 1_664_525)) + (seed[j] ?? 0) + j) >>> 0
    state[i] = before
    if (++i === SIZE) {
      state[0] = before
      i = 1
    }
    if (++j === length) j = 0
  }
  for (let k = 1; k < SIZE; k++) {
    const word = state[i] ?? 0
    before = ((word ^ Math.imul(before ^ (before >>> 30), 1_566_083_941)) - i) >>> 0
    state[i] = before
    if (++i === SIZE) {
      state[0] = before
      i = 1
    }
  }
  state[0] = 0x80000000
  return state
}

/** Makes the next words, from that one on. */
function twist(state: Uint32Array, from: number): void {
  let word = state[from] ?? 0
  for (let i = from; i < from + WORDS; i++) {
    const next = state[i + 1 < SIZE ? i + 1 : 0] ?? 0
    const pair = (word & 0x80000000) | (next & 0x7fffffff)
    const far = i + SHIFT
    state[i] = (state[far < SIZE ? far : far - SIZE] ?? 0) ^ (pair >>> 1) ^ (-(pair & 1) & 0x9908b0df)
    word = next
  }
}

function tempered(word: number): number {
  let mixed = word ^ (word >>> 11)
  mixed ^= (mixed << 7) & 0x9d2c5680
  mixed ^= (mixed << 15) & 0xefc60000
  return mixed ^ (mixed >>> 18)
}
