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
  /** UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Whether each of its characters is one byte. */
  readonly isAscii: boolean
  /** Five of each row, in characters: scope, id, facets, body, plan. */
  readonly lengths: Uint32Array<ArrayBuffer>
  /** Two of each row: when it was created and when it changes next (both ms; NaN for never). */
  readonly instants: Float64Array<ArrayBuffer>
}

/** What a thread says. */
export type Message =
  | { readonly provider: string; readonly packed: Packed }
  | { readonly end: true }
  | { readonly failed: string }

const TEXTS = 5
const INSTANTS = 2

/** Puts rows together as they are made: none of them has to be there until the last one is. */
export class Packer {
  #bytes = Buffer.allocUnsafeSlow(ROOM)
  #lengths = new Uint32Array(BATCH * TEXTS)
  #instants = new Float64Array(BATCH * INSTANTS)
  #isAscii = true
  #at = 0
  #count = 0

  /** How many rows it has: BATCH at most. */
  get count(): number {
    return this.#count
  }

  add({ scope, createdAt, id, facets, body, plan, due }: SettledRun): void {
    const text = scope + id + facets + body + plan
    if (this.#at + text.length * MOST_BYTES > this.#bytes.length) this.#grow(text.length * MOST_BYTES)
    const size = this.#bytes.write(text, this.#at)
    this.#at += size
    if (size !== text.length) this.#isAscii = false
    const first = this.#count * TEXTS
    this.#lengths[first] = scope.length
    this.#lengths[first + 1] = id.length
    this.#lengths[first + 2] = facets.length
    this.#lengths[first + 3] = body.length
    this.#lengths[first + 4] = plan.length
    this.#instants[this.#count * INSTANTS] = createdAt
    this.#instants[this.#count * INSTANTS + 1] = due ?? Number.NaN
    this.#count++
  }

  /** All rows that it has, which it has no more. Its memory can be handed over (`transferred`). */
  take(): Packed {
    const count = this.#count
    const packed = {
      bytes: new Uint8Array(this.#bytes.buffer, 0, this.#at),
      isAscii: this.#isAscii,
      lengths: this.#lengths.subarray(0, count * TEXTS),
      instants: this.#instants.subarray(0, count * INSTANTS),
    }
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length)
    this.#lengths = new Uint32Array(BATCH * TEXTS)
    this.#instants = new Float64Array(BATCH * INSTANTS)
    this.#isAscii = true
    this.#at = 0
    this.#count = 0
    return packed
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2 + more)
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Bytes that most batches need. */
const ROOM = 1024 * 1024
/** UTF-8 takes so many for one of JavaScript's characters. */
const MOST_BYTES = 3

/** What need not be copied when rows are handed over. */
export function transferred({ bytes, lengths, instants }: Packed): ArrayBuffer[] {
  return [bytes.buffer, lengths.buffer, instants.buffer]
}

export function unpack({ bytes, isAscii, lengths, instants }: Packed): SettledRun[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = whole.toString(isAscii ? 'latin1' : 'utf8')
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
