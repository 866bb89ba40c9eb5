import type { MessagePort } from 'node:worker_threads'
import type { Fidelity } from '../core/fidelity.ts'
import type { Secrets } from '../core/secrets.ts'
import type { Scenario } from '../seed/scenario.ts'
import type { SettledRun } from '../store/rows.ts'

/** Runs for a thread to make: those of these providers, as they stand at `at` (ms). */
export interface Job {
  readonly providers: readonly string[]
  readonly scenario: Scenario
  readonly seed: number
  readonly fidelity: Fidelity
  /** ms */
  readonly start: number
  readonly secret: ReturnType<Secrets['parts']>
  readonly at: number
}

/** What a thread is started with. */
export interface Posted {
  readonly job: Job
  /** How many messages were posted, and how many of them have been taken. */
  readonly counters: Int32Array
  readonly port: MessagePort
}

export const POSTED = 0
export const TAKEN = 1

/** Rows in a message: what can be written in some ten milliseconds, while nobody else is answered. */
export const BATCH = 1_000
/** How many messages may lie there, so that a thread that is faster than who writes does not fill the memory. */
export const MOST_AHEAD = 8

/** Rows on their way: all their texts as one, since many small ones take longer to hand over than to make. */
export interface Packed {
  readonly text: string
  /** Five of each row: scope, id, facets, body, plan. */
  readonly lengths: Uint32Array
  /** Two of each row: when it was created and when it changes next (both ms; NaN for never). */
  readonly instants: Float64Array
}

/** What a thread says. */
export type Message =
  | { readonly provider: string; readonly packed: Packed }
  | { readonly end: true }
  | { readonly failed: string }

const TEXTS = 5
const INSTANTS = 2

export function pack(rows: readonly SettledRun[]): Packed {
  const texts: string[] = []
  const lengths = new Uint32Array(rows.length * TEXTS)
  const instants = new Float64Array(rows.length * INSTANTS)
  for (const [i, { scope, createdAt, id, facets, body, plan, due }] of rows.entries()) {
    for (const text of [scope, id, facets, body, plan]) {
      lengths[texts.length] = text.length
      texts.push(text)
    }
    instants[i * INSTANTS] = createdAt
    instants[i * INSTANTS + 1] = due ?? Number.NaN
  }
  return { text: texts.join(''), lengths, instants }
}

export function unpack({ text, lengths, instants }: Packed): SettledRun[] {
  const rows: SettledRun[] = []
  let from = 0
  let at = 0
  const next = (): string => {
    const end = from + (lengths[at++] ?? 0)
    const part = text.slice(from, end)
    from = end
    return part
  }
  for (let i = 0; i < instants.length; i += INSTANTS) {
    const [scope, id, facets, body, plan] = [next(), next(), next(), next(), next()]
    const due = instants[i + 1] ?? Number.NaN
    const createdAt = instants[i] ?? 0
    rows.push({ scope, createdAt, id, facets, body, plan, due: Number.isNaN(due) ? null : due })
  }
  return rows
}
