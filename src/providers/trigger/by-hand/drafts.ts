import type { Draft, Occasion } from '../history/draft.ts'
import { unfinishedIn } from '../history/in-flight.ts'
import { EXPIRY, held, life, type Outcome } from '../history/life.ts'
import type { Task } from '../history/tasks.ts'
import { anyEnd } from '../history/usual.ts'
import type { Step } from '../run.ts'
import { isFinal, type Status } from '../status.ts'
import { type Given, lastOf, type Times, ttlOf } from './given.ts'

/** A run that nothing has happened to yet: created at `createdAt` (ms), and all of its life ahead. */
export function newborn(
  given: Given,
  times: Times,
  createdAt: number,
  task: Task,
  occasion: Occasion,
): Draft {
  const { random } = occasion
  const outcome = anyEnd(occasion)
  const ttl = ttlOf(given)
  const isTaken = outcome !== 'EXPIRED'
  // It is taken before its time to live is over.
  const queued = ttl !== undefined && ttl < LONGEST_QUEUE ? ([1, Math.ceil(ttl / 2)] as const) : undefined
  const steps = isTaken ? life(random, task, { outcome, ...(queued && { queued }) }) : expiring(ttl)
  const { delayedUntil = createdAt } = times
  const draft: Draft = { createdAt, task, status: 'PENDING', steps }
  if (delayedUntil <= createdAt) return draft
  return {
    ...draft,
    status: 'DELAYED',
    steps: held(steps, delayedUntil - createdAt),
    delayUntil: delayedUntil,
  }
}

/** Longer than a seeded run queues (ms). */
const LONGEST_QUEUE = 100_000

/** A run that is in that status at the occasion's start, as the seeds would have it. */
export function caught(given: Given, times: Times, status: Status, task: Task, occasion: Occasion): Draft {
  if (!isFinal(status)) return unfinishedIn(status, occasion, task)
  const { random, start } = occasion
  const steps = ended(given, times, status, task, occasion)
  const createdAt = start - (steps.at(-1)?.at ?? 0) - random.int(1_000, 60_000)
  return { createdAt, task, status: 'PENDING', steps }
}

function ended(given: Given, times: Times, status: Outcome, task: Task, { random, start }: Occasion): Step[] {
  if (status === 'EXPIRED') return expiring(ttlOf(given))
  const { startedAt, durationMs = 0, costInCents = 0, baseCostInCents = 0 } = given
  const end = lastOf(times) ?? start
  // Canceled while it was delayed.
  if ((times.delayedUntil ?? end) > end) return [{ at: random.int(5_000, 600_000), status }]
  const hasRun = startedAt !== undefined || durationMs > 0 || costInCents > 0 || baseCostInCents > 0
  // These alone can come before a run has run.
  const mayNotHaveRun = status === 'CANCELED' || status === 'SYSTEM_FAILURE'
  const outcome = hasRun && mayNotHaveRun ? 'COMPLETED_SUCCESSFULLY' : status
  return life(random, task, { outcome }).map((step) => (isFinal(step.status) ? { ...step, status } : step))
}

function expiring(ttl: number = EXPIRY.ms): Step[] {
  return [{ at: ttl, status: 'EXPIRED' }]
}
