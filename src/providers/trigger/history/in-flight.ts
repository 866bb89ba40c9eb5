import type { Random } from '../../../core/random.ts'
import type { Step } from '../run.ts'
import type { Status } from '../status.ts'
import { deployedAfter } from './deployments.ts'
import type { Draft, Occasion } from './draft.ts'
import { type Fate, held, life } from './life.ts'
import { TASKS, type Task } from './tasks.ts'

const MINUTE = 60_000

/** `count` runs that are in the middle of something at the start, each created as long before it as that takes. */
export function* unfinished(occasion: Occasion, count: number): Generator<Draft> {
  const statuses = occasion.fidelity === 'live' ? OBSERVED : DOCUMENTED
  for (let i = 0; i < count; i++) {
    const status = statuses[i % statuses.length] ?? 'EXECUTING'
    yield unfinishedIn(status, occasion)
  }
}

/** By turns, so that six runs show every status before the end that the document has a word for. */
const DOCUMENTED: readonly Status[] = [
  'EXECUTING',
  'PENDING',
  'WAITING_TO_RESUME',
  'RETRYING_AFTER_FAILURE',
  'PENDING_VERSION',
  'DEQUEUED',
  'EXECUTING',
  'PENDING',
]

/** By turns, so that nine runs show every status there is before the end. */
const OBSERVED: readonly Status[] = [
  'EXECUTING',
  'PENDING',
  'WAITING_TO_RESUME',
  'RETRYING_AFTER_FAILURE',
  'PENDING_VERSION',
  'DEQUEUED',
  'DELAYED',
  'WAITING_FOR_DEPLOY',
  'PAUSED',
  'EXECUTING',
  'PENDING',
]

const PLAIN = TASKS.filter((task) => task.weight > 0 && !task.schedule && !task.fansOut)

/** What a run is in that waits for a deployment. */
type Awaiting = 'PENDING_VERSION' | 'WAITING_FOR_DEPLOY'

function isAwaiting(status: Status): status is Awaiting {
  return status === 'PENDING_VERSION' || status === 'WAITING_FOR_DEPLOY'
}

/** A run that is in the middle of that status at the start. */
export function unfinishedIn(status: Status, occasion: Occasion, task?: Task): Draft {
  if (isAwaiting(status)) return awaitingVersion(status, occasion, task)
  return status === 'DELAYED' ? delayed(occasion, task) : caughtIn(status, occasion, task)
}

/** The tasks whose runs stay in a status for long enough to be caught in it. */
export function tasksFor(status: Status): Task[] {
  if (status === 'EXECUTING') return PLAIN.filter((task) => task.busy[1] >= MINUTE)
  if (status === 'WAITING_TO_RESUME' || status === 'PAUSED') return PLAIN.filter((task) => task.waits)
  if (status === 'RETRYING_AFTER_FAILURE') return PLAIN.filter((task) => task.backoff[1] >= MINUTE)
  return status === 'DELAYED' ? PLAIN.filter((task) => task.delay) : PLAIN
}

function caughtIn(
  status: Status,
  { start, random }: Occasion,
  task: Task = random.pick(tasksFor(status)),
): Draft {
  const fate: Fate = {
    outcome: 'COMPLETED_SUCCESSFULLY',
    retried: status === 'RETRYING_AFTER_FAILURE',
    ...(status === 'PENDING' && { queued: [2 * MINUTE, 15 * MINUTE] as const }),
  }
  const steps = life(random, task, fate).map(
    (step): Step => (status === 'PAUSED' && step.status === 'WAITING_TO_RESUME' ? { ...step, status } : step),
  )
  const createdAt = start - ageIn(status, steps, random)
  return { createdAt, task, status: 'PENDING', steps }
}

/** An age (ms) at which the run is in the status, rather early in it. */
function ageIn(status: Status, steps: readonly Step[], random: Random): number {
  const entered = steps.findIndex((step) => step.status === status)
  const from = steps[entered]?.at ?? 0
  const until = steps[entered + 1]?.at ?? from + 1
  return from + Math.floor((until - from) * random.float(0.05, 0.6))
}

/** A run of a task that is not deployed yet: it queues once the next deployment has it. */
function awaitingVersion(
  status: Awaiting,
  { environment, start, random }: Occasion,
  task: Task = random.pick(tasksFor(status)),
): Draft {
  const createdAt = start - random.int(3 * MINUTE, 90 * MINUTE)
  const after = life(random, task, { outcome: 'COMPLETED_SUCCESSFULLY' })
  const deployed = deployedAfter(environment.deployments, start)
  return { createdAt, task, status, steps: held(after, deployed - createdAt) }
}

/** A run that is not to start before some hours after the start. */
function delayed({ start, random }: Occasion, task: Task = random.pick(tasksFor('DELAYED'))): Draft {
  const [least, most] = task.delay ?? [0, 0]
  const delay = random.int(least, most)
  const createdAt = start - Math.floor(delay * random.float(0.05, 0.6))
  const after = life(random, task, { outcome: 'COMPLETED_SUCCESSFULLY' })
  return { createdAt, task, status: 'DELAYED', steps: held(after, delay), delayUntil: createdAt + delay }
}
