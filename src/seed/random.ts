import { createHash } from 'node:crypto'
import type { Random } from '../core/random.ts'
import { Twister } from './twister.ts'

/** The one door to chance: a stream that is the same for the same seed and label, on every machine. */
export function seededRandom(seed: number, label: string): Random {
  return new Stream(seed, label)
}

/** Draws as Faker would: the same numbers in the same order, for what has no need of it. */
class Stream implements Random {
  readonly #seed: number
  readonly #label: string
  readonly #twister: Twister

  constructor(seed: number, label: string) {
    this.#seed = seed
    this.#label = label
    this.#twister = new Twister(numbers(`${seed}/${label}`))
  }

  int(min: number, max: number): number {
    const [least, most] = [Math.ceil(min), Math.floor(max)]
    if (least === most) return least
    if (!(least < most)) throw new Error(`there is no whole number from ${min} to ${max}`)
    return Math.floor(this.#twister.next() * (most - least + 1) + least)
  }

  float(min: number, max: number): number {
    return this.#twister.next() * (max - min) + min
  }

  chance(p: number): boolean {
    return this.#twister.next() < p
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('nothing to pick from')
    return items[this.#below(items.length)] as T
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const other = this.#below(i + 1)
      ;[shuffled[i], shuffled[other]] = [shuffled[other] as T, shuffled[i] as T]
    }
    return shuffled
  }

  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    return pickWeighted(weights, this.#twister.next())
  }

  text(alphabet: string, length: number): string {
    // By their codes, and made a text at once: one put together bit by bit has to be gone through when it is written.
    const codes = new Array<number>(length)
    for (let i = 0; i < length; i++) codes[i] = alphabet.charCodeAt(this.#below(alphabet.length))
    return String.fromCharCode(...codes)
  }

  fork(inner: string): Random {
    return new Stream(this.#seed, `${this.#label}/${inner}`)
  }

  /** A whole number in [0, count), for which nothing is drawn when there is only one. */
  #below(count: number): number {
    return count > 1 ? Math.floor(this.#twister.next() * count) : 0
  }
}

function numbers(text: string): number[] {
  const digest = createHash('sha256').update(text).digest()
  return [0, 4, 8, 12].map((offset) => digest.readUInt32BE(offset))
}

interface Scale<K extends string> {
  readonly keys: readonly K[]
  readonly weights: readonly number[]
  readonly total: number
}

/** Weights are constants, most of them, and drawn from many times. */
const scales = new WeakMap<object, Scale<string>>()

function scaleOf<K extends string>(weights: Readonly<Record<K, number>>): Scale<K> {
  const known = scales.get(weights) as Scale<K> | undefined
  if (known !== undefined) return known
  const keys = Object.keys(weights) as K[]
  const values = keys.map((key) => weights[key])
  const scale = { keys, weights: values, total: values.reduce((sum, weight) => sum + weight, 0) }
  scales.set(weights, scale)
  return scale
}

function pickWeighted<K extends string>(record: Readonly<Record<K, number>>, at: number): K {
  const { keys, weights, total } = scaleOf(record)
  let rest = at * total
  for (let i = 0; i < keys.length; i++) {
    rest -= weights[i] ?? 0
    const key = keys[i]
    if (rest < 0 && key !== undefined) return key
  }
  const last = keys.at(-1)
  if (last === undefined) throw new Error('nothing to pick from')
  return last
}
