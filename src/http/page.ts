import type { PageQuery } from '../core/provider.ts'
import { ApiError } from '../core/reply.ts'
import type { Page, RunStore } from '../core/run.ts'

/** The page that is asked for. Rejects with an ApiError for a cursor that names no run, where its vendor refuses one. */
export function pageOf(asked: PageQuery, runs: RunStore): Promise<Page> {
  const { scope, filters = [], since, until, cursor, limit } = asked
  if (cursor === undefined) return runs.list({ scope, filters, since, until, limit, seek: undefined })
  const { direction } = cursor
  if ('key' in cursor)
    return runs.list({ scope, filters, since, until, limit, seek: { direction, key: cursor.key } })
  const { id, unknown } = cursor
  return runs.locate(scope, id).then((key) => {
    if (key !== undefined) return runs.list({ scope, filters, since, until, limit, seek: { direction, key } })
    if (unknown !== 'empty page') throw new ApiError(unknown())
    return { items: [], hasMore: false }
  })
}
