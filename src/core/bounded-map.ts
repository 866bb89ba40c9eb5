/** A map whose values weigh at most `most` together, which forgets those that were not asked for in a while. */
export class BoundedMap<Value, Key = string> {
  readonly #half: number
  // Two halves, of which the older is dropped whole: to drop one value at a time makes a Map slow.
  #newer = new Map<Key, Weighed<Value>>()
  #older = new Map<Key, Weighed<Value>>()
  #weight = 0

  constructor(most: number) {
    this.#half = Math.ceil(most / 2)
  }

  get(key: Key): Value | undefined {
    const found = this.#newer.get(key)
    if (found !== undefined) return found.value
    const old = this.#older.get(key)
    if (old !== undefined) this.set(key, old.value, old.weight)
    return old?.value
  }

  /** Keeps the value; one that weighs more than half of what the map may is not kept. */
  set(key: Key, value: Value, weight = 1): void {
    if (weight > this.#half) return
    this.#weight -= this.#newer.get(key)?.weight ?? 0
    this.#older.delete(key)
    if (this.#weight + weight > this.#half) {
      this.#older = this.#newer
      this.#newer = new Map()
      this.#weight = 0
    }
    this.#weight += weight
    this.#newer.set(key, { value, weight })
  }

  clear(): void {
    this.#newer.clear()
    this.#older.clear()
    this.#weight = 0
  }
}

interface Weighed<Value> {
  readonly value: Value
  readonly weight: number
}

/** The text as one of its own: a short slice of a request would keep the whole of it alive. */
export function apart(text: string): string {
  return Buffer.from(text).toString()
}

/** How long (characters) a text may be that is kept alive by any slice of it. */
const LONG = 2_048

/** A slice of `whole`, as a text of its own if that is long. */
export function sliceOf(whole: string, begin: number, end?: number): string {
  const slice = whole.slice(begin, end)
  return whole.length > LONG ? apart(slice) : slice
}
