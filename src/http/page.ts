import type { PageQuery } from '../core/provider.ts'
import { ApiError } from '../core/reply.ts'
import type { Page, RunStore, Seek } from '../core/run.ts'

/** The page that is asked for. Rejects with an ApiError for a cursor that names no run, where its vendor refuses one. */
export function pageOf(asked: PageQuery, runs: RunStore): Promise<Page> {
  const { scope, filters = [], since, until, cursor, limit } = asked
  const list = (seek: Seek | undefined): Promise<Page> =>
    runs.list({ scope, filters, since, until, limit, seek })
  if (cursor === undefined) return list(undefined)
  const { direction } = cursor
  if ('key' in cursor) return list({ direction, key: cursor.key })
  const { id, unknown } = cursor
  return runs.locate(scope, id).then((key) => {
    if (key !== undefined) return list({ direction, key })
    if (unknown !== 'empty page') throw new ApiError(unknown())
    return { items: [], hasMore: false }
  })
}
