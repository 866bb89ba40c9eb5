import type { Random } from '../../../core/random.ts'
import { tasksFor } from '../history/in-flight.ts'
import { TASKS, type Task } from '../history/tasks.ts'
import { PLAIN, pick } from '../history/usual.ts'
import { isFinal, type Status } from '../status.ts'
import type { Given } from './given.ts'

/** The task that a run is of, and how its runs behave; `status` is undefined for a new run. */
export function taskOf(given: Given, status: Status | undefined, random: Random): Task {
  const { taskIdentifier: id, taskKind: kind } = given
  const known = id === undefined ? drawn(kind, status, random) : TASKS.find((task) => task.id === id)
  const task = known ?? stranger(id ?? 'task')
  return suited(kind === undefined ? task : { ...task, kind }, status)
}

function drawn(kind: Given['taskKind'], status: Status | undefined, random: Random): Task {
  if (kind !== undefined && kind !== 'STANDARD')
    return pick(
      random,
      TASKS.filter((task) => task.kind === kind),
    )
  if (status === undefined || isFinal(status))
    return pick(random, kind ? PLAIN.filter((task) => task.kind === kind) : PLAIN)
  const tasks = tasksFor(status)
  const fitting = tasks.filter((task) => kind === undefined || task.kind === kind)
  return random.pick(fitting.length > 0 ? fitting : PLAIN.filter((task) => task.kind === kind))
}

/** A task that the seeded project does not have. Its machine is the service's default (fidelity/trigger.md §6). */
function stranger(id: string): Task {
  return {
    id,
    kind: 'STANDARD',
    weight: 0,
    machine: 'small-1x',
    busy: [400, 20_000],
    flaky: 0.05,
    attempts: 3,
    backoff: [1_000, 10_000],
    tags: ['org', 'user'],
    errors: ['Error: fetch failed'],
  }
}

/** The task as its runs can be met in that status: they stay in it for a while, and what is over did not wait for days. */
function suited(task: Task, status: Status | undefined): Task {
  if (status === undefined) return task
  if (isFinal(status)) {
    const { waits: _, ...busy } = task
    return busy
  }
  const models = tasksFor(status)
  const [model] = models
  if (model === undefined || models.some(({ id }) => id === task.id)) return task
  if (status === 'EXECUTING') return { ...task, busy: model.busy }
  if (status === 'RETRYING_AFTER_FAILURE')
    return { ...task, backoff: model.backoff, attempts: Math.max(2, task.attempts) }
  if ((status === 'WAITING_TO_RESUME' || status === 'PAUSED') && model.waits)
    return { ...task, waits: model.waits }
  return status === 'DELAYED' && model.delay ? { ...task, delay: model.delay } : task
}
