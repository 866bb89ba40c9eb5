import { iso } from '../../core/clock.ts'
import type { Change, Run } from '../../core/run.ts'
import { facets, type Plan, plan, type RunFacets, type Step, type StoredRun, stored } from './run.ts'
import { isFinal } from './status.ts'

/** The state machine of runs: the next step of the plan, with all that follows from it. */
export function next(run: Run): Change | null {
  const ahead = plan(run)
  const [step, ...steps] = ahead?.steps ?? []
  if (ahead === null || step === undefined) return null
  return {
    at: step.at,
    run: {
      ...run,
      facets: facetsAfter(facets(run), step, ahead),
      body: after(stored(run), step, ahead),
      plan: steps.length > 0 ? { ...ahead, steps, since: step.at } : null,
    },
  }
}

function after(run: StoredRun, { at, status }: Step, ahead: Plan): StoredRun {
  const time = iso(at)
  const changed: StoredRun = { ...run, status, updatedAt: time }
  if (run.status === 'EXECUTING') {
    const computed = at - ahead.since
    changed.durationMs += computed
    changed.costInCents = tidy(run.costInCents + computed * ahead.centsPerMs)
  }
  if (status === 'DEQUEUED') {
    changed.lockedAt = time
    changed.version = ahead.version
    changed.baseCostInCents = ahead.centsPerRun
  }
  if (status === 'EXECUTING') changed.startedAt ??= time
  if (isFinal(status)) changed.completedAt = time
  if (status === 'EXPIRED') changed.expiredAt = time
  return changed
}

function facetsAfter(before: RunFacets, { status }: Step, ahead: Plan): RunFacets {
  return {
    ...before,
    status,
    ...(status === 'DEQUEUED' && { version: ahead.version }),
    ...(isFinal(status) && ahead.error !== undefined && { error: ahead.error }),
    ...(isFinal(status) &&
      ahead.canceledBy !== undefined && { bulkAction: [...(before.bulkAction ?? []), ahead.canceledBy] }),
  }
}

/** Cents without the dust of binary fractions. */
export function tidy(cents: number): number {
  return Math.round(cents * 1e8) / 1e8
}
