import { createHash } from 'node:crypto'
import { iso } from '../../../core/clock.ts'
import { HEX, type Random } from '../../../core/random.ts'
import type { Run } from '../../../core/run.ts'
import type { Plan, RunFacets, Step, StoredRun } from '../run.ts'
import { alphabetically } from './alphabetically.ts'
import { CUSTOMERS, customers } from './customers.ts'
import { versionAt } from './deployments.ts'
import type { Draft, Occasion } from './draft.ts'
import { cuids } from './ids.ts'
import { EXPIRY } from './life.ts'
import { CENTS_PER_RUN, centsPerMs } from './machines.ts'
import type { Task } from './tasks.ts'

/** What many runs share: the machine that makes their ids, and the customers they are for. */
export interface Wardrobe {
  readonly cuid: ReturnType<typeof cuids>
  readonly tagsFor: ReturnType<typeof customers>
}

/** The wardrobe of an environment's seeded runs. */
export function wardrobe(random: Random): Wardrobe {
  return { cuid: cuids(random.fork('ids')), tagsFor: customers(random.fork('customers'), CUSTOMERS) }
}

/** Makes runs of drafts: ids, tags, keys, prices, and all else that a list shows (fidelity/trigger.md §6). */
export function dressing(
  { environment, traffic, random }: Occasion,
  { cuid, tagsFor }: Wardrobe,
): (draft: Draft) => Run {
  const isDev = environment.kind === 'dev'
  // Where runs execute; in dev that is somebody's own machine.
  const regions = isDev ? undefined : { 'us-east-1': 7, 'eu-central-1': environment.kind === 'prod' ? 3 : 0 }

  return (draft) => {
    const { createdAt, task, extreme } = draft
    const steps = (extreme?.steps ?? draft.steps).map(({ at, status }) => ({ at: createdAt + at, status }))
    const isTest = task.kind === 'STANDARD' && !draft.batch && random.chance(traffic.testRuns)
    const ttl = task.ttl ?? (isDev ? '10m' : undefined)
    const region = regions && random.weighted(regions)
    const tags = sorted(extreme?.tags ?? tagsFor(task.tags, draft.customer))
    const body: Unwritten<StoredRun> = { ...BODY, status: draft.status, task: task.id, kind: task.kind }
    if (task.keyed && random.chance(0.8)) body.idempotencyKey = random.text(HEX, 64)
    body.createdAt = iso(createdAt)
    body.updatedAt = body.createdAt
    if (draft.delayUntil !== undefined) body.delayUntil = iso(draft.delayUntil)
    body.isTest = isTest
    if (ttl) body.ttl = ttl
    body.tags = tags
    body.depth = draft.batch ? 1 : 0
    if (task.metadata) body.metadata = task.metadata(random)
    if (region) body.region = region
    if (extreme?.body) Object.assign(body, extreme.body)
    if (steps.some(({ status }) => status === 'EXPIRED')) body.ttl = EXPIRY.ttl

    const facets: Unwritten<RunFacets> = { ...FACETS, status: body.status, task: body.task, tag: tags }
    if (draft.schedule) facets.schedule = draft.schedule
    if (draft.replayedBy) facets.bulkAction = [draft.replayedBy]
    facets.isTest = isTest ? 'true' : 'false'
    if (draft.batch) facets.batch = draft.batch
    facets.queue = task.queue ?? `task/${task.id}`
    facets.machine = task.machine
    if (region) facets.region = region

    const error = errorGroup(task, steps)
    const plan: Plan = {
      steps,
      since: createdAt,
      version: versionAt(
        environment.deployments,
        steps.find(({ status }) => status === 'DEQUEUED')?.at ?? createdAt,
      ),
      centsPerMs: isDev ? 0 : centsPerMs(task.machine),
      centsPerRun: isDev ? 0 : CENTS_PER_RUN,
      ...(error && { error }),
      ...(draft.canceledBy && { canceledBy: draft.canceledBy }),
    }
    // What is still undefined is not there once it is written.
    const made = { facets: facets as RunFacets, body: body as StoredRun, plan }
    return { id: `run_${cuid(createdAt)}`, createdAt, scope: environment.id, ...made }
  }
}

/** A run or its facets while they are being put together; without the signature for any other member. */
type Unwritten<T> = {
  -readonly [Member in keyof T as string extends Member ? never : Member]-?: T[Member] | undefined
}

/**
 * All members, in the order in which rows have them. They are there from the beginning: objects of one shape are made, copied
 * and written in half the time that those take to which members are added as they are known.
 */
const BODY: Unwritten<StoredRun> = {
  status: undefined,
  vocabulary: undefined,
  task: undefined,
  kind: undefined,
  idempotencyKey: undefined,
  createdAt: undefined,
  updatedAt: undefined,
  delayUntil: undefined,
  isTest: undefined,
  ttl: undefined,
  tags: undefined,
  costInCents: 0,
  baseCostInCents: 0,
  durationMs: 0,
  depth: undefined,
  metadata: undefined,
  region: undefined,
  lockedAt: undefined,
  version: undefined,
  startedAt: undefined,
  completedAt: undefined,
  expiredAt: undefined,
}
const FACETS: Unwritten<RunFacets> = {
  status: undefined,
  task: undefined,
  tag: undefined,
  schedule: undefined,
  bulkAction: undefined,
  isTest: undefined,
  batch: undefined,
  queue: undefined,
  machine: undefined,
  region: undefined,
  version: undefined,
  error: undefined,
}

function sorted(tags: readonly string[]): string[] {
  return tags.length < 2 ? [...tags] : [...tags].sort(alphabetically)
}

/** The group of the error that the run ends in, if it ends in one: the same for the same error of the same task. */
function errorGroup(task: Task, steps: readonly Step[]): string | undefined {
  const last = steps.at(-1)
  const message =
    last?.status === 'COMPLETED_WITH_ERRORS'
      ? task.errors[last.at % task.errors.length]
      : last?.status === 'CRASHED'
        ? 'TASK_PROCESS_OOM_KILLED'
        : last?.status === 'SYSTEM_FAILURE'
          ? 'TASK_RUN_HEARTBEAT_TIMEOUT'
          : last?.status === 'TIMED_OUT'
            ? 'MAX_DURATION_EXCEEDED'
            : undefined
  return message && groupOf(`${task.id}: ${message}`)
}

/** There are a few dozen errors, and a tenth of all runs end in one. */
const groups = new Map<string, string>()

function groupOf(error: string): string {
  let group = groups.get(error)
  if (group === undefined) {
    group = `error_${createHash('sha256').update(error).digest('hex').slice(0, 16)}`
    groups.set(error, group)
  }
  return group
}
