import { iso } from '../../core/clock.ts'
import { LOWER_ALNUM, type Random } from '../../core/random.ts'
import type { Change, Run } from '../../core/run.ts'
import type { components } from './wire.ts'

/** A run as the vendor's wire has it, which is also how it is stored: a page costs no mapping. */
export type RunBody = components['schemas']['PublicAutomationRun']

/**
 * One thing that will happen to a run, at an instant in ms. A run is a chat (fidelity/basedash.md §B4): it starts under
 * its automation's name, gets a title of its own, and ends FINISHED; there is no failed state.
 */
export type Step = { at: number; name: string } | { at: number; status: 'FINISHED' }

/** A run at the moment of its creation, with the steps that lie ahead of it, in order of time. */
export function created(
  createdAt: number,
  body: Omit<RunBody, 'createdAt' | 'updatedAt'>,
  steps: Step[],
): Run {
  const at = iso(createdAt)
  return {
    id: body.id,
    scope: body.automationId,
    createdAt,
    facets: {},
    body: { ...body, createdAt: at, updatedAt: at },
    plan: steps,
  }
}

/** The next step of the run's plan, which is all that can happen to it. */
export function next(run: Run): Change | null {
  const [step, ...rest] = (run.plan ?? []) as Step[]
  if (step === undefined) return null
  const { at, ...change } = step
  return { at, run: { ...run, body: { ...run.body, ...change, updatedAt: iso(at) }, plan: rest } }
}

/** A cuid whose time part is the creation: eight base-36 digits of ms, then sixteen more of chance. */
export function runId(createdAt: number, random: Random): string {
  const time = createdAt.toString(36).padStart(8, '0').slice(-8)
  return `c${time}${random.text(LOWER_ALNUM, 16)}`
}
