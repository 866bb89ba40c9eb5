import { parseIso } from '../../core/clock.ts'
import type { Fidelity } from '../../core/fidelity.ts'
import { type HandOccasion, MemberError, type RunsByHand } from '../../core/provider.ts'
import type { Random } from '../../core/random.ts'
import { type Run, settle } from '../../core/run.ts'
import { type Job, job, jobOf, presetJob } from './crews.ts'
import { TIME_LIMIT } from './failures.ts'
import { isoformat, naive } from './isoformat.ts'
import { quirks } from './quirks.ts'
import { type CrewRun, next, type Plan } from './runs.ts'
import { DEFAULTS, ordinaryRun, waiting, workedOn } from './seeds.ts'
import type { World } from './world.ts'

/** Members of an item, which the document has vouched for. */
type Given = Partial<CrewRun>

type Status = CrewRun['status']

/** The instants (ms) that an item gives. */
interface Times {
  readonly created: number | undefined
  readonly started: number | undefined
  readonly completed: number | undefined
}

/** Crew runs by hand. Their owner may be anybody, since nobody knows all owners there ever were. */
export const byHand: RunsByHand<World> = {
  operationId: 'list_runs_api_crew_runs_get',
  items: [],
  make(item, occasion) {
    const given = item as Given
    const times: Times = {
      created: instant(given, 'created_at', occasion),
      started: instant(given, 'started_at', occasion),
      completed: instant(given, 'completed_at', occasion),
    }
    const status = given.status ?? impliedStatus(given, times, occasion.now)
    refuseContradictions(given, times, status, occasion)
    const run = runOf(given, times, status, occasion)
    const body = { ...run.body, created_at: isoformat(run.createdAt), ...given }
    const facets = given.owner_id === undefined ? run.facets : { owner: given.owner_id }
    return { ...run, id: given.id ?? run.id, facets, body }
  },
  show: ({ body }, fidelity) => quirks[fidelity].shown(body as CrewRun),
}

/** The instant that the member names; undefined for none. Throws MemberError for a text that cannot stand there. */
function instant(
  given: Given,
  name: 'created_at' | 'started_at' | 'completed_at',
  { now, fidelity }: HandOccasion<World>,
): number | undefined {
  const text = given[name] ?? undefined
  if (text === undefined) return undefined
  const ms = parseIso(text)
  if (ms === undefined) throw new MemberError([name], `is no instant; ${written(now, fidelity)} would be one`)
  if (fidelity === 'live' && naive(text) !== text)
    throw new MemberError([name], `has an offset, which live leaves out; ${naive(text)} would be right`)
  return ms
}

/** An instant (ms) as the fidelity has it. */
function written(ms: number, fidelity: Fidelity): string {
  return fidelity === 'live' ? naive(isoformat(ms)) : isoformat(ms)
}

