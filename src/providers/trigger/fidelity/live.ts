import { parseDate } from '../../../core/clock.ts'
import { ApiError } from '../../../core/reply.ts'
import { INTERNAL, NO_HEADER, problemJson } from '../replies.ts'
import { type Status, WORDS } from '../status.ts'
import { boundOf, sinceBefore } from '../window.ts'
import type { Behaviour } from './behaviour.ts'
import { cursorOf, keyOf } from './cursors.ts'

/**
 * The statuses that each word of a filter finds. The version header does not count here, so that a word can find runs
 * that carry another, and miss some that carry it: PAUSED ones read as WAITING, say (fidelity/trigger.md §3).
 */
const FOUND_BY = new Map<string, readonly Status[]>([
  ['DELAYED', ['DELAYED']],
  ['QUEUED', ['PENDING']],
  ['PENDING_VERSION', ['PENDING_VERSION']],
  ['DEQUEUED', ['DEQUEUED']],
  ['EXECUTING', ['EXECUTING']],
  ['REATTEMPTING', ['RETRYING_AFTER_FAILURE']],
  ['WAITING', ['WAITING_TO_RESUME']],
  ['FROZEN', ['PAUSED', 'WAITING_TO_RESUME']],
  ['COMPLETED', ['COMPLETED_SUCCESSFULLY']],
  ['FAILED', ['COMPLETED_WITH_ERRORS']],
  ['INTERRUPTED', ['INTERRUPTED']],
  ['CANCELED', ['CANCELED']],
  ['SYSTEM_FAILURE', ['SYSTEM_FAILURE']],
  ['CRASHED', ['CRASHED']],
  ['EXPIRED', ['EXPIRED']],
  ['TIMED_OUT', ['TIMED_OUT']],
])

/** What a list leaves out when nothing is asked about time, undocumented (fidelity/trigger.md §3). */
const HIDDEN_WINDOW = 7 * 86_400_000

/** As the service was observed to do it. */
export const live: Behaviour = {
  readsObserved: true,
  accepts: (word) => FOUND_BY.has(word),
  wordFor: (status, vocabulary) => WORDS[status][vocabulary],
  instant(text) {
    const number = Number(text)
    const ms = Number.isNaN(number) ? parseDate(text) : Math.trunc(number)
    // Whatever comes out as the epoch is falsy there, and counts as absent.
    return ms || (ms === undefined ? undefined : null)
  },
  filters: ({ status, bulkAction, batch, queue, machine, region, error }) => ({
    status: status?.flatMap((word) => FOUND_BY.get(word) ?? []),
    bulkAction: bulkAction === undefined ? undefined : [`bulk_${internalId('bulk', bulkAction)}`],
    batch: batch === undefined ? undefined : [`batch_${batch.replace(/^batch_/, '')}`],
    queue,
    machine,
    region,
    error: error === undefined ? undefined : [`error_${internalId('error', error)}`],
  }),
  range({ from, to, period }, clock) {
    if (period !== undefined) return { since: sinceBefore(clock.now, period) }
    if (from === undefined && to === undefined) return { since: clock.now - HIDDEN_WINDOW }
    return { since: boundOf(from), until: boundOf(to) }
  },
  cursor({ after, before }) {
    // `before` wins: the vendor's client sends both when it turns back (fidelity/trigger.md §5.3).
    if (before !== undefined) return { direction: 'newer', key: keyOf(before) }
    return after === undefined ? undefined : { direction: 'older', key: keyOf(after) }
  },
  cursorOf,
  // Oldest first since July 2026, by an accident of hydration it seems (fidelity/trigger.md §4).
  backwards: (newestFirst) => newestFirst.toReversed(),
  noHeader: problemJson(401, 'Unauthorized', NO_HEADER),
}

/** The id behind a prefixed one; what has no prefix is one. Where the service's own helper throws, a 500 (§2, §3). */
function internalId(entity: string, id: string): string {
  if (!id.startsWith(`${entity}_`)) return id
  const internal = id.slice(entity.length + 1)
  if (internal === '' || internal.includes('_')) throw new ApiError(INTERNAL)
  return internal
}
