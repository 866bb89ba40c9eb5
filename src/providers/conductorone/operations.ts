import type { Context, ListOperation } from '../../core/provider.ts'
import { firstValues } from '../../core/query.ts'
import { ApiError, json } from '../../core/reply.ts'
import type { Key } from '../../core/run.ts'
import { seal, unseal } from '../../core/seal.ts'
import type { Secrets } from '../../core/secrets.ts'
import type { Grant } from './credentials.ts'
import { errors, refusal } from './errors.ts'
import type { RoleMiningRun } from './runs.ts'
import type { components } from './wire.ts'
import type { World } from './world.ts'

type ListRunsResponse = components['schemas']['c1.api.role_mining_management.v1.ListRunsResponse']
type GetLatestRunResponse = components['schemas']['c1.api.role_mining_management.v1.GetLatestRunResponse']

interface ListParams {
  readonly page_size?: number
  readonly page_token?: string
}

/** `ListRuns`: pages by the conventions of the vendor's other lists (fidelity/conductorone.md §5). */
export const listRuns: ListOperation<ListParams, World, Grant> = {
  kind: 'list',
  read(request) {
    const values = firstValues(request.search)
    const size = values.get('page_size')
    const token = values.get('page_token')
    return {
      ...(size ? { page_size: parseInt64(size) ?? size } : {}),
      ...(token ? { page_token: token } : {}),
    }
  },
  query({ page_size = 25, page_token }, context) {
    const scope = permittedScope(context)
    const limit = Math.min(Math.max(page_size, 10), 100)
    if (page_token === undefined) return { scope, limit }
    const key = readPageToken(page_token, context.secrets)
    if (key === undefined) throw new ApiError(refusal(3, 'invalid page token'))
    return { scope, limit, cursor: { direction: 'older', key } }
  },
  present({ items, hasMore }, _params, { secrets }) {
    const last = items.at(-1)
    return json(200, {
      list: items.map(({ body }) => body as RoleMiningRun),
      nextPageToken: hasMore && last !== undefined ? pageToken(last, secrets) : '',
    } satisfies ListRunsResponse)
  },
}

/** `GetLatestRun`: the newest run; without one the message is unset, and its null is left out like every other. */
export const getLatestRun: ListOperation<unknown, World, Grant> = {
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

function permittedScope({ caller, operationId, request, world }: Context<World, Grant>): string {
  if (caller.grant.role !== 'admin') throw new ApiError(errors.forbidden(request, operationId))
  return world.tenant
}

/** What Go's strconv.ParseInt(text, 10, 64) makes of a text, or undefined where it fails. */
function parseInt64(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  return Math.abs(value) < 2 ** 63 ? value : undefined
}

/** Opaque and tamper-evident; it holds the place and nothing else, so it serves any page size and either client. */
function pageToken({ createdAt, id }: Key, secrets: Secrets): string {
  return seal(JSON.stringify([createdAt, id]), secrets.bytes('conductorone/page-token'))
}

function readPageToken(token: string, secrets: Secrets): Key | undefined {
  const payload = unseal(token, secrets.bytes('conductorone/page-token'))
  if (payload === undefined) return undefined
  const [createdAt, id] = JSON.parse(payload) as [number, string]
  return { createdAt, id }
}
