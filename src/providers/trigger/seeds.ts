import type { SeedRequest, Seeds } from '../../core/provider.ts'
import type { Run } from '../../core/run.ts'
import { SLUGS } from './credentials.ts'
import { deployments } from './history/deployments.ts'
import { dressing } from './history/dressing.ts'
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
      environment: branchOf(request, branch, traffic),
      traffic,
    }))
    const user = request.random.fork('people').faker.person.fullName()
    const world: World = {
      dev: { ...environment(request, 'dev', dev), user },
      staging: environment(request, 'staging', staging),
      prod: environment(request, 'prod', prod),
      preview: environment(request, 'preview', {}),
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
      deployments: deployments(own.fork('deployments'), start, days, environment.kind === 'prod' ? 2 : 4),
    }
    const dressed = dressing(occasion)
    for (const draft of history(occasion)) yield dressed(draft)
  }
}

/** `label` tells apart what is made for it; of preview there are several. */
function environment(
  { secrets }: SeedRequest<Section>,
  kind: EnvironmentKind,
  { past = 0, inFlight = 0, bulkActions = 0 }: Traffic,
  label: string = kind,
): Environment {
  const isDeployed = kind === 'staging' || kind === 'prod'
  const room = Math.floor(Math.max(past - inFlight, 0) / BULK)
  return {
    id: lastingCuid(secrets, `trigger/environment/${label}`),
    kind,
    name: SLUGS[kind],
    schedules: TASKS.filter((task) => isDeployed && task.schedule).map(({ id }) => ({
      id: scheduleId(secrets, `trigger/schedule/${label}/${id}`),
      task: id,
    })),
    bulkActions: Array.from(
      { length: Math.min(bulkActions, room) },
      (_, i) => `bulk_${lastingCuid(secrets, `trigger/bulk/${label}/${i}`)}`,
    ),
  }
}

/** A branch has an id of its own, and shares the key of preview (fidelity/trigger.md §1.1). */
function branchOf(request: SeedRequest<Section>, branch: string, traffic: Traffic): Environment {
  const name = `preview-${branch.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
  return { ...environment(request, 'preview', traffic, `preview/${branch}`), name, branch }
}
