import type { JsonObject } from '../../core/json.ts'
import { moments } from '../../core/moments.ts'
import type { SeedRequest, Seeds } from '../../core/provider.ts'
import type { Key, Run } from '../../core/run.ts'
import { ksuid } from './ksuid.ts'
import { ordinaryTenant } from './ordinary-tenant.ts'
import { begin } from './runs.ts'
import { strangeTenant } from './strange-tenant.ts'
import { LONGEST_RUN } from './tenant.ts'
import type { World } from './world.ts'

/** ConductorOne's part of a scenario; the schema says what each member means. */
export interface Section {
  readonly past: number
  readonly ahead: number
  readonly running: boolean
  readonly failed: number
  readonly ties: number
  readonly extremes: boolean
}

/** What a section has that says nothing. */
export const DEFAULTS: Section = {
  past: 0,
  ahead: 0,
  running: false,
  failed: 0.08,
  ties: 0.03,
  extremes: false,
}

const count = { type: 'integer', minimum: 0 }
const share = { type: 'number', minimum: 0, maximum: 1 }

const schema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    past: { description: 'Runs created by the start.', ...count, default: DEFAULTS.past },
    ahead: { description: 'Runs created in the day after the start.', ...count, default: DEFAULTS.ahead },
    running: {
      description: 'Whether the newest past run is under way at the start.',
      type: 'boolean',
      default: DEFAULTS.running,
    },
    failed: {
      description: 'The share of runs that fail. A run created while another is under way fails besides.',
      ...share,
      default: DEFAULTS.failed,
    },
    ties: {
      description: 'The share of runs created in the same millisecond as the run before.',
      ...share,
      default: DEFAULTS.ties,
    },
    extremes: {
      description:
        'Whether texts and counts are the strangest, longest and largest that the document lets pass.',
      type: 'boolean',
      default: DEFAULTS.extremes,
    },
  },
}

/** The tenant `acme` and its history, with at most one run under way at a time (fidelity/conductorone.md §6). */
export const seeds: Seeds<World, Partial<Section>> = {
  schema,
  build(request) {
    const world: World = { tenant: 'acme' }
    const section = { ...DEFAULTS, ...request.section }
    return { world, runs: history(world.tenant, section, request) }
  },
  size: ({ past = 0, ahead = 0 }) => past + ahead,
}

/** Where in time the runs lie, oldest first. */
function places(section: Section, { start, days, random }: SeedRequest<unknown>): Key[] {
  const { past, ahead, ties, running, extremes } = section
  let instants = moments(random.fork('moments'), { start, days, past, ahead, ties })
  if (extremes) instants = instants.map(coarsen)
  if (running && past > 0) {
    // The run before must have ended: only one is under way at a time.
    instants = instants.map((at, i) => (i < past ? Math.min(at, start - LONGEST_RUN) : at))
    instants[past - 1] = start - random.fork('running').int(20_000, 100_000)
  }
  const ids = random.fork('ids')
  return instants
    .map((createdAt) => ({ createdAt, id: ksuid(createdAt, ids) }))
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
}

/** Every other instant as a whole second or tenth of one, for timestamps with a short fraction or none. */
function coarsen(at: number, i: number): number {
  const unit = [1, 1000, 1, 100][i % 4] ?? 1
  return at - (at % unit)
}

function* history(scope: string, section: Section, request: SeedRequest<unknown>): Generator<Run> {
  const { random } = request
  const tenant = section.extremes
    ? strangeTenant(random.fork('tenant'))
    : ordinaryTenant(random.fork('tenant'))
  const fates = random.fork('fates')
  let busyUntil = Number.NEGATIVE_INFINITY
  for (const [i, { createdAt, id }] of places(section, request).entries()) {
    const beginning = { scope, createdAt, id, trigger: tenant.trigger(createdAt) }
    const fails = fates.chance(section.failed)
    const isUnderWay = section.running && i === section.past - 1
    if (createdAt < busyUntil) {
      yield begin(beginning, createdAt, tenant.turnedAway())
    } else {
      const { lasts, outcome } = fails && !isUnderWay ? tenant.failure() : tenant.success()
      busyUntil = createdAt + lasts
      yield begin(beginning, busyUntil, outcome)
    }
  }
}
