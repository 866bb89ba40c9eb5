import type { JsonObject } from '../../core/json.ts'
import type { ListOperation } from '../../core/provider.ts'
import { lastValues } from '../../core/query.ts'
import { json } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import type { Next, Run } from '../../core/run.ts'
import { isoformat } from './isoformat.ts'
import { nearestNumber, readInteger } from './limit.ts'
import { quirks } from './quirks.ts'
import type { components } from './wire.ts'
import type { Grant, World } from './world.ts'

type Wire = components['schemas']['CrewRunHistoryResponse']

/** A crew run as it is stored, which is as `spec` sends it: the document's twelve members in its order, nulls kept. */
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
/** As text, like a limit that is asked for. */
const DEFAULT_LIMIT = '100'
/** Beyond any history: asking for more than this is asking for all. */
const EVERYTHING = 1_000_000_000

/** `GET /api/crew-runs`. */
export const listRuns: ListOperation<unknown, World, Grant> = {
  kind: 'list',
  read(request) {
    const text = limitText(request)
    if (text === undefined) return {}
    const read = readInteger(text)
    return { limit: 'value' in read ? nearestNumber(read.value) : text }
  },
  query(_params, { caller: { grant }, request }) {
    const own = grant.kind === 'reader' && grant.admin ? [] : [{ facet: 'owner', anyOf: [ownerOf(grant)] }]
    // Read again: the document's parameter is a number, and what the database gets may be larger.
    const asked = readInteger(limitText(request) ?? DEFAULT_LIMIT)
    if ('refusal' in asked) throw new Error('a limit that cannot be read does not pass validation')
    const rows = nearestNumber(quirks[request.fidelity].rows(asked.value, request))
    return { scope: SCOPE, filters: own, limit: rows < 0 || rows > EVERYTHING ? -1 : rows }
  },
  present: ({ items }, _params, { request }) =>
    json(
      200,
      items.map(({ body }) => quirks[request.fidelity].shown(body as CrewRun)),
    ),
}

function limitText(request: ApiRequest): string | undefined {
  return lastValues(request.search).get('limit')
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