/** The status without which the given members could not be so; undefined where a new run can have them. */
function impliedStatus(
  given: Given,
  { created, started, completed }: Times,
  now: number,
): Status | undefined {
  if (isThere(given.error)) return 'failed'
  if (completed !== undefined || isThere(given.result)) return 'completed'
  if (started !== undefined) return 'running'
  if (created === undefined || created > now) return undefined
  // Of an older run, a null says that it has not come that far.
  if (given.started_at === null) return 'pending'
  return [given.completed_at, given.result, given.error].includes(null) ? 'running' : undefined
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

type Member = 'started_at' | 'completed_at' | 'result' | 'error'

/** By status: the members that have no value yet or never, and those that must not be null. */
const SHAPES: Readonly<
  Record<Status, { readonly none: readonly Member[]; readonly some: readonly Member[] }>
> = {
  pending: { none: ['started_at', 'completed_at', 'result', 'error'], some: [] },
  running: { none: ['completed_at', 'result', 'error'], some: ['started_at'] },
  completed: { none: ['error'], some: ['started_at', 'completed_at'] },
  failed: { none: ['result'], some: ['completed_at'] },
}

function refuseContradictions(
  given: Given,
  { created, started, completed }: Times,
  status: Status | undefined,
  { now, fidelity }: HandOccasion<World>,
): void {
  const { none, some } = status === undefined ? { none: [], some: [] } : SHAPES[status]
  const refuse = (name: keyof Given, why: string): never => {
    throw new MemberError([name], why)
  }
  for (const name of none)
    if (isThere(given[name]))
      refuse(name, `is there, though the run is ${status}; leave it out, or give null`)
  for (const name of some)
    if (given[name] === null)
      refuse(name, `is null, though the run is ${status}; leave it out, or give an instant`)
  for (const [name, at] of [
    ['created_at', created],
    ['started_at', started],
    ['completed_at', completed],
  ] as const) {
    if (at === undefined) continue
    if (status !== undefined && at > now)
      refuse(name, `lies ahead, though the run has a past: it can be ${written(now, fidelity)} at the latest`)
    if (created !== undefined && at < created)
      refuse(name, `is before created_at: it can be ${given.created_at} at the earliest`)
  }
  if (started !== undefined && completed !== undefined && completed < started)
    refuse('completed_at', `is before started_at: it can be ${given.started_at} at the earliest`)
}

/** The run as it stands, but for the members that are given and the text of its creation. */
function runOf(
  given: Given,
  times: Times,
  status: Status | undefined,
  { now, random }: HandOccasion<World>,
): Run {
  const asked = askedOf(given, random)
  const run = (at: Parameters<typeof ordinaryRun>[2], failed = DEFAULTS.failed): Run =>
    ordinaryRun(random, DEFAULTS.owners, at, failed, asked)

  switch (status) {
    case undefined:
      return run({ createdAt: times.created ?? now })
    case 'pending': {
      const at = waiting(random, now)
      return run({ ...at, createdAt: times.created ?? at.createdAt })
    }
    case 'running': {
      const { createdAt, startsAt, endsAt } = workedOn(random, now)
      const begun = beginning(times, startsAt - createdAt, startsAt, now)
      const timesOut = begun.startsAt + TIME_LIMIT > now
      return settle(run({ ...begun, endsAt, timesOut }), now, next).run
    }
    default: {
      // Drawn as of the epoch, so that its times are how long each part takes.
      const drawn = run({ createdAt: 0, timesOut: canTimeOut(times, now) }, status === 'failed' ? 1 : 0)
      const { startsAt: waits, endsAt: lasts, outcome } = planOf(drawn)
      const works = lasts - waits
      const startsBy = (times.completed ?? now - random.int(1000, 60_000)) - works
      const { createdAt, startsAt } = beginning(times, waits, startsBy, times.completed ?? now)
      const endsAt = times.completed ?? Math.min(startsAt + works, now)
      return settle({ ...drawn, createdAt, plan: { startsAt, endsAt, outcome } }, endsAt, next).run
    }
  }
}

/** Whether a run that is over can have taken as long as a task may, by the times that are given. */
function canTimeOut({ created, started = created, completed }: Times, now: number): boolean {
  return started === undefined || (completed === undefined && started + TIME_LIMIT + 10_000 < now)
}

/** A run's first two times, of which one or both may be given; it waits for `waits` ms, and cannot start after `latest`. */
function beginning(
  { created, started }: Times,
  waits: number,
  startsBy: number,
  latest: number,
): Pick<Plan, 'startsAt'> & Pick<Run, 'createdAt'> {
  const startsAt = started ?? (created === undefined ? startsBy : Math.min(created + waits, latest))
  return { createdAt: created ?? startsAt - waits, startsAt }
}

function planOf(run: Run): Plan {
  return run.plan as unknown as Plan
}

/** What the run is asked to do, as far as its crew says. */
function askedOf({ crew_type: type, crew_config: config }: Given, random: Random): Job {
  if (config) {
    const asked = jobOf(null, random)
    // A config may lack what it has to have; that is not for here to say.
    const { tasks = [] }: Partial<typeof config> = config
    return { ...asked, crewType: type ?? null, task: tasks[0]?.description ?? asked.task }
  }
  if (type !== undefined) return jobOf(type, random)
  return config === null ? presetJob(random) : job(random)
}
