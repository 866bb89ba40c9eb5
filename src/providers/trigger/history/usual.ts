import type { Fidelity } from '../../../core/fidelity.ts'
import { moments } from '../../../core/moments.ts'
import type { Random } from '../../../core/random.ts'
import { DEFAULTS, OBSERVED_OUTCOMES, type Outcomes } from '../section.ts'
import { CUSTOMERS } from './customers.ts'
import type { Draft, Occasion } from './draft.ts'
import { EXTREMES } from './extremes.ts'
import { cuids } from './ids.ts'
import { held, life, type Outcome } from './life.ts'
import { TASKS, type Task } from './tasks.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** The daily business: schedules by the clock, batches with their parents, everything else as it comes. */
export function* usual(occasion: Occasion, past: number): Generator<Draft> {
  const { environment, traffic, fidelity, start, days, random } = occasion
  const { ahead, ties } = traffic
  const instants = moments(random.fork('moments'), { start, days, past, ahead, ties })
  const outcomeAt = outcomes(random.fork('outcomes'), traffic.outcomes, past, fidelity)
  const batchId = cuids(random.fork('batches'))
  const slots = new Set<number>()

  for (let i = 0; i < instants.length; ) {
    const at = instants[i] ?? start
    const isPast = i < past
    const drafts = group(
      at,
      i,
      isPast ? start - days * DAY : start + 1,
      (isPast ? past : instants.length) - i,
    )
    yield* drafts
    i += drafts.length
  }

  /** The runs that begin at `at`, none before `earliest`: the i-th of all, and what it starts, `room` runs at most. */
  function group(at: number, i: number, earliest: number, room: number): Draft[] {
    const extreme = traffic.extremes ? EXTREMES[i] : undefined
    if (extreme) {
      const task = pick(random, PLAIN)
      const steps = life(random, task, { outcome: outcomeAt(i) })
      return [{ createdAt: at, task, status: 'PENDING', steps, extreme }]
    }
    const task = pick(random, environment.schedules.length > 0 ? STARTED : UNSCHEDULED)
    if (!task.schedule) return task.fansOut ? batch(at, task, i, room) : [plain(at, task, i)]
    const slot = slotBefore(at, task.schedule)
    if (slot < earliest || slots.has(slot)) return [plain(at, pick(random, PLAIN), i)]
    slots.add(slot)
    const schedule = environment.schedules.find((schedule) => schedule.task === task.id)
    const draft = plain(slot + random.int(20, 900), task, i)
    return [schedule ? { ...draft, schedule: schedule.id } : draft]
  }

  function plain(createdAt: number, task: Task, i: number): Draft {
    const outcome = outcomeAt(i)
    const delay = task.delay && random.chance(0.7) ? random.int(...task.delay) : 0
    if (delay > 0 && fidelity === 'live') {
      const steps = held(life(random, task, { outcome }), delay)
      return { createdAt, task, status: 'DELAYED', steps, delayUntil: createdAt + delay }
    }
    // DELAYED has no word in the vendor's document: in `spec`, only delays that were over by the start are seeded.
    const isDelayed = delay > 0 && createdAt + delay + MINUTE < start
    if (!isDelayed) return { createdAt, task, status: 'PENDING', steps: life(random, task, { outcome }) }
    const steps = life(random, task, { outcome, queued: [delay, delay + 2_600] })
    return { createdAt, task, status: 'PENDING', steps, delayUntil: createdAt + delay }
  }

  /** A parent and the runs that it starts and waits for; alone when there is no room, or no time before the start. */
  function batch(at: number, parent: Task, i: number, room: number): Draft[] {
    const task = TASKS.find(({ id }) => id === parent.fansOut)
    const size = Math.min(random.int(4, 9), room - 1)
    if (task === undefined || size < 1) return [plain(at, parent, i)]
    const lives = Array.from({ length: size }, (_, n) =>
      life(random, task, { outcome: outcomeAt(i + 1 + n) }),
    )
    const joins = Math.max(...lives.map((steps) => steps.at(-1)?.at ?? 0)) + random.int(40, 400)
    const steps = life(random, parent, { outcome: outcomeAt(i), joins })
    const customer = random.int(0, CUSTOMERS - 1)
    const draft: Draft = { createdAt: at, task: parent, status: 'PENDING', steps, customer }
    const waiting = steps.find(({ status }) => status === 'WAITING_TO_RESUME')
    const createdAt = at + (waiting?.at ?? 0)
    if (waiting === undefined || (at <= start && createdAt > start)) return [draft]
    const id = `batch_${batchId(createdAt)}`
    return [
      draft,
      ...lives.map((steps): Draft => ({ createdAt, task, status: 'PENDING', steps, batch: id, customer })),
    ]
  }
}

