import type { JsonObject } from '../../../core/json.ts'
import type { RunsByHand } from '../../../core/provider.ts'
import { type Run, settle } from '../../../core/run.ts'
import { behaviourOf } from '../fidelity/behaviour.ts'
import { customers } from '../history/customers.ts'
import type { Occasion } from '../history/draft.ts'
import { dressing } from '../history/dressing.ts'
import { cuids } from '../history/ids.ts'
import { itemOf } from '../item.ts'
import { next } from '../lifecycle.ts'
import { plan, stored } from '../run.ts'
import { DEFAULTS } from '../section.ts'
import { meaningOf } from '../status.ts'
import { environmentsOf, type World } from '../world.ts'
import { asGiven } from './as-given.ts'
import { refuseImpossible } from './contradictions.ts'
import { caught, newborn } from './drafts.ts'
import { environmentOf } from './environment.ts'
import { fitted } from './fit.ts'
import { givenOf, type Times, timesOf } from './given.ts'
import { taskOf } from './task.ts'
import { wordOf } from './word.ts'

const MINUTE = 60_000

/** Runs put in by hand: seeded ones, but for what is given. */
export const byHand: RunsByHand<World> = {
  operationId: 'list_runs_v1',
  items: ['data'],
  make(item, { world, fidelity, now, random }) {
    const given = givenOf(item)
    const times = timesOf(given)
    const environment = environmentOf(given, world)
    refuseImpossible({ given, times, now })
    const word = wordOf({ given, times, now })
    const meaning = word && meaningOf(word)

    // One that is created later is met at its creation.
    const present = Math.max(now, times.createdAt ?? now)
    const occasion: Occasion = { environment, traffic: DEFAULTS, fidelity, start: present, days: 0, random }
    const task = taskOf(given, meaning?.status, random)
    const delay = random.int(...(task.delay ?? [MINUTE, 60 * MINUTE]))
    const draft =
      meaning === undefined
        ? newborn(given, times, times.createdAt ?? bornBy(times, present, delay), task, occasion)
        : fitted(caught(given, times, meaning.status, task, occasion), {
            times,
            durationMs: Math.ceil(given.durationMs ?? 0),
            present,
            delay,
          })
    const schedule = task.schedule && environment.schedules.find((schedule) => schedule.task === task.id)?.id
    const cuid = cuids(random)
    const dressed = dressing(occasion, {
      cuid: (at) => cuid(Math.max(0, at)),
      tagsFor: customers(random, 1),
    })(schedule ? { ...draft, schedule } : draft)
    const born = given.version === undefined ? dressed : pinned(dressed, given.version)
    const run = asGiven(settle(born, present, next).run, given, born, present)
    return meaning?.vocabulary === 'v2' ? { ...run, body: { ...stored(run), vocabulary: 'v2' } } : run
  },
  show(run, fidelity, world) {
    const { vocabulary = 'v1' } = stored(run)
    const { wordFor } = behaviourOf({ fidelity })
    const environment = environmentsOf(world).find(({ id }) => id === run.scope)
    if (environment === undefined) throw new Error(`${run.id} is in no environment`)
    const item = itemOf(run, environment, (status) => wordFor(status, vocabulary))
    return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as JsonObject
  },
}

/** When a run was created that is new now (ms), or was when its delay was over. */
function bornBy({ delayedUntil = Number.POSITIVE_INFINITY }: Times, present: number, delay: number): number {
  return delayedUntil > present ? present : delayedUntil - delay
}

/** The run with the version that it is to be taken by. */
function pinned(run: Run, version: string): Run {
  const ahead = plan(run)
  return ahead === null ? run : { ...run, plan: { ...ahead, version } }
}
