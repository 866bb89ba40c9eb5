import { iso } from '../../core/clock.ts'
import type { Change, Run } from '../../core/run.ts'
import { facets, type Plan, plan, type RunFacets, type Step, type StoredRun, stored } from './run.ts'
import { isFinal } from './status.ts'

/** The state machine of runs: the next steps of the plan, with all that follows from them. */
export function next(run: Run, until = Number.NEGATIVE_INFINITY): Change | null {
  const ahead = plan(run)
  if (ahead === null) return null
  const body: Changing<StoredRun> = { ...stored(run) }
  const found: Changing<RunFacets> = { ...facets(run) }
  let { since } = ahead
  let taken = 0
  for (const step of ahead.steps) {
    if (taken > 0 && step.at > until) break
    enter(body, step, since, ahead)
    find(found, step, ahead)
    since = step.at
    taken++
  }
  if (taken === 0) return null
  const steps = ahead.steps.slice(taken)
  const { id, scope, createdAt } = run
  const rest = steps.length > 0 ? { ...ahead, steps, since } : null
  return { at: since, run: { id, createdAt, scope, facets: found, body, plan: rest } }
}

type Changing<T> = { -readonly [Member in keyof T]: T[Member] }

/** Has the run go into the step's status, from one that it had `since` (ms). */
function enter(run: Changing<StoredRun>, { at, status }: Step, since: number, ahead: Plan): void {
  const time = iso(at)
  const wasExecuting = run.status === 'EXECUTING'
  run.status = status
  run.updatedAt = time
  if (wasExecuting) {
    const computed = at - since
    run.durationMs += computed
    run.costInCents = tidy(run.costInCents + computed * ahead.centsPerMs)
  }
  if (status === 'DEQUEUED') {
    run.lockedAt = time
    run.version = ahead.version
    run.baseCostInCents = ahead.centsPerRun
  }
  if (status === 'EXECUTING') run.startedAt ??= time
  if (isFinal(status)) run.completedAt = time
  if (status === 'EXPIRED') run.expiredAt = time
}

function find(facets: Changing<RunFacets>, { status }: Step, ahead: Plan): void {
  facets.status = status
  if (status === 'DEQUEUED') facets.version = ahead.version
  if (!isFinal(status)) return
  if (ahead.error !== undefined) facets.error = ahead.error
  if (ahead.canceledBy !== undefined) facets.bulkAction = [...(facets.bulkAction ?? []), ahead.canceledBy]
}

/** Cents without the dust of binary fractions. */
export function tidy(cents: number): number {
  return Math.round(cents * 1e8) / 1e8
}