const STARTED = TASKS.filter((task) => !task.isChild)
const UNSCHEDULED = STARTED.filter((task) => !task.schedule)
export const PLAIN = UNSCHEDULED.filter((task) => !task.fansOut)

/** One of the tasks, each as likely as its weight. */
export function pick(random: Random, tasks: readonly Task[]): Task {
  let choice = choices.get(tasks)
  if (choice === undefined) {
    choice = {
      weights: Object.fromEntries(tasks.map(({ id, weight }) => [id, weight])),
      byId: new Map(tasks.map((task) => [task.id, task])),
    }
    choices.set(tasks, choice)
  }
  const id = random.weighted(choice.weights)
  const task = choice.byId.get(id)
  if (task === undefined) throw new Error(`no task ${id}`)
  return task
}

/** What there is to choose from, made once for each list. */
const choices = new WeakMap<
  readonly Task[],
  { readonly weights: Readonly<Record<string, number>>; readonly byId: ReadonlyMap<string, Task> }
>()

/** The last instant by `at` that the schedule names. */
function slotBefore(at: number, { every, offset }: NonNullable<Task['schedule']>): number {
  const latest = at - 1_000 - offset
  return latest - (latest % every) + offset
}

/** The word of a section for each end. */
const ENDS: Readonly<Record<Outcome, keyof Outcomes>> = {
  COMPLETED_SUCCESSFULLY: 'COMPLETED',
  COMPLETED_WITH_ERRORS: 'FAILED',
  CANCELED: 'CANCELED',
  CRASHED: 'CRASHED',
  SYSTEM_FAILURE: 'SYSTEM_FAILURE',
  INTERRUPTED: 'INTERRUPTED',
  EXPIRED: 'EXPIRED',
  TIMED_OUT: 'TIMED_OUT',
}

/** The ends that there are in a fidelity. */
function endsIn(fidelity: Fidelity): Outcome[] {
  const outcomes = Object.keys(ENDS) as Outcome[]
  return fidelity === 'live'
    ? outcomes
    : outcomes.filter((end) => !OBSERVED_OUTCOMES.some((own) => own === end))
}

/** How likely each end is. */
function weightsOf(asked: Outcomes, ends: readonly Outcome[]): Record<Outcome, number> {
  const words = ends.some((end) => asked[ENDS[end]]) ? asked : DEFAULTS.outcomes
  return Object.fromEntries(ends.map((end) => [end, words[ENDS[end]] ?? 0])) as Record<Outcome, number>
}

/** How a run ends that nothing is known of. */
export function anyEnd({ random, fidelity, traffic }: Occasion): Outcome {
  return random.weighted(weightsOf(traffic.outcomes, endsIn(fidelity)))
}

/**
 * How the i-th run ends: by chance, except that each possible end has one run in the older half of the past for
 * certain, where every run has ended by the start.
 */
function outcomes(random: Random, asked: Outcomes, past: number, fidelity: Fidelity): (i: number) => Outcome {
  const ends = endsIn(fidelity)
  const weights = weightsOf(asked, ends)
  const possible = ends.filter((end) => weights[end] > 0)
  const certain = new Map(
    possible.map((outcome, n) => [Math.floor(((n + 0.5) * past) / (2 * possible.length)), outcome]),
  )
  return (i) => certain.get(i) ?? random.weighted(weights)
}
