import type { Outcome, Trigger } from './runs.ts'

/** Who and what starts a tenant's runs, and what comes of them. */
export interface Tenant {
  /** What started a run at that instant (ms). */
  trigger(at: number): Trigger
  /** How a run ends that goes well. */
  success(): Fate
  /** How a run ends that fails on its way. */
  failure(): Fate
  /** How a run ends that finds another under way. */
  turnedAway(): Outcome
}

export interface Fate {
  /** ms from the run's creation to its end: at least two minutes for a success, never `LONGEST_RUN` */
  readonly lasts: number
  readonly outcome: Outcome
}

/** ms that no run lasts. */
export const LONGEST_RUN = 20 * 60_000

/** A run that has gone well. */
export function completed(counts: Counts & { readonly suggestionsGenerated: number }): Outcome {
  return { status: 'RUN_STATUS_COMPLETED', ...counts, errorMessage: '' }
}

/** A run that has failed, with what it had counted by then: no suggestions (fidelity/conductorone.md §6). */
export function failed(
  errorMessage: string,
  counts: Counts = { totalUsers: 0, cohortsAnalyzed: 0 },
): Outcome {
  return { status: 'RUN_STATUS_FAILED', ...counts, suggestionsGenerated: 0, errorMessage }
}

export interface Counts {
  readonly totalUsers: number
  readonly cohortsAnalyzed: number
}

/** What a run says that finds another under way. */
export const UNDER_WAY = 'another role mining analysis is already running'
