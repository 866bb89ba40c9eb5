/** What is to go wrong, and with which requests. Instants and durations in ms. */
export interface FaultRule {
  /** Only this provider's requests, this operation's, those with the credential of this label. */
  readonly provider?: string
  readonly operation?: string
  readonly credential?: string
  /** The first request that it may strike, counted from 1 among those that match. */
  readonly nth?: number
  /** How many it strikes before it is spent; without one, it goes on. */
  readonly count?: number
  /** How likely it strikes one that it may strike. */
  readonly probability?: number
  /** The instant on the sandbox's clock from which on it strikes no more. */
  readonly until?: number
  /** How long that was when the fault was made, in ms: to be shown. */
  readonly lasts?: number
  readonly effect: Effect
}

/** What happens to a request that a fault strikes. */
export interface Effect {
  /** The reply is this status of the operation, in the vendor's words. */
  readonly status?: number
  /** What a 429 gives as the time to wait. */
  readonly retryAfterMs?: number
  /** How long the reply is held back; drawn from the range. */
  readonly delay?: { readonly min: number; readonly max: number }
  /** The connection is reset: before anything was sent, or in the middle of the body. */
  readonly reset?: 'before' | 'midway'
  /** How many bytes of the body are sent, and declared as all there are; `half` of them. */
  readonly truncate?: number | 'half'
  /** How long the body takes to be sent. */
  readonly slow?: number
}

/** A fault in force, or one that was. */
export interface Fault extends FaultRule {
  readonly id: string
  /**
   * `active`; `spent` when it has struck `count` times, or its one request has come; `expired` while its time is over.
   */
  readonly state: 'active' | 'spent' | 'expired'
  /** How many requests matched it while it was active, and how many it struck. */
  readonly matched: number
  readonly struck: number
}

/** A request, as far as faults are concerned. */
export interface Target {
  readonly provider: string
  readonly operationId: string
  /** The label of the credential it came with. */
  readonly credential: string | undefined
  /** Whether the operation has this status, so that it can be forced. */
  has(status: number): boolean
}

/** What all faults together do to one request. */
export interface Strike {
  /** The ids of the faults that struck, oldest first. */
  readonly faults: readonly string[]
  readonly status?: number
  readonly retryAfterMs?: number
  readonly delayMs: number
  readonly reset?: 'before' | 'midway'
  readonly truncate?: number | 'half'
  readonly slowMs?: number
}

/** The longest that a reply may be held back by one fault or preference, or a body take to be sent: ten minutes. */
export const LONGEST_DELAY_MS = 600_000

/** How many faults a sandbox keeps, those that are over among them. */
export const MOST_FAULTS = 1_000

/** The faults of one sandbox. `now` is its clock, in ms. */
export interface Faults {
  /** How many there are, those that are over among them. */
  readonly size: number
  /**
   * What strikes this request, which is counted by every active fault that matches it. Of the faults that strike, delays
   * add up, and of everything else the oldest's counts. Undefined when none strikes.
   */
  strike(target: Target, now: number): Strike | undefined
  /** Throws a RangeError when there are `MOST_FAULTS` already. */
  add(rule: FaultRule, now: number): Fault
  list(now: number): readonly Fault[]
  get(id: string, now: number): Fault | undefined
  /** Whether there was one. */
  remove(id: string): boolean
  clear(): void
}
