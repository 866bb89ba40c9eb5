import type { Json, JsonObject } from '../core/json.ts'
import { type Facets, type Next, type Run, settle } from '../core/run.ts'

/** A run as it is written: settled at an instant, and its parts as JSON texts. */
export interface SettledRun {
  readonly scope: string
  /** ms since the epoch */
  readonly createdAt: number
  readonly id: string
  /** JSON, as the two below. */
  readonly facets: string
  readonly body: string
  readonly plan: string
  /** When the run changes next (ms), or null when nothing lies ahead of it. */
  readonly due: number | null
}

/** The run as it stands at `now` (ms), ready to be written. */
export function settledRun(born: Run, now: number, next: Next): SettledRun {
  const { run, due } = settle(born, now, next)
  const { scope, createdAt, id, facets, body, plan } = run
  return {
    scope,
    createdAt,
    id,
    facets: JSON.stringify(facets),
    body: JSON.stringify(body),
    plan: plan === null ? 'null' : JSON.stringify(plan),
    due,
  }
}

/** A run as its row has it. */
export interface Row {
  readonly scope: string
  readonly created_at: number
  readonly id: string
  readonly facets: string
  readonly body: string
  readonly plan: string
}

export const COLUMNS = 'scope, created_at, id, facets, body, plan'

export function toRun(row: Row): Run {
  return {
    scope: row.scope,
    createdAt: row.created_at,
    id: row.id,
    facets: JSON.parse(row.facets) as Facets,
    body: JSON.parse(row.body) as JsonObject,
    plan: JSON.parse(row.plan) as Json,
  }
}
