import { parseIso } from '../../../core/clock.ts'
import type { Cursor } from '../../../core/provider.ts'
import { NO_HEADER, queryError, unauthorized } from '../replies.ts'
import { STATUSES, type Status, type Vocabulary, WORDS, type Word } from '../status.ts'
import { boundOf, sinceBefore } from '../window.ts'
import type { Behaviour } from './behaviour.ts'

/** What a filter may ask for without a version: the eleven words of the vendor's document. */
const DOCUMENTED = [
  'PENDING_VERSION',
  'QUEUED',
  'EXECUTING',
  'REATTEMPTING',
  'FROZEN',
  'COMPLETED',
  'CANCELED',
  'FAILED',
  'CRASHED',
  'INTERRUPTED',
  'SYSTEM_FAILURE',
]

/** The words that only the newer version has: `specs/trigger.overlay.yaml` adds them to the document. */
const NEWER = ['DEQUEUED', 'WAITING', 'DELAYED', 'EXPIRED', 'TIMED_OUT']

const ACCEPTED: Record<Vocabulary, ReadonlySet<string>> = {
  v1: new Set(DOCUMENTED),
  v2: new Set([...DOCUMENTED, ...NEWER]),
}

/** As the document says it. */
export const spec: Behaviour = {
  readsObserved: false,
  accepts: (word, vocabulary) => ACCEPTED[vocabulary].has(word),
  wordFor,
  instant(text) {
    const number = Number(text)
    return Number.isNaN(number) ? parseIso(text) : number || null
  },
  filters: ({ status, bulkAction }, vocabulary) => ({
    status: status?.flatMap((word) => FOUND_BY[vocabulary].get(word) ?? []),
    bulkAction: bulkAction === undefined ? undefined : [bulkAction],
  }),
  range: ({ from, to, period }, clock) =>
    period === undefined
      ? { since: boundOf(from), until: boundOf(to) }
      : { since: sinceBefore(clock.now, period) },
  cursor({ after, before }) {
    // `before` wins: the vendor's client sends both when it turns back (fidelity/trigger.md §5.3).
    if (before !== undefined) return placeOf(before, 'newer', 'page[before]')
    return after === undefined ? undefined : placeOf(after, 'older', 'page[after]')
  },
  cursorOf: ({ id }) => id,
  backwards: (newestFirst) => newestFirst,
  noHeader: unauthorized(NO_HEADER),
}

/** WAITING_FOR_DEPLOY has an older word that stands in no document: it goes by the newer one. */
function wordFor(status: Status, vocabulary: Vocabulary): Word {
  return status === 'WAITING_FOR_DEPLOY' ? 'PENDING_VERSION' : WORDS[status][vocabulary]
}

/**
 * The statuses that a filter's word asks for: those that read as that word, so that a filter and an unfiltered walk
 * agree. An older word that the vocabulary has given up asks for what it used to mean.
 */
const FOUND_BY: Record<Vocabulary, ReadonlyMap<string, readonly Status[]>> = {
  v1: foundBy('v1'),
  v2: foundBy('v2'),
}

function foundBy(vocabulary: Vocabulary): Map<string, readonly Status[]> {
  const reading = (word: string, as: Vocabulary) => STATUSES.filter((status) => wordFor(status, as) === word)
  const words = [...DOCUMENTED, ...NEWER]
  return new Map(
    words.map((word) => {
      const read = reading(word, vocabulary)
      return [word, read.length > 0 ? read : reading(word, 'v1')]
    }),
  )
}

/** A run's own id is its place. The service refuses no cursor, so the words of the refusal are ours. */
function placeOf(id: string, direction: Cursor['direction'], name: string): Cursor {
  const unknown = () => queryError([{ code: 'custom', message: `Invalid run ID: ${id}`, path: [name] }])
  return { direction, id, unknown }
}
