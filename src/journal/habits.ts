import type { Exchange, Remark } from '../core/journal.ts'
import type { Occasion } from './breaches.ts'
import type { Analysis, Terms } from './terms.ts'

/** By how much (ms) a call may come before a hint's end: timers are no more exact than that. */
const TOLERANCE_MS = 50
/** Callers of operations; a sandbox has a few dozen credentials, so this is beyond any but a hostile client's. */
const MOST_HABITS = 1_000

/** The two clocks, in ms. */
export interface Moment {
  readonly at: number
  readonly wall: number
}

/** A remark on an earlier exchange, for as long as the client does not make up for it. */
export interface OpenRemark extends Occasion {
  readonly remark: Remark
}

interface Hint extends Moment {
  readonly id: number
  readonly waitMs: number
  /** Whether the call was made again since. */
  readonly heeded: boolean
}

/** How one credential goes about one operation. */
interface Habit {
  readonly terms: Terms
  readonly provider: string
  readonly credential: string | undefined
  /** The latest hint, as long as nothing but 429s came after it. */
  hint: Hint | undefined
  /** The first exchange whose reply had more to read, and whether any request ever read on. */
  more: number | undefined
  follows: boolean
}

/** What clients make of what replies told them: to wait, or that there is more. */
export class Habits {
  /** By operation and credential. */
  readonly #habits = new Map<Terms, Map<string | undefined, Habit>>()
  #count = 0

  /** Learns of an exchange; the remark that it earns by what went before. */
  learn(
    exchange: Exchange,
    terms: Terms,
    { follows }: Analysis,
    id: number,
    moment: Moment,
  ): Remark | undefined {
    const habit = this.#habitOf(exchange, terms)
    if (habit === undefined) return undefined
    const { hint } = habit
    const early =
      hint !== undefined && remaining(hint, moment) > TOLERANCE_MS ? tooEarly(habit, hint, moment) : undefined
    const { method, status, retryAfterMs, page } = exchange
    if (status !== 429) habit.hint = undefined
    else if (retryAfterMs !== undefined && retryAfterMs > 0)
      habit.hint = { ...moment, id, waitMs: retryAfterMs, heeded: false }
    else if (hint !== undefined) habit.hint = { ...hint, heeded: true }
    if (follows || (page !== undefined && page.position !== 'first')) habit.follows = true
    // Who asks with HEAD is not shown that there is more.
    if (page?.more && method !== 'HEAD' && terms.cursors.length > 0) habit.more ??= id
    return early
  }

  /** What the client has left undone as of now. */
  open(now: Moment): OpenRemark[] {
    const habits = [...this.#habits.values()].flatMap((ofTerms) => [...ofTerms.values()])
    return habits.flatMap((habit) => [...unusedHint(habit, now), ...ignoredPages(habit)])
  }

  #habitOf({ provider, credential }: Exchange, terms: Terms): Habit | undefined {
    // Several clients may have no credential, or a wrong one: nobody knows which of them comes back.
    if (terms.secured && credential === undefined) return undefined
    let ofTerms = this.#habits.get(terms)
    const known = ofTerms?.get(credential)
    if (known !== undefined || this.#count >= MOST_HABITS) return known
    if (ofTerms === undefined) {
      ofTerms = new Map()
      this.#habits.set(terms, ofTerms)
    }
    const habit: Habit = { terms, provider, credential, hint: undefined, more: undefined, follows: false }
    ofTerms.set(credential, habit)
    this.#count++
    return habit
  }
}

/**
 * How much of the wait (ms) is left. Clients wait on the wall clock while the sandbox's may stand still or be moved on:
 * whichever has gone further counts.
 */
function remaining(hint: Hint, { at, wall }: Moment): number {
  return hint.waitMs - Math.max(at - hint.at, wall - hint.wall)
}

function subjectOf({ credential }: Habit): Pick<Remark, 'subject'> {
  return credential === undefined ? {} : { subject: credential }
}

function tooEarly(habit: Habit, hint: Hint, moment: Moment): Remark {
  const passed = hint.waitMs - remaining(hint, moment)
  const message = `Exchange ${hint.id} was a 429 that asked to wait ${span(hint.waitMs)}; this call came after ${span(Math.max(0, passed))}.`
  return { kind: 'early-retry', ...subjectOf(habit), message }
}

function unusedHint(habit: Habit, now: Moment): OpenRemark[] {
  const { hint, provider, terms } = habit
  if (hint === undefined || hint.heeded || remaining(hint, now) > 0) return []
  const message = `The 429 asked to wait ${span(hint.waitMs)}, which are over: the call was never made again.`
  const remark: Remark = { kind: 'unused-retry-hint', ...subjectOf(habit), message }
  return [{ id: hint.id, provider, operation: terms.operationId, remark }]
}

function ignoredPages({ more, follows, provider, terms }: Habit): OpenRemark[] {
  if (more === undefined || follows) return []
  const subject = terms.onward.join(', ')
  const message = 'More runs followed, and none was ever asked for with a cursor.'
  return [
    {
      id: more,
      provider,
      operation: terms.operationId,
      remark: { kind: 'ignored-pagination', subject, message },
    },
  ]
}

function span(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`
}
