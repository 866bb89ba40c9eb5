import { moments } from '../../../core/moments.ts'
import type { Step } from '../run.ts'
import { BULK } from '../section.ts'
import type { Draft, Occasion } from './draft.ts'
import { life } from './life.ts'
import { TASKS, type Task } from './tasks.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What people did to many runs at once: replays of webhooks, and cancellations of what queued too long, by turns. */
export function* bulk(occasion: Occasion): Generator<Draft> {
  const { environment, start, days, random } = occasion
  const ids = environment.bulkActions
  const spread = { start: start - HOUR, days: Math.max(days - 1, 0.5), past: ids.length, ahead: 0, ties: 0 }
  const instants = moments(random.fork('bulk'), spread)
  for (const [i, id] of ids.entries()) {
    const at = instants[i] ?? start - DAY
    yield* i % 2 === 0 ? replays(at, id, occasion) : cancellations(at, id, occasion)
  }
}

/** Runs made again in one go. */
function* replays(at: number, id: string, { random }: Occasion): Generator<Draft> {
  const task = taskNamed('deliver-webhook')
  let createdAt = at
  for (let i = 0; i < BULK; i++) {
    const outcome = random.chance(0.85) ? 'COMPLETED_SUCCESSFULLY' : 'COMPLETED_WITH_ERRORS'
    yield { createdAt, task, status: 'PENDING', steps: life(random, task, { outcome }), replayedBy: id }
    createdAt += random.int(6, 40)
  }
}

/** Runs that had queued for minutes when they were canceled in one go. */
function* cancellations(at: number, id: string, { random }: Occasion): Generator<Draft> {
  const task = taskNamed('score-churn-risk')
  let canceledAt = at
  for (let i = 0; i < BULK; i++) {
    const queued = random.int(4 * MINUTE, 25 * MINUTE)
    const steps: Step[] = [{ at: queued, status: 'CANCELED' }]
    yield { createdAt: canceledAt - queued, task, status: 'PENDING', steps, canceledBy: id }
    canceledAt += random.int(4, 30)
  }
}

function taskNamed(id: string): Task {
  const task = TASKS.find((task) => task.id === id)
  if (task === undefined) throw new Error(`no task ${id}`)
  return task
}
