import type { Random } from '../../../core/random.ts'
import type { Step } from '../run.ts'
import type { Status } from '../status.ts'
import type { Span, Task } from './tasks.ts'

const MINUTE = 60_000

/** How a run can end. */
export type Outcome =
  | 'COMPLETED_SUCCESSFULLY'
  | 'COMPLETED_WITH_ERRORS'
  | 'CANCELED'
  | 'CRASHED'
  | 'SYSTEM_FAILURE'
  | 'INTERRUPTED'
  | 'EXPIRED'
  | 'TIMED_OUT'

/** What is already decided about a run's life. */
export interface Fate {
  readonly outcome: Outcome
  /** How long it queues. */
  readonly queued?: Span
  /** Whether its first attempt fails. */
  readonly retried?: boolean
  /** How long (ms) it waits for the runs that it starts halfway. */
  readonly joins?: number
}

/** The time to live of a run that outlives it: it expires without having been taken. */
export const EXPIRY = { ttl: '10m', ms: 10 * MINUTE }

const QUEUED: Span = [40, 2_600]
const BUSY_QUEUE: Span = [5_000, 90_000]
const STARTING: Span = [150, 1_900]

/** The life of a run from its creation on: each coming status, `at` in ms after the creation. */
export function life(random: Random, task: Task, fate: Fate): Step[] {
  const { outcome } = fate
  if (outcome === 'EXPIRED') return [{ at: EXPIRY.ms, status: outcome }]
  const steps: Step[] = []
  let at = span(random, fate.queued ?? (random.chance(0.06) ? BUSY_QUEUE : QUEUED))
  const enter = (status: Status, lasting = 0): void => {
    steps.push({ at, status })
    at += lasting
  }

  if (outcome === 'CANCELED' && random.chance(0.4)) {
    at += random.int(5_000, 10 * MINUTE)
    enter(outcome)
    return steps
  }
  enter('DEQUEUED', span(random, STARTING))
  // A system failure can be that no machine ever started the run.
  if (outcome === 'SYSTEM_FAILURE' && random.chance(0.5)) {
    enter(outcome)
    return steps
  }

  const busy = mostlyShort(random, task.busy)
  for (let failures = failuresBefore(random, task, fate); failures > 0; failures--) {
    enter('EXECUTING', Math.ceil(busy * random.float(0.1, 0.9)))
    enter('RETRYING_AFTER_FAILURE', span(random, task.backoff))
  }
  const last = Math.ceil(busy * (outcome === 'COMPLETED_SUCCESSFULLY' ? 1 : random.float(0.1, 0.95)))
  const wait = fate.joins ?? (task.waits && mostlyShort(random, task.waits))
  if (wait !== undefined) {
    const before = Math.ceil(last * 0.4)
    enter('EXECUTING', before)
    enter('WAITING_TO_RESUME', wait)
    enter('EXECUTING', last - before)
  } else enter('EXECUTING', last)
  enter(outcome)
  return steps
}

/** The same life of a run that may not queue before `until`, in ms after its creation. */
export function held(life: readonly Step[], until: number): Step[] {
  return [
    { at: until, status: 'PENDING' },
    ...life.map(({ at, status }): Step => ({ at: until + at, status })),
  ]
}

function failuresBefore(random: Random, task: Task, { outcome, retried }: Fate): number {
  if (outcome === 'COMPLETED_WITH_ERRORS') return task.attempts - 1
  if (retried) return 1
  return random.chance(task.flaky) ? random.int(1, task.attempts - 1) : 0
}

function span(random: Random, [least, most]: Span): number {
  return random.int(least, most)
}

/** As durations are spread: many short, few long. By products alone, since powers differ between versions of Node. */
function mostlyShort(random: Random, [least, most]: Span): number {
  const u = random.float(0, 1)
  return Math.round(least + (most - least) * u * u * u)
}
