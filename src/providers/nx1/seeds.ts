import type { JsonObject } from '../../core/json.ts'
import { moments } from '../../core/moments.ts'
import type { SeedRequest, Seeds } from '../../core/provider.ts'
import { HEX, type Random } from '../../core/random.ts'
import type { Run } from '../../core/run.ts'
import { GENERAL_OWNER } from './credentials.ts'
import { type Job, job } from './crews.ts'
import { EXTREMES, type Extreme } from './extremes.ts'
import { failure } from './failures.ts'
import { isoformat } from './isoformat.ts'
import { type CrewRun, createdRun, type Plan } from './runs.ts'
import { type World, worldOf } from './world.ts'

/** Nx1's part of a scenario. */
export interface Section {
  readonly runs?: number
  readonly ahead?: number
  readonly pending?: number
  readonly running?: number
  readonly owners?: Readonly<Record<string, number>>
  readonly failed?: number
  readonly ties?: number
  readonly extremes?: boolean
}

const OWNERS: Readonly<Record<string, number>> = { alice: 8, bob: 5, admin: 3, [GENERAL_OWNER]: 4 }
/** What a section has that says nothing. */
export const DEFAULTS = {
  runs: 0,
  ahead: 0,
  pending: 0,
  running: 0,
  owners: OWNERS,
  failed: 0.12,
  ties: 0.04,
  extremes: false,
}
const SECOND = 1000

const schema: JsonObject = {
  type: 'object',
  description: 'The crew runs of alice, bob, admin and the general key (psk).',
  additionalProperties: false,
  properties: {
    runs: count('Runs created by the start, those in flight included.'),
    ahead: count('Runs created in the day after the start.'),
    pending: count('How many of the runs wait for a worker at the start.'),
    running: count('How many of the runs are being worked on at the start.'),
    owners: {
      type: 'object',
      description:
        'How often each owner starts a run, relative to the others. An owner that is absent starts none.',
      additionalProperties: false,
      minProperties: 1,
      properties: Object.fromEntries(
        Object.keys(OWNERS).map((owner) => [owner, { type: 'number', exclusiveMinimum: 0 }]),
      ),
      default: { ...OWNERS },
    },
    failed: share('The share of runs that fail.', DEFAULTS.failed),
    ties: share('The share of runs created in the same millisecond as the run before.', DEFAULTS.ties),
    extremes: {
      type: 'boolean',
      description:
        'Whether the newest runs are at the edges: unicode, longest and shortest values, nulls, whole seconds.',
      default: false,
    },
  },
}

function count(description: string): JsonObject {
  return { type: 'integer', minimum: 0, description, default: 0 }
}

function share(description: string, value: number): JsonObject {
  return { type: 'number', minimum: 0, maximum: 1, description, default: value }
}

/** The realm's people, and their runs. */
export const seeds: Seeds<World, Section> = {
  schema,
  build(request) {
    return { world: worldOf(request.secrets), runs: runs(request) }
  },
  size: ({ runs = 0, ahead = 0 }) => runs + ahead,
}

function* runs({ section, start, days, random }: SeedRequest<Section>): Iterable<Run> {
  const { runs, ahead, pending, running, owners, failed, ties, extremes } = { ...DEFAULTS, ...section }
  const settled = Math.max(0, runs - pending - running)
  const instants = moments(random.fork('moments'), { start, days, past: settled, ahead, ties })
  const details = random.fork('runs')
  const odd = extremes ? EXTREMES : []
  for (const [index, createdAt] of instants.entries()) {
    const extreme = odd[index - (settled - odd.length)]
    yield extreme
      ? extremeRun(details, owners, createdAt, extreme)
      : ordinaryRun(details, owners, { createdAt }, failed)
  }

  const flight = random.fork('in flight')
  for (let i = 0; i < running; i++) yield ordinaryRun(flight, owners, workedOn(flight, start), failed)
  for (let i = 0; i < pending; i++) yield ordinaryRun(flight, owners, waiting(flight, start), failed)
}

/** When a run is created, taken up by a worker and over, in ms. What is absent is drawn. */
interface Times extends Partial<Pick<Plan, 'startsAt' | 'endsAt'>> {
  readonly createdAt: number
  /** Whether it may fail for having taken too long. */
  readonly timesOut?: boolean
}

type InFlight = Pick<Plan, 'startsAt' | 'endsAt'> & Pick<Run, 'createdAt'>

/** The times of a run that is being worked on at `now` (ms). */
export function workedOn(random: Random, now: number): InFlight {
  const createdAt = now - random.int(15, 90) * SECOND - random.int(0, 999)
  const startsAt = createdAt + random.int(1_200, 9_000)
  return { createdAt, startsAt, endsAt: now + random.int(20_000, 240_000) }
}

/** The times of a run that waits for a worker at `now` (ms). */
export function waiting(random: Random, now: number): InFlight {
  const createdAt = now - random.int(300, 4_000)
  const startsAt = now + random.int(1_500, 12_000)
  return { createdAt, startsAt, endsAt: startsAt + random.int(8_000, 180_000) }
}

type Owners = Readonly<Record<string, number>>

/** A run as it is at its creation. `failed`: how likely it fails; `asked`: what it is asked to do. */
export function ordinaryRun(
  random: Random,
  owners: Owners,
  { createdAt, timesOut, ...inFlight }: Times,
  failed: number,
  asked = job(random),
): Run {
  const [from, to] = asked.seconds
  const failing = random.chance(failed) ? failure(random, asked.task, timesOut) : undefined
  const startsAt = inFlight.startsAt ?? createdAt + random.int(800, 7_500)
  const worksFor = random.int(from * SECOND, to * SECOND)
  const endsAt =
    failing?.seconds === undefined
      ? (inFlight.endsAt ?? startsAt + worksFor)
      : startsAt + failing.seconds * SECOND + random.int(40, 400)
  const outcome = failing === undefined ? { result: asked.result } : { error: failing.error }
  const id = uuid(random)
  const body = pendingRun(random, id, owners, createdAt, asked)
  return createdRun(id, createdAt, body, { startsAt, endsAt, outcome })
}

function extremeRun(
  random: Random,
  owners: Owners,
  createdAt: number,
  { run, outcome, instant }: Extreme,
): Run {
  const at = instant ? Math.floor(createdAt / SECOND) * SECOND : createdAt
  const id = uuid(random)
  const body = { ...pendingRun(random, id, owners, at, job(random)), ...run }
  return createdRun(id, at, body, { startsAt: at, endsAt: instant ? at : at + 90 * SECOND, outcome })
}

function pendingRun(random: Random, id: string, owners: Owners, createdAt: number, asked: Job): CrewRun {
  return {
    id,
    correlation_id: random.chance(0.15) ? callersCorrelation(random) : uuid(random),
    owner_id: random.weighted(owners),
    crew_type: asked.crewType,
    crew_config: asked.crewConfig,
    task_input: asked.taskInput,
    status: 'pending',
    result: null,
    error: null,
    created_at: isoformat(createdAt),
    started_at: null,
    completed_at: null,
  }
}

/** A correlation id as callers choose them (header `x-correlation-id`, fidelity/nx1.md §A4). */
function callersCorrelation(random: Random): string {
  const flow = random.pick(['nightly-dq', 'airflow-sales-daily', 'portal', 'weekly-review'])
  return `${flow}-${random.text(HEX, 12)}`
}

function uuid(random: Random): string {
  const hex = random.text(HEX, 30)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${random.pick(['8', '9', 'a', 'b'])}${hex.slice(15, 18)}-${hex.slice(18, 30)}`
}
