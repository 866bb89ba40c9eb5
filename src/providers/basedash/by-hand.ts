import { iso, parseIso } from '../../core/clock.ts'
import { type HandOccasion, MemberError, type RunsByHand } from '../../core/provider.ts'
import type { Random } from '../../core/random.ts'
import { type Run, settle } from '../../core/run.ts'
import { created, next, type RunBody, runId, type Step } from './runs.ts'
import { fate, SHORTEST } from './seeds.ts'
import { title } from './titles.ts'
import type { Automation, Organization, World } from './world.ts'

/** Members of an item, which the document has vouched for. */
type Given = Partial<RunBody>

/** The instants (ms) that an item gives. */
interface Times {
  readonly created: number | undefined
  readonly updated: number | undefined
}

/** Where a run belongs. */
interface Place {
  readonly organization: Organization
  readonly automation: Automation
}

/** Runs of an automation by hand: of the first one, unless the item names another. */
export const byHand: RunsByHand<World> = {
  operationId: 'listAutomationRuns',
  items: ['data'],
  make(item, occasion) {
    const given = item as Given
    const place = placeOf(given, occasion.world)
    const times: Times = { created: instant(given, 'createdAt'), updated: instant(given, 'updatedAt') }
    const status = given.status === undefined ? impliedStatus(times) : given.status
    refuseContradictions(given, times, status, place, occasion.now)
    const run = runOf(given, times, status, place, occasion)
    return { ...run, body: { ...run.body, ...given } }
  },
  show: ({ body }) => body,
}

/** The instant that the member names; undefined without one. Throws MemberError for a text that names none. */
function instant(given: Given, name: 'createdAt' | 'updatedAt'): number | undefined {
  const text = given[name]
  if (text === undefined) return undefined
  const ms = parseIso(text)
  if (ms === undefined) throw new MemberError([name], 'is no instant; 2026-06-01T12:00:00.000Z would be one')
  return ms
}

/** The status without which the given times could not be so; undefined where a new run can have them. */
function impliedStatus({ created, updated }: Times): RunBody['status'] | undefined {
  if (updated === undefined) return undefined
  return updated === created ? 'GENERATING' : 'FINISHED'
}

/** Where the run belongs. Throws MemberError when that is nowhere in the world. */
function placeOf({ automationId, organizationId, memberId }: Given, { main, other }: World): Place {
  const all = [main, other].flatMap((organization) =>
    organization.automations.map((automation) => ({ organization, automation })),
  )
  const named = all.filter(
    ({ organization, automation }) =>
      (automationId ?? automation.id) === automation.id &&
      (organizationId ?? organization.id) === organization.id,
  )
  const place = named.find(({ organization }) => hasMember(organization, memberId)) ?? named[0]
  if (place !== undefined) return place
  const owner = all.find(({ automation }) => automation.id === automationId)
  if (owner !== undefined) {
    const right = `that of ${owner.automation.name} is ${owner.organization.id}`
    throw new MemberError(['organizationId'], `is not the automation's organization; ${right}`)
  }
  if (automationId === undefined)
    throw new MemberError(['organizationId'], `names no organization; there are ${main.id} and ${other.id}`)
  const there = all.map(({ automation: { id, name } }) => `${id} (${name})`).join(', ')
  throw new MemberError(['automationId'], `names no automation; there are ${there}`)
}

/** Whether a run of the organization can name the member; one that names none always can. */
function hasMember({ members }: Organization, memberId: string | null | undefined): boolean {
  return memberId === undefined || memberId === null || members.some(({ id }) => id === memberId)
}

function refuseContradictions(
  given: Given,
  times: Times,
  status: RunBody['status'] | undefined,
  { organization }: Place,
  now: number,
): void {
  if (!hasMember(organization, given.memberId)) {
    const there = organization.members.map(({ id }) => id).join(', ')
    throw new MemberError(['memberId'], `names no member of the organization; there are ${there}`)
  }
  // A cursor is an id, and an empty one is none.
  if (given.id === '') throw new MemberError(['id'], 'is empty; any other text would do')
  for (const [name, at] of [
    ['createdAt', times.created],
    ['updatedAt', times.updated],
  ] as const) {
    if (status !== undefined && at !== undefined && at > now)
      throw new MemberError(
        [name],
        `lies ahead, though the run has a past: it can be ${iso(now)} at the latest`,
      )
  }
  if (times.created !== undefined && times.updated !== undefined && times.updated < times.created)
    throw new MemberError(['updatedAt'], `is before createdAt: it can be ${given.createdAt} at the earliest`)
}

/** The run, but for the members that are given. */
function runOf(
  given: Given,
  times: Times,
  status: RunBody['status'] | undefined,
  { organization, automation }: Place,
  { now, random }: HandOccasion<World>,
): Run {
  const fateOfAny = fate(0, automation.name, random)
  const lasts = fateOfAny.at(-1)?.at ?? SHORTEST
  const createdAt = times.created ?? bornAt(times, status, lasts, now, random)
  const steps = fateOfAny.map((step) => ({ ...step, at: createdAt + step.at }))
  const titles = given.name === undefined ? steps.filter(isTitle) : []
  // Who puts a run in starts it by hand, and somebody did.
  const isManualRun = given.isManualRun ?? given.memberId !== null
  const body = {
    id: given.id ?? runId(createdAt, random),
    automationId: automation.id,
    organizationId: organization.id,
    name: automation.name,
    status: status === null ? null : ('GENERATING' as const),
    isManualRun,
    memberId: isManualRun ? random.pick(organization.members).id : null,
  }

  switch (status) {
    case undefined:
      return created(createdAt, body, [...titles, { at: createdAt + lasts, status: 'FINISHED' }])
    case null:
      return created(createdAt, body, [])
    case 'FINISHED': {
      const at = times.updated ?? Math.min(createdAt + lasts, now)
      const ending: Step[] = [...titles.map((step) => ({ ...step, at })), { at, status }]
      return settle(created(createdAt, body, ending), at, next).run
    }
    case 'GENERATING': {
      const end: Step = {
        at: Math.max(createdAt + lasts, now + random.int(1000, SHORTEST)),
        status: 'FINISHED',
      }
      if (times.updated === undefined) return created(createdAt, body, [...titles, end])
      // All that changes a run while it generates is that it gets its title.
      const name = times.updated > createdAt ? title(automation.name, random) : automation.name
      return created(createdAt, { ...body, name }, [end])
    }
  }
}

function isTitle(step: Step): boolean {
  return 'name' in step
}

/** When a run was created of which only the last change is known, or nothing. */
function bornAt(
  { updated }: Times,
  status: RunBody['status'] | undefined,
  lasts: number,
  now: number,
  random: Random,
): number {
  if (status === undefined) return now
  if (status === 'FINISHED') return (updated ?? now - random.int(1000, 60_000)) - lasts
  return updated ?? (status === null ? now : now - random.int(0, SHORTEST - 1))
}
