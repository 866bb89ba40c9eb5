/** What a client sends may be as long as headers may be (256 KiB); what is kept of it is not. */
export const MOST_KEPT = 2_048

/** The text, or its beginning and `…`: as a text of its own. */
export function clipped(text: string, most: number): string {
  return text.length <= most ? apart(text) : apart(`${text.slice(0, most)}…`)
}

/** The text as one of its own: a short slice of a request would keep the whole of it alive. */
export function apart(text: string): string {
  return Buffer.from(text).toString()
}

/** A value of a client's in a message: quoted, and not at any length. */
export function quoted(text: string): string {
  return `'${clipped(text, 60)}'`
}

/** A few of many names, for a message. */
export function some(names: readonly string[]): string {
  const most = 8
  return names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}

/** A map of at most `most` values, which forgets those that were not asked for in a while. */
export class BoundedMap<Value> {
  readonly #half: number
  // Two halves, of which the older is dropped whole: to drop one value at a time makes a Map slow.
  #newer = new Map<string, Value>()
  #older = new Map<string, Value>()

  constructor(most: number) {
    this.#half = Math.ceil(most / 2)
  }

  get(key: string): Value | undefined {
    const value = this.#newer.get(key)
    if (value !== undefined) return value
    const old = this.#older.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, value)
  }
}
