import { parseIso } from '../../../core/clock.ts'
import type { Run } from '../../../core/run.ts'
import { EXPIRY } from '../history/life.ts'
import { tidy } from '../lifecycle.ts'
import { facets, plan, type RunFacets, type StoredRun, stored } from '../run.ts'
import type { Given } from './given.ts'

/** What is stored as it is given, under the same name. */
const AS_WRITTEN = [
  'idempotencyKey',
  'version',
  'createdAt',
  'updatedAt',
  'expiredAt',
  'isTest',
  'ttl',
  'tags',
  'costInCents',
  'baseCostInCents',
  'durationMs',
  'depth',
  'metadata',
  'region',
] as const

/** The run as it stands at `present` (ms), with every member that is given. `born`: the run at its creation. */
export function asGiven(run: Run, given: Given, born: Run, present: number): Run {
  const drawn = stored(run)
  const { id = run.id, startedAt, finishedAt, delayedUntil, durationMs } = given
  const delayed = { ...drawn, ...(delayedUntil !== undefined && { delayUntil: delayedUntil }) }
  const body: StoredRun = {
    ...delayed,
    ...(drawn.status === 'EXPIRED' && { ttl: ttlBy(delayed) }),
    ...(durationMs !== undefined && { costInCents: tidy(durationMs * (plan(born)?.centsPerMs ?? 0)) }),
    ...(startedAt !== undefined && { [drawn.startedAt === undefined ? 'lockedAt' : 'startedAt']: startedAt }),
    ...(finishedAt !== undefined && { completedAt: finishedAt }),
    ...Object.fromEntries(
      AS_WRITTEN.flatMap((member) => (given[member] === undefined ? [] : [[member, given[member]]])),
    ),
  }
  const found: RunFacets = {
    ...facets(run),
    tag: body.tags,
    isTest: body.isTest ? 'true' : 'false',
    ...(body.version !== undefined && { version: body.version }),
    ...(body.region !== undefined && { region: body.region }),
  }
  const ahead = plan(run)
  // What it has computed is counted up to now.
  const isCounted = durationMs !== undefined && body.status === 'EXECUTING' && ahead !== null
  return { ...run, id, body, facets: found, plan: isCounted ? { ...ahead, since: present } : run.plan }
}

const MINUTE = 60_000

/** A time to live that was over when the run expired, in whole minutes: the seeds' own where there was time for it. */
function ttlBy({ createdAt, expiredAt = createdAt, delayUntil = createdAt }: StoredRun): string {
  const queued = (parseIso(expiredAt) ?? 0) - (parseIso(delayUntil) ?? 0)
  return queued >= EXPIRY.ms ? EXPIRY.ttl : `${Math.max(1, Math.floor(queued / MINUTE))}m`
}
