import type { Breach, Remark } from '../core/journal.ts'

/** How many different breaches are kept apart. */
const MOST_BREACHES = 1_000

/** Where a remark was made. */
export interface Occasion {
  readonly id: number
  readonly provider: string
  readonly operation: string | null
}

/** What a client broke, each thing once, with its count. Holds at most 1,000 things; of more, only how many there were. */
export class Breaches {
  readonly #breaches = new Map<string, { -readonly [Member in keyof Breach]: Breach[Member] }>()
  #apart = 0

  add(remark: Remark, { id, provider, operation }: Occasion): void {
    const key = [remark.kind, provider, operation, remark.subject].join('\n')
    const breach = this.#breaches.get(key)
    if (breach !== undefined) {
      breach.count++
      breach.last = id
    } else if (this.#apart < MOST_BREACHES) {
      this.#apart++
      this.#breaches.set(key, { ...remark, provider, operation, count: 1, first: id, last: id })
    } else {
      this.#addToRest(remark, id, provider)
    }
  }

  /** In the order in which they were first seen. */
  list(): Breach[] {
    return [...this.#breaches.values()].map((breach) => ({ ...breach })).sort((a, b) => a.first - b.first)
  }

  /** One for each kind and provider. */
  #addToRest({ kind }: Remark, id: number, provider: string): void {
    const key = [kind, provider].join('\n')
    const rest = this.#breaches.get(key)
    if (rest === undefined) {
      const message = `These are beyond the ${MOST_BREACHES} breaches that are kept apart.`
      this.#breaches.set(key, { kind, message, provider, operation: null, count: 1, first: id, last: id })
    } else {
      rest.count++
      rest.last = id
    }
  }
}
