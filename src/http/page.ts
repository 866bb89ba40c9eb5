import type { PageQuery } from '../core/provider.ts'
import { ApiError } from '../core/reply.ts'
import type { Page, RunStore } from '../core/run.ts'

/** The page that is asked for. Throws an ApiError for a cursor that names no run, where its vendor refuses one. */
export async function pageOf(asked: PageQuery, runs: RunStore): Promise<Page> {
  const { scope, filters = [], since, until, cursor, limit } = asked
  const range = { scope, filters, since, until, limit }
  if (cursor === undefined) return runs.list(range)
  const key = 'key' in cursor ? cursor.key : await runs.locate(scope, cursor.id)
  if (key !== undefined) return runs.list({ ...range, seek: { direction: cursor.direction, key } })
  if ('id' in cursor && cursor.unknown !== 'empty page') throw new ApiError(cursor.unknown)
  return { items: [], hasMore: false }
}
