import type { Outcome } from '../verify.ts'
import { junit } from './junit.ts'
import { tap } from './tap.ts'

/** Writes outcomes down, as far as its format allows while they come. */
export interface Report {
  outcome(outcome: Outcome): string
  end(): string
}

export interface Heading {
  readonly target: string
  readonly fidelity: string
  /** How many outcomes will come. */
  readonly planned: number
}

/** The formats by name; each begins a report and hands its first text to `say`. */
export const REPORTS = { tap, junit } as const

export type Format = keyof typeof REPORTS
