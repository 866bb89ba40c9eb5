import type { JsonObject } from '../../core/json.ts'
import type { ListOperation } from '../../core/provider.ts'
import { lastValues } from '../../core/query.ts'
import { json } from '../../core/reply.ts'
import type { Next, Run } from '../../core/run.ts'
import { isoformat } from './isoformat.ts'
import { readInteger } from './limit.ts'
import type { components } from './wire.ts'
import type { Grant, World } from './world.ts'

type Wire = components['schemas']['CrewRunHistoryResponse']

/** A crew run as it is stored, which is as it is sent: the document's twelve members in its order, nulls kept. */
export type CrewRun = Required<Omit<Wire, 'task_input'>> & { task_input: JsonObject | null }

/** How a run will go, from the moment it is created. */
export interface Plan {
  /** When a worker takes it up, and when it is over, in ms. */
  readonly startsAt: number
  readonly endsAt: number
  readonly outcome: { readonly result: string } | { readonly error: string }
}

/** All runs of a sandbox are one history; who sees which is a filter on their owner. */
export const SCOPE = 'crew-runs'
const DEFAULT_LIMIT = 100
/** Beyond any history: asking for more than this is asking for all. */
const EVERYTHING = 1_000_000_000

interface Params {
  readonly limit?: number
}

/** `GET /api/crew-runs`. */
export const listRuns: ListOperation<Params, World, Grant> = {
  kind: 'list',
  read(request) {
    const text = lastValues(request.search).get('limit')
    if (text === undefined) return {}
    const read = readInteger(text)
    return { limit: 'value' in read ? read.value : text }
  },
  query({ limit = DEFAULT_LIMIT }, { caller: { grant } }) {
    const own = grant.kind === 'reader' && grant.admin ? [] : [{ facet: 'owner', anyOf: [ownerOf(grant)] }]
    // What the service makes of a negative limit depends on its database, which is unknown (fidelity/nx1.md §A1).
    return { scope: SCOPE, filters: own, limit: limit < 0 || limit > EVERYTHING ? -1 : limit }
  },
  present: ({ items }) =>
    json(
      200,
      items.map(({ body }) => body),
    ),
}

function ownerOf(grant: Grant): string {
  if (grant.kind !== 'reader') throw new Error('a client of the realm owns no runs')
  return grant.owner
}

/** A run as it is at its creation: pending, with its fate in its plan. */
export function createdRun(id: string, createdAt: number, crewRun: CrewRun, plan: Plan): Run {
  return {
    id,
    createdAt,
    scope: SCOPE,
    facets: { owner: crewRun.owner_id },
    body: crewRun,
    plan: { ...plan },
  }
}

/** pending → running → completed or failed. */
export const next: Next = (run) => {
  if (run.plan === null) return null
  const plan = run.plan as unknown as Plan
  if (run.body.status === 'pending') {
    const { startsAt } = plan
    return {
      at: startsAt,
      run: { ...run, body: { ...run.body, status: 'running', started_at: isoformat(startsAt) } },
    }
  }
  const { endsAt, outcome } = plan
  const status = 'error' in outcome ? 'failed' : 'completed'
  const body = { ...run.body, status, ...outcome, completed_at: isoformat(endsAt) }
  return { at: endsAt, run: { ...run, body, plan: null } }
}
