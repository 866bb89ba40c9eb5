import { iso, parseIso } from '../../core/clock.ts'
import { type HandOccasion, MemberError, type RunsByHand } from '../../core/provider.ts'
import type { Random } from '../../core/random.ts'
import type { Run } from '../../core/run.ts'
import { ksuid } from './ksuid.ts'
import { type OrdinaryTenant, ordinaryTenant } from './ordinary-tenant.ts'
import { populated } from './protojson.ts'
import { begin, next, type Outcome, type RoleMiningRun, type Trigger } from './runs.ts'
import { DEFAULTS } from './seeds.ts'
import type { Fate } from './tenant.ts'
import { timestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** Members of an item, which the document has vouched for; under `live` it lets times be null. */
type Given = { readonly [Member in keyof RoleMiningRun]?: RoleMiningRun[Member] | null }

type Status = NonNullable<RoleMiningRun['status']>

/** The instants (ms) that an item gives. */
interface Times {
  readonly created: number | undefined
  readonly updated: number | undefined
  readonly completed: number | undefined
}

/** Runs of the tenant by hand, as `ListRuns` has them. */
export const byHand: RunsByHand<World> = {
  operationId: 'c1.api.role_mining_management.v1.RoleMiningManagementService.ListRuns',
  items: ['list'],
  make(item, occasion) {
    const given = item as Given
    const times: Times = {
      created: instant(given, 'createdAt'),
      updated: instant(given, 'updatedAt'),
      completed: instant(given, 'completedAt'),
    }
    const status = given.status ?? impliedStatus(given, times, occasion.now)
    refuseContradictions(given, times, status, occasion.now)
    return runOf(given, times, status, occasion)
  },
  show: ({ body }, fidelity) => (fidelity === 'live' ? { ...populated(body) } : body),
}

/** The instant that the member names; undefined without one. Throws MemberError for a text that names none. */
function instant(given: Given, name: 'createdAt' | 'updatedAt' | 'completedAt'): number | undefined {
  const text = given[name]
  if (text === undefined || (text === null && name === 'completedAt')) return undefined
  const ms = text === null ? undefined : parseIso(text)
  if (ms === undefined) throw new MemberError([name], 'is no instant; 2026-06-01T12:00:00Z would be one')
  return ms
}

/** The status without which the given members could not be so; undefined where a new run can have them. */
function impliedStatus(
  given: Given,
  { created, updated, completed }: Times,
  now: number,
): Status | undefined {
  if (given.errorMessage) return 'RUN_STATUS_FAILED'
  if (completed !== undefined) return 'RUN_STATUS_COMPLETED'
  if (given.completedAt === null) {
    const isNew = updated === undefined && (created === undefined || created > now)
    return isNew ? undefined : 'RUN_STATUS_RUNNING'
  }
  if (updated !== undefined) return updated === created ? 'RUN_STATUS_RUNNING' : 'RUN_STATUS_COMPLETED'
  const counted = given.totalUsers || given.cohortsAnalyzed || given.suggestionsGenerated
  return counted ? 'RUN_STATUS_COMPLETED' : undefined
}

function refuseContradictions(given: Given, times: Times, status: Status | undefined, now: number): void {
  const { created, updated, completed } = times
  const refuse = (name: keyof Given, why: string): never => {
    throw new MemberError([name], why)
  }
  const isOver = status === 'RUN_STATUS_COMPLETED' || status === 'RUN_STATUS_FAILED'
  if (status === 'RUN_STATUS_RUNNING' && completed !== undefined)
    refuse('completedAt', 'is there, though the run is under way; leave it out, or give RUN_STATUS_COMPLETED')
  if (isOver && given.completedAt === null)
    refuse('completedAt', `is null, though the run is ${status}; leave it out, or say when it ended`)
  if (given.errorMessage && (status === 'RUN_STATUS_RUNNING' || status === 'RUN_STATUS_COMPLETED'))
    refuse('errorMessage', `is there, though the run is ${status}; leave it out, or give RUN_STATUS_FAILED`)
  for (const [name, at] of [
    ['createdAt', created],
    ['updatedAt', updated],
    ['completedAt', completed],
  ] as const) {
    if (at === undefined) continue
    if (status !== undefined && at > now)
      refuse(name, `lies ahead, though the run has a past: it can be ${iso(now)} at the latest`)
    if (created !== undefined && at < created)
      refuse(name, `is before createdAt: it can be ${given.createdAt} at the earliest`)
  }
  if (updated !== undefined && completed !== undefined && updated < completed)
    refuse('updatedAt', `is before completedAt: it can be ${given.completedAt} at the earliest`)
}

function runOf(
  given: Given,
  times: Times,
  status: Status | undefined,
  { world, now, random }: HandOccasion<World>,
): Run {
  const tenant = ordinaryTenant(random)
  const { lasts, outcome } = fateOf(given, status, tenant, random)
  const createdAt = times.created ?? bornAt(times, status, lasts, now, random)
  const trigger = triggerOf(given, createdAt, tenant)
  if (given.id === '') throw new MemberError(['id'], 'is empty; any other text would do')
  const id = given.id ?? ksuid(createdAt, random)
  const run = (endsAt: number, ending: Outcome = outcome): Run =>
    begin({ scope: world.tenant, createdAt, id, trigger }, endsAt, ending)
  const started = { createdAt: given.createdAt ?? timestamp(createdAt) }
  const unended = { ...started, updatedAt: given.updatedAt ?? given.completedAt ?? started.createdAt }

  switch (status) {
    case undefined:
      // What is given of a new run holds for its whole life.
      return withMembers(run(createdAt + lasts, { ...outcome, ...countsOf(given) }), given, unended)
    case 'RUN_STATUS_RUNNING': {
      const endsAt = Math.max(createdAt + lasts, now + random.int(20_000, 100_000))
      return withMembers(run(endsAt), given, unended)
    }
    case 'RUN_STATUS_UNSPECIFIED':
      return withMembers({ ...run(createdAt), plan: null }, given, unended)
    default: {
      const endedAt = times.completed ?? times.updated ?? Math.min(createdAt + lasts, now)
      const begun = run(endedAt)
      const completedAt = given.completedAt ?? given.updatedAt ?? timestamp(endedAt)
      const ended = { ...started, updatedAt: given.updatedAt ?? completedAt, completedAt }
      return withMembers(next(begun)?.run ?? begun, given, ended)
    }
  }
}

function fateOf(given: Given, status: Status | undefined, tenant: OrdinaryTenant, random: Random): Fate {
  if (status === 'RUN_STATUS_FAILED') return tenant.failure()
  const isOpen = status === 'RUN_STATUS_RUNNING' || (status === undefined && given.errorMessage === undefined)
  return isOpen && random.chance(DEFAULTS.failed) ? tenant.failure() : tenant.success()
}

/** When a run was created of which only later times are known, or none. */
function bornAt(
  { updated, completed }: Times,
  status: Status | undefined,
  lasts: number,
  now: number,
  random: Random,
): number {
  if (status === undefined) return now
  if (status === 'RUN_STATUS_UNSPECIFIED') return completed ?? updated ?? now
  if (status === 'RUN_STATUS_RUNNING') return updated ?? now - random.int(20_000, 100_000)
  return (completed ?? updated ?? now - random.int(1000, 60_000)) - lasts
}

/** A detail tells of somebody's wish, unless the type says otherwise. */
function triggerOf(
  { triggerType, triggerDetail }: Given,
  createdAt: number,
  tenant: OrdinaryTenant,
): Trigger {
  const type = triggerType ?? (triggerDetail ? 'TRIGGER_TYPE_MANUAL' : undefined)
  if (type === undefined) return tenant.trigger(createdAt)
  return { triggerType: type, triggerDetail: triggerDetail ?? tenant.detail(type) }
}

function countsOf(given: Given): Partial<Outcome> {
  const { totalUsers, cohortsAnalyzed, suggestionsGenerated, errorMessage } = given
  return present({ totalUsers, cohortsAnalyzed, suggestionsGenerated, errorMessage })
}

/** The run with the members that are given, and with its times as they are written. */
function withMembers(run: Run, given: Given, times: Partial<RoleMiningRun>): Run {
  return { ...run, body: { ...run.body, ...present(given), ...present(times) } }
}

/** The members that are there; in what is stored, one that is null is not. */
function present(members: Readonly<Record<string, unknown>>): Partial<RoleMiningRun> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  )
}
