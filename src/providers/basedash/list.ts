import type { ListOperation } from '../../core/provider.ts'
import { lastValues } from '../../core/query.ts'
import { ApiError, json } from '../../core/reply.ts'
import type { Grant } from './credentials.ts'
import { automationNotFound } from './errors.ts'
import type { RunBody } from './runs.ts'
import type { components, operations } from './wire.ts'
import { administered, type World } from './world.ts'

type Params = NonNullable<operations['listAutomationRuns']['parameters']['query']>
type ListResponse = components['schemas']['PublicAutomationRunListResponse']

/** The document's default. */
const DEFAULT_LIMIT = 50

/** `GET /api/public/organizations/{orgId}/automations/{id}/runs` (fidelity/basedash.md §B2, §B3). */
export const listAutomationRuns: ListOperation<Params, World, Grant> = {
  kind: 'list',

  read(request) {
    const values = lastValues(request.search)
    const limit = values.get('limit')
    const cursor = values.get('cursor')
    const params: Record<string, unknown> = {}
    if (limit !== undefined) params.limit = coerced(limit)
    // An empty cursor is what a client sends that has none.
    if (cursor) params.cursor = cursor
    return params
  },

  query({ limit = DEFAULT_LIMIT, cursor }, { request, caller, world }) {
    const { orgId = '', id = '' } = request.params
    const automation = administered(world, caller.grant.userId, orgId, id)
    if (!automation) throw new ApiError(automationNotFound())
    return {
      scope: automation.id,
      limit,
      // Prisma reads nothing after a cursor that it cannot find, and does not complain (§B3).
      cursor: cursor === undefined ? undefined : { direction: 'older', id: cursor, unknown: 'empty page' },
    }
  },

  cursors: { cursor: 'older' },

  present({ items, hasMore }) {
    const data = items.map(({ body }) => body as RunBody)
    const nextCursor = (hasMore && data.at(-1)?.id) || null
    return json(200, { data, pagination: { nextCursor, hasMore } } satisfies ListResponse)
  },
}

/** A number as zod's coercion reads one (`5.0`, ` 5 `, `0x10`, and 0 for the empty text), or the text that is none. */
function coerced(text: string): number | string {
  const value = Number(text)
  return Number.isFinite(value) ? value : text
}
