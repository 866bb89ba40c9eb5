import { fullName } from '../../core/names.ts'
import type { SeedRequest, Seeds } from '../../core/provider.ts'
import type { Run } from '../../core/run.ts'
import { SLUGS } from './credentials.ts'
import { deployments } from './history/deployments.ts'
import { dressing, wardrobe } from './history/dressing.ts'
import { history } from './history/history.ts'
import { lastingCuid, scheduleId } from './history/ids.ts'
import { TASKS } from './history/tasks.ts'
import { BULK, DEFAULT_BRANCH, DEFAULTS, type Section, sectionSchema, type Traffic } from './section.ts'
import type { Environment, EnvironmentKind, World } from './world.ts'

/** The environments of one project, each with its own history. */
export const seeds: Seeds<World, Section> = {
  schema: sectionSchema,
  build(request) {
    const { dev = {}, staging = {}, prod = {}, preview = { [DEFAULT_BRANCH]: {} } } = request.section
    const branches = Object.entries(preview).map(([branch, traffic]) => ({
      environment: environment(request, { kind: 'preview', branch }, traffic),
      traffic,
    }))
    const user = fullName(request.random.fork('people'))
    const world: World = {
      dev: { ...environment(request, { kind: 'dev' }, dev), user },
      staging: environment(request, { kind: 'staging' }, staging),
      prod: environment(request, { kind: 'prod' }, prod),
      preview: environment(request, { kind: 'preview' }, {}),
      branches: branches.map(({ environment }) => environment),
    }
    const scenes: Scene[] = [
      { environment: world.dev, traffic: dev },
      { environment: world.staging, traffic: staging },
      { environment: world.prod, traffic: prod },
      ...branches,
    ]
    return { world, runs: runs(request, scenes) }
  },
  ids: ({ dev, staging, prod, preview, branches }) =>
    [dev, staging, prod, preview, ...branches].flatMap(({ id, schedules, bulkActions }) => [
      id,
      ...schedules.map((schedule) => schedule.id),
      ...bulkActions,
    ]),
  size: ({ dev = {}, staging = {}, prod = {}, preview = {} }) =>
    [dev, staging, prod, ...Object.values(preview)].reduce(
      (sum, { past = 0, ahead = 0 }) => sum + past + ahead,
      0,
    ),
}

interface Scene {
  readonly environment: Environment
  readonly traffic: Traffic
}

function* runs(
  { fidelity, start, days, random }: SeedRequest<Section>,
  scenes: readonly Scene[],
): Generator<Run> {
  for (const { environment, traffic } of scenes) {
    const own = random.fork(environment.name)
    const occasion = {
      environment,
      traffic: { ...DEFAULTS, ...traffic },
      fidelity,
      start,
      days,
      random: own,
    }
    const dressed = dressing(occasion, wardrobe(own))
    for (const draft of history(occasion)) yield dressed(draft)
  }
}

interface Place {
  readonly kind: EnvironmentKind
  /** The git branch, of a branch of preview. */
  readonly branch?: string
}

function environment(
  { secrets, start, days, random }: SeedRequest<Section>,
  { kind, branch }: Place,
  { past = 0, inFlight = 0, bulkActions = 0 }: Traffic,
): Environment {
  const isDeployed = kind === 'staging' || kind === 'prod'
  const room = Math.floor(Math.max(past - inFlight, 0) / BULK)
  // A branch has an id of its own, and shares the key of preview (fidelity/trigger.md §1.1).
  const label = branch === undefined ? kind : `preview/${branch}`
  const name = branch === undefined ? SLUGS[kind] : `preview-${slug(branch)}`
  return {
    id: lastingCuid(secrets, `trigger/environment/${label}`),
    kind,
    name,
    schedules: TASKS.filter((task) => isDeployed && task.schedule).map(({ id }) => ({
      id: scheduleId(secrets, `trigger/schedule/${label}/${id}`),
      task: id,
    })),
    bulkActions: Array.from(
      { length: Math.min(bulkActions, room) },
      (_, i) => `bulk_${lastingCuid(secrets, `trigger/bulk/${label}/${i}`)}`,
    ),
    deployments: deployments(random.fork(`${name}/deployments`), start, days, kind === 'prod' ? 2 : 4),
    ...(branch !== undefined && { branch }),
  }
}

function slug(branch: string): string {
  return branch.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}
