import type { JsonObject } from '../../core/json.ts'
import type { Facets, Run } from '../../core/run.ts'
import type { Status, Vocabulary } from './status.ts'

/**
 * A run as it is stored. Money is in cents; times are texts and tags are sorted, as lists show them, so that showing a
 * run computes nothing. What is absent is left out.
 */
export type StoredRun = {
  status: Status
  /** The vocabulary that a run put in by hand was worded in, where it is not the older one. */
  vocabulary?: Vocabulary
  task: string
  kind: 'STANDARD' | 'SCHEDULED' | 'AGENT'
  idempotencyKey?: string
  /** The deployment that took the run; absent until a worker has. */
  version?: string
  createdAt: string
  updatedAt: string
  /** When a worker took it. */
  lockedAt?: string
  /** When its first attempt began. */
  startedAt?: string
  completedAt?: string
  delayUntil?: string
  /** When its time to live was over before any worker had taken it. */
  expiredAt?: string
  isTest: boolean
  /** A number of seconds only in a run put in by hand. */
  ttl?: string | number
  tags: string[]
  costInCents: number
  baseCostInCents: number
  /** Time in attempts, waits left out. */
  durationMs: number
  depth: number
  metadata?: JsonObject
  region?: string
}

/** What lies ahead of a run. */
export type Plan = {
  /** Its coming statuses, soonest first; never empty. */
  steps: Step[]
  /** When its present status began (ms). */
  since: number
  /** The deployment that will take it. */
  version: string
  centsPerMs: number
  centsPerRun: number
  /** The error group it ends in, if it fails. */
  error?: string
  /** The bulk action that will cancel it. */
  canceledBy?: string
}

/** A coming status, and when (ms). */
export type Step = { at: number; status: Status }

/** What runs are filtered by: by queue, machine, region, batch and error in `live` fidelity only. */
export type RunFacets = Facets & {
  readonly status: Status
  readonly task: string
  readonly version?: string
  readonly tag: readonly string[]
  readonly schedule?: string
  readonly bulkAction?: readonly string[]
  readonly isTest: 'true' | 'false'
  readonly batch?: string
  readonly queue: string
  readonly machine: string
  readonly region?: string
  readonly error?: string
}

/** The run's own form. */
export function stored(run: Run): StoredRun {
  return run.body as StoredRun
}

/** What the run is filtered by. */
export function facets(run: Run): RunFacets {
  return run.facets as RunFacets
}

/** What lies ahead of the run, or null when it has come to rest. */
export function plan(run: Run): Plan | null {
  return run.plan as Plan | null
}
