import { MemberError } from '../../../core/provider.ts'
import { FLAGS, type Word } from '../status.ts'
import { contradictions, type Evidence } from './contradictions.ts'

/** What a run can be taken for that says no status, likeliest first. */
const LIKELIEST: readonly Word[] = [
  'QUEUED',
  'DELAYED',
  'EXECUTING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'WAITING',
  'EXPIRED',
  'TIMED_OUT',
]

/** What only a run shows that something has happened to: without all of these and a status, a run is new. */
const TRACES = [
  'status',
  'updatedAt',
  'startedAt',
  'finishedAt',
  'expiredAt',
  'durationMs',
  'costInCents',
  'baseCostInCents',
  ...FLAGS,
] as const

/**
 * The status's word that is given, or the first that goes with all that is; undefined for a run that is new. Throws
 * MemberError when members contradict the word, or when none goes with them.
 */
export function wordOf(evidence: Evidence): Word | undefined {
  const { given } = evidence
  if (TRACES.every((member) => given[member] === undefined)) return undefined
  if (given.status !== undefined) {
    const [first] = contradictions(given.status, evidence)
    if (first !== undefined) throw first
    return given.status
  }
  const tried = LIKELIEST.map((word) => ({ word, objections: contradictions(word, evidence) }))
  const nearest = tried.reduce((best, next) =>
    next.objections.length < best.objections.length ? next : best,
  )
  const [first] = nearest.objections
  if (first !== undefined)
    throw new MemberError(first.path, `${first.message}; no status goes with all that is given`)
  return nearest.word
}
