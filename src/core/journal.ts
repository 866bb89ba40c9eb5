import type { Fidelity } from './fidelity.ts'

/** The step of the walk that answered. */
export type Step =
  | 'route'
  | 'authenticate'
  | 'fault'
  | 'limit'
  | 'act'
  | 'validate'
  | 'query'
  | 'present'
  | 'check'

/**
 * A request and what became of it, without anything that could be used as a credential. Its texts are its own: none keeps
 * a longer one alive.
 */
export interface Exchange {
  readonly provider: string
  /** Absent when the path or method is not one of the document's. */
  readonly operationId?: string
  readonly step: Step
  readonly fidelity: Fidelity
  readonly method: string
  /** As the vendor knows it: without the mount. */
  readonly path: string
  /** The raw query string, without `?`; what could be a credential is redacted. */
  readonly search: string
  /** Those request headers that say something of the client's habits, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The label of the credential it came with; absent without a valid one. */
  readonly credential?: string
  readonly status: number
  /** Whether the client never got the reply whole: a fault reset the connection, or cut the body. */
  readonly lost?: true
  /** Of a reply that lists runs, and was not lost. */
  readonly page?: PageSeen
  /** What a reply told the client to wait, in ms. */
  readonly retryAfterMs?: number
  /** The ids of the faults that struck it. */
  readonly faults?: readonly string[]
}

/** Which page a client was shown. */
export interface PageSeen {
  /** Whether it was asked for from a cursor, and in which direction; `first` without one. */
  readonly position: 'first' | 'older' | 'newer'
  /** Whether more follow in that direction. */
  readonly more: boolean
  readonly items: number
}

/** An exchange as it is kept. */
export interface JournalEntry extends Exchange {
  /** Counted from 1 since the journal was begun. */
  readonly id: number
  /** When it was answered: on the sandbox's clock and on the wall clock, in ms. */
  readonly at: number
  readonly wall: number
  readonly remarks: readonly Remark[]
}

/** Something in a client's behaviour that is not as the vendor's document, or the reply before, would have it. */
export interface Remark {
  readonly kind: RemarkKind
  /** The parameter it is about, or the like. */
  readonly subject?: string
  /** What was wrong, and what would be right. */
  readonly message: string
}

export type RemarkKind = (typeof REMARK_KINDS)[number]

/** What each means: `docs/decisions.md`, "Remarks". */
export const REMARK_KINDS = [
  'undeclared-parameter',
  'malformed-value',
  'deprecated',
  'invalid-request',
  'undocumented-operation',
  'ignored-pagination',
  'early-retry',
  'unused-retry-hint',
] as const

/** Which exchanges: all that is given must hold. */
export interface JournalFilter {
  readonly provider?: string
  readonly operation?: string
  /** A status, or a class of them: `4xx`. */
  readonly status?: string
  /** A kind, or `any`. */
  readonly remark?: RemarkKind | 'any'
  /** Inclusive bounds of `at`, in ms on the sandbox's clock. */
  readonly since?: number
  readonly until?: number
  /** Only those with a larger id. */
  readonly after?: number
  readonly limit: number
}

/** The exchanges of one sandbox, the latest so many of them, and what they add up to. */
export interface Journal {
  /**
   * Keeps the exchange, without remarks if judging it fails: it throws then, which the request is not to fail for. `at` is
   * the sandbox's clock, `wall` the wall clock, both in ms.
   */
  record(exchange: Exchange, at: number, wall: number): void
  /**
   * Oldest first; `more` when the limit left some out. `now` is the sandbox's present, without which it is the latest
   * exchange's: some remarks are made only once a time has passed.
   */
  list(
    filter: JournalFilter,
    now?: number,
  ): { readonly entries: readonly JournalEntry[]; readonly more: boolean }
  /** How often it was begun anew: what was read of the sandbox before it was, is no part of it. */
  readonly beginnings: number
  /** How many were recorded since the journal was begun, and how many of them are still kept. */
  readonly recorded: number
  readonly kept: number
  /** Begins the journal anew, and the report with it. */
  clear(): void
  /** What the client exercised of the documents, and where it broke them. Counts all that was recorded. `now`: as above. */
  report(now?: number): Report
}

/** What a client exercised of the documents, and where it broke them. */
export interface Report {
  readonly exchanges: number
  /** The instants (ms, sandbox's clock) of the first and last exchange; null when there was none. */
  readonly from: number | null
  readonly to: number | null
  /** Over the operations below; an operation that Runyard added to its document (a token endpoint) counts once it is called. */
  readonly coverage: Share
  /** Those of every API that was called at all. */
  readonly operations: readonly OperationReport[]
  /** Remarks of the same kind about the same thing are one breach. */
  readonly breaches: readonly Breach[]
}

export interface OperationReport {
  readonly provider: string
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly calls: number
  readonly coverage: Share
  /** By name, as a query spells it: `page[size]`. Headers that the document declares are among them. */
  readonly parameters: readonly Count[]
  /** `filter[status]=QUEUED`: what the document enumerates. */
  readonly values: readonly Count[]
  /** By status: `200`. After those of the document come others that were seen; they are no part of the coverage. */
  readonly statuses: readonly Count[]
  /** `first`, `middle`, `last`; `backwards` where pages can be read so. */
  readonly pages: readonly Count[]
}

export interface Count {
  readonly name: string
  readonly count: number
}

/** How many of how many, and their ratio from 0 to 1 (0 of none). */
export interface Share {
  readonly exercised: number
  readonly documented: number
  readonly ratio: number
}

export interface Breach extends Remark {
  readonly provider: string
  /** Null when the request met no operation. */
  readonly operation: string | null
  readonly count: number
  /** The ids of the first and last exchange it was seen in. */
  readonly first: number
  readonly last: number
}
