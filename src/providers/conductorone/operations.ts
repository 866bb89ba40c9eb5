import type { Fidelity } from '../../core/fidelity.ts'
import type { Context, ListOperation } from '../../core/provider.ts'
import { firstValues } from '../../core/query.ts'
import { ApiError, json } from '../../core/reply.ts'
import type { Grant } from './credentials.ts'
import { errors } from './errors.ts'
import { pageToken, readPageToken } from './page-token.ts'
import { type Populated, populated } from './protojson.ts'
import type { RoleMiningRun } from './runs.ts'
import { refusal } from './status.ts'
import type { components } from './wire.ts'
import type { World } from './world.ts'

type ListRunsResponse = components['schemas']['c1.api.role_mining_management.v1.ListRunsResponse']
type GetLatestRunResponse = components['schemas']['c1.api.role_mining_management.v1.GetLatestRunResponse']

type List<Params> = ListOperation<Params, World, Grant>

interface PageParams {
  readonly page_size?: number
  readonly page_token?: string
}

/** Pages by the conventions of the vendor's other lists (fidelity/conductorone.md §5). */
const listPages: List<PageParams> = {
  kind: 'list',
  read(request) {
    const values = firstValues(request.search)
    const size = values.get('page_size')
    const token = values.get('page_token')
    const params: Record<string, unknown> = {}
    if (size) params.page_size = parseInt64(size) ?? size
    if (token) params.page_token = token
    return params
  },
  query({ page_size = 25, page_token }, context) {
    const scope = permittedScope(context)
    const limit = Math.min(Math.max(page_size, 10), 100)
    if (page_token === undefined) return { scope, limit }
    const key = readPageToken(page_token, context.secrets)
    if (key === undefined) throw new ApiError(refusal(3, 'invalid page token'))
    return { scope, limit, cursor: { direction: 'older', key } }
  },
  cursors: { page_token: 'older' },
  present({ items, hasMore }, _params, { secrets }) {
    const last = items.at(-1)
    return json(200, {
      list: items.map(({ body }) => body as RoleMiningRun),
      nextPageToken: hasMore && last !== undefined ? pageToken(last, secrets) : '',
    } satisfies ListRunsResponse)
  },
}

/** The operation reads no query and has one page (fidelity/conductorone.md §0.3). */
const listAll: List<unknown> = {
  kind: 'list',
  read: () => ({}),
  query: (_params, context) => ({ scope: permittedScope(context), limit: -1 }),
  present({ items }) {
    const list = items.map(({ body }) => populated(body as RoleMiningRun))
    return json(200, { list, nextPageToken: '' })
  },
}

/** Without a run the message is unset, and its null is left out like every other. */
const latestOrNothing: List<unknown> = {
  kind: 'list',
  read: () => ({}),
  query: (_params, context) => ({ scope: permittedScope(context), limit: 1 }),
  present({ items: [latest] }) {
    return json(
      200,
      (latest === undefined ? {} : { run: latest.body as RoleMiningRun }) satisfies GetLatestRunResponse,
    )
  },
}

/** Without a run the message is null (fidelity/conductorone.md §0.2, §3). */
const latestOrNull: List<unknown> = {
  ...latestOrNothing,
  present({ items: [latest] }) {
    const run: Populated<RoleMiningRun> | null = latest ? populated(latest.body as RoleMiningRun) : null
    return json(200, { run })
  },
}

/** `ListRuns`. */
export const listRuns = byFidelity({ spec: listPages, live: listAll })

/** `GetLatestRun`: the newest run. */
export const getLatestRun = byFidelity({ spec: latestOrNothing, live: latestOrNull })

/** One operation of the two: which it is, the request says. */
function byFidelity<Params>(variants: Readonly<Record<Fidelity, List<Params>>>): List<Params> {
  return {
    kind: 'list',
    read: (request) => variants[request.fidelity].read(request),
    query: (params, context) => variants[context.request.fidelity].query(params, context),
    // Where the document does not have the parameter, it names nothing.
    ...(variants.spec.cursors && { cursors: variants.spec.cursors }),
    present: (page, params, context) => variants[context.request.fidelity].present(page, params, context),
  }
}

function permittedScope({ caller, operationId, request, world }: Context<World, Grant>): string {
  if (caller.grant.role !== 'admin') throw new ApiError(errors.forbidden(request, operationId))
  return world.tenant
}

/** What Go's strconv.ParseInt(text, 10, 64) makes of a text, or undefined where it fails. */
function parseInt64(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  return Math.abs(value) < 2 ** 63 ? value : undefined
}
