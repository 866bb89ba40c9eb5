import { apart, BoundedMap } from './bounded-map.ts'

/** What was worked out, by a text and others beside it: these are compared and never joined, since they may be long. */
export class Remembered<Value> {
  readonly #lists: BoundedMap<Entry<Value>[]>

  /** `most`: what its values may weigh together. */
  constructor(most: number) {
    this.#lists = new BoundedMap(most)
  }

  get(text: string, beside: readonly Beside[]): Value | undefined {
    const list = this.#lists.get(text)
    if (list === undefined) return undefined
    for (const entry of list) if (isSame(entry.beside, beside)) return entry.value
    return undefined
  }

  /** Keeps the value; `weight` beside that of its texts. */
  set(text: string, beside: readonly Beside[], value: Value, weight = 1): void {
    const others = (this.#lists.get(text) ?? []).filter((entry) => !isSame(entry.beside, beside))
    const list = [{ beside: beside.map(own), value, weight }, ...others.slice(0, MOST_ALIKE - 1)]
    this.#lists.set(
      apart(text),
      list,
      list.reduce((sum, entry) => sum + entry.weight, 0),
    )
  }

  clear(): void {
    this.#lists.clear()
  }
}

/** A text that is not there is another than an empty one. */
type Beside = string | boolean | undefined

interface Entry<Value> {
  readonly beside: readonly Beside[]
  readonly value: Value
  readonly weight: number
}

/** How many that have the same text: several clients may ask the same. */
const MOST_ALIKE = 8

function own(text: Beside): Beside {
  return typeof text === 'string' ? apart(text) : text
}

/** Whether both have the same in the same order. */
export function isSame(one: readonly Beside[], other: readonly Beside[]): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}
