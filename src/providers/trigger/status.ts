/** The vocabulary that a client negotiates with `x-trigger-api-version` (fidelity/trigger.md §3). */
export type Vocabulary = 'v1' | 'v2'

/** The header that picks the vocabulary. */
export const VERSION_HEADER = 'x-trigger-api-version'

/** The vocabulary of a version header's value: only this one value is the newer, anything else and nothing are V1. */
export function vocabularyOf(version: string | undefined): Vocabulary {
  return version === '2025-07-16' ? 'v2' : 'v1'
}

/** What the service keeps, and the word that each vocabulary has for it (fidelity/trigger.md §3). */
export const WORDS = {
  DELAYED: { v1: 'DELAYED', v2: 'DELAYED' },
  PENDING: { v1: 'QUEUED', v2: 'QUEUED' },
  PENDING_VERSION: { v1: 'PENDING_VERSION', v2: 'PENDING_VERSION' },
  WAITING_FOR_DEPLOY: { v1: 'WAITING_FOR_DEPLOY', v2: 'PENDING_VERSION' },
  DEQUEUED: { v1: 'EXECUTING', v2: 'DEQUEUED' },
  EXECUTING: { v1: 'EXECUTING', v2: 'EXECUTING' },
  RETRYING_AFTER_FAILURE: { v1: 'REATTEMPTING', v2: 'EXECUTING' },
  WAITING_TO_RESUME: { v1: 'FROZEN', v2: 'WAITING' },
  PAUSED: { v1: 'FROZEN', v2: 'WAITING' },
  COMPLETED_SUCCESSFULLY: { v1: 'COMPLETED', v2: 'COMPLETED' },
  COMPLETED_WITH_ERRORS: { v1: 'FAILED', v2: 'FAILED' },
  INTERRUPTED: { v1: 'INTERRUPTED', v2: 'FAILED' },
  CANCELED: { v1: 'CANCELED', v2: 'CANCELED' },
  SYSTEM_FAILURE: { v1: 'SYSTEM_FAILURE', v2: 'SYSTEM_FAILURE' },
  CRASHED: { v1: 'CRASHED', v2: 'CRASHED' },
  EXPIRED: { v1: 'EXPIRED', v2: 'EXPIRED' },
  TIMED_OUT: { v1: 'TIMED_OUT', v2: 'TIMED_OUT' },
} as const

/** A run's status as the service keeps it. */
export type Status = keyof typeof WORDS

/** A run's status as a client reads it. */
export type Word = (typeof WORDS)[Status][Vocabulary]

export const STATUSES = Object.keys(WORDS) as Status[]

const FINAL = [
  'COMPLETED_SUCCESSFULLY',
  'COMPLETED_WITH_ERRORS',
  'INTERRUPTED',
  'CANCELED',
  'SYSTEM_FAILURE',
  'CRASHED',
  'EXPIRED',
  'TIMED_OUT',
] as const satisfies readonly Status[]

/** A status that a run rests in. */
export type Final = (typeof FINAL)[number]

const FINALS: ReadonlySet<Status> = new Set(FINAL)

/** Whether a run rests in this status: only then has it a `finishedAt` (fidelity/trigger.md §6). */
export function isFinal(status: Status): status is Final {
  return FINALS.has(status)
}

/** The status that a word stands for, and the vocabulary that has the word. */
export function meaningOf(word: Word): { readonly status: Status; readonly vocabulary: Vocabulary } {
  const status =
    STATUSES.find((status) => status === word) ??
    STATUSES.find((status) => WORDS[status].v1 === word) ??
    STATUSES.find((status) => WORDS[status].v2 === word)
  if (status === undefined) throw new Error(`no status reads as ${word}`)
  return { status, vocabulary: WORDS[status].v1 === word ? 'v1' : 'v2' }
}

/** The booleans of an item, which follow from the word that it carries (fidelity/trigger.md §3, §6). */
export const FLAGS = [
  'isQueued',
  'isExecuting',
  'isCompleted',
  'isFailed',
  'isSuccess',
  'isCancelled',
  'isWaiting',
] as const

export type Flags = Readonly<Record<(typeof FLAGS)[number], boolean>>

const QUEUED: ReadonlySet<Word> = new Set<Word>([
  'DELAYED',
  'QUEUED',
  'PENDING_VERSION',
  'WAITING_FOR_DEPLOY',
])
const EXECUTING: ReadonlySet<Word> = new Set<Word>(['DEQUEUED', 'EXECUTING', 'REATTEMPTING', 'FROZEN'])
const FAILED: ReadonlySet<Word> = new Set<Word>([
  'CANCELED',
  'FAILED',
  'CRASHED',
  'INTERRUPTED',
  'SYSTEM_FAILURE',
])

/** The booleans that go with a word. EXPIRED and TIMED_OUT have none (fidelity/trigger.md §3). */
export function flagsFor(word: Word): Flags {
  return {
    isQueued: QUEUED.has(word),
    isExecuting: EXECUTING.has(word),
    isCompleted: word === 'COMPLETED' || FAILED.has(word),
    isFailed: FAILED.has(word),
    isSuccess: word === 'COMPLETED',
    isCancelled: word === 'CANCELED',
    isWaiting: word === 'WAITING',
  }
}
