const SIZE = 624
const SHIFT = 397
/** Two words make one number. */
const NUMBERS = SIZE / 2

/**
 * The Mersenne twister MT19937 by Matsumoto and Nishimura, with numbers of 53 bits: the numbers that Faker draws from when it
 * is seeded alike (a test holds the two together), without Faker having to be loaded.
 */
export class Twister {
  readonly #state: Uint32Array
  readonly #numbers = new Float64Array(NUMBERS)
  #at = NUMBERS

  constructor(seed: readonly number[]) {
    this.#state = seeded(seed)
  }

  /** The next number in [0, 1). */
  next(): number {
    if (this.#at === NUMBERS) this.#draw()
    return this.#numbers[this.#at++] ?? 0
  }

  /** The next 312 numbers at once. */
  #draw(): void {
    const state = this.#state
    twist(state)
    for (let i = 0; i < NUMBERS; i++) {
      const high = tempered(state[2 * i] ?? 0) >>> 5
      const low = tempered(state[2 * i + 1] ?? 0) >>> 6
      this.#numbers[i] = (high * 2 ** 26 + low) * 2 ** -53
    }
    this.#at = 0
  }
}

/** `init_by_array` of the reference implementation. */
function seeded(seed: readonly number[]): Uint32Array {
  const state = new Uint32Array(SIZE)
  state[0] = 19_650_218
  for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1_812_433_253, mixed(state, i)) + i
  let i = 1
  for (let k = 0; k < Math.max(SIZE, seed.length); k++) {
    const j = k % seed.length
    state[i] = ((state[i] ?? 0) ^ Math.imul(mixed(state, i), 1_664_525)) + (seed[j] ?? 0) + j
    i = following(state, i)
  }
  for (let k = 1; k < SIZE; k++) {
    state[i] = ((state[i] ?? 0) ^ Math.imul(mixed(state, i), 1_566_083_941)) - i
    i = following(state, i)
  }
  state[0] = 0x80000000
  return state
}

function mixed(state: Uint32Array, i: number): number {
  const before = state[i - 1] ?? 0
  return before ^ (before >>> 30)
}

function following(state: Uint32Array, i: number): number {
  if (i + 1 < SIZE) return i + 1
  state[0] = state[SIZE - 1] ?? 0
  return 1
}

function twist(state: Uint32Array): void {
  let word = state[0] ?? 0
  for (let i = 0; i < SIZE; i++) {
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
