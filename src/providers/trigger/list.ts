import parseDuration from 'parse-duration'
import { FURTHEST, parseIso } from '../../core/clock.ts'
import type { Context, Cursor, ListOperation, PageQuery } from '../../core/provider.ts'
import { ApiError } from '../../core/reply.ts'
import type { Filter, Page } from '../../core/run.ts'
import type { Grant } from './credentials.ts'
import { FORBIDDEN, jsonUtf8, queryError } from './errors.ts'
import { unknownRun } from './issues.ts'
import { type Item, itemOf } from './item.ts'
import { type Params, read } from './parameters.ts'
import { mayList } from './scopes.ts'
import { statusesFor, VERSION_HEADER, type Vocabulary, vocabularyOf } from './status.ts'
import type { components } from './wire.ts'
import type { World } from './world.ts'

/** `GET /api/v1/runs`. */
export const listRuns: ListOperation<Params, World, Grant> = {
  kind: 'list',
  read,
  query(params, { request, caller, now }) {
    const { page = {}, filter = {} } = params
    const { environment, scopes } = caller.grant
    // Scopes are looked at after the query is known to be valid (fidelity/trigger.md, "Order of checks").
    if (scopes !== undefined && !mayList(scopes, filter.taskIdentifier ?? [])) throw new ApiError(FORBIDDEN)
    return {
      scope: environment.id,
      filters: filters(filter, vocabularyOf(request.header(VERSION_HEADER))),
      ...range(filter.createdAt ?? {}, now),
      cursor: cursor(page),
      limit: page.size ?? DEFAULT_SIZE,
    }
  },
  present,
}

/** The document's default. */
const DEFAULT_SIZE = 25

type RunsFilter = components['schemas']['CommonRunsFilter']

/** All must hold; within one, any of the values (fidelity/trigger.md §3). */
function filters(filter: RunsFilter, vocabulary: Vocabulary): Filter[] {
  const asked: Record<string, readonly string[] | undefined> = {
    status: filter.status?.flatMap((word) => statusesFor(word, vocabulary)),
    task: filter.taskIdentifier,
    version: filter.version,
    tag: filter.tag,
    bulkAction: filter.bulkAction === undefined ? undefined : [filter.bulkAction],
    schedule: filter.schedule === undefined ? undefined : [filter.schedule],
    isTest: filter.isTest === undefined ? undefined : [String(filter.isTest)],
  }
  return Object.entries(asked).flatMap(([facet, anyOf]) => (anyOf === undefined ? [] : [{ facet, anyOf }]))
}

/** The bounds of `createdAt`, both inclusive. A period makes the two dates count for nothing (fidelity/trigger.md §3). */
function range(
  { from, to, period }: NonNullable<RunsFilter['createdAt']>,
  now: number,
): Pick<PageQuery, 'since' | 'until'> {
  if (period === undefined) return { since: instant(from), until: instant(to) }
  const ms = parseDuration(period)
  // A period that says nothing, or nothing at all, is no bound.
  return ms ? { since: Math.min(Math.max(now - ms, -FURTHEST), FURTHEST) } : {}
}

function instant(date: string | undefined): number | undefined {
  return date === undefined ? undefined : parseIso(date)
}

/** `before` wins over `after`: the vendor's client sends both when it turns back (fidelity/trigger.md §5.3). */
function cursor({ after, before }: NonNullable<Params['page']>): Cursor | undefined {
  if (before !== undefined)
    return { direction: 'newer', id: before, unknown: unknown('page[before]', before) }
  if (after !== undefined) return { direction: 'older', id: after, unknown: unknown('page[after]', after) }
  return undefined
}

function unknown(name: string, id: string): ReturnType<typeof queryError> {
  return queryError([unknownRun(name, id)])
}

type ListRunsResult = Omit<components['schemas']['ListRunsResult'], 'data'> & {
  readonly data: readonly Item[]
}

function present(page: Page, { page: asked = {} }: Params, { request, caller }: Context<World, Grant>) {
  const vocabulary = vocabularyOf(request.header(VERSION_HEADER))
  const body: ListRunsResult = {
    data: page.items.map((run) => itemOf(run, caller.grant.environment, vocabulary)),
    pagination: pagination(page, asked),
  }
  return jsonUtf8(200, body)
}

/** The ids to read on from in either direction; a way that leads nowhere is left out, not null (fidelity/trigger.md §4). */
function pagination({ items, hasMore }: Page, { after, before }: NonNullable<Params['page']>) {
  const first = items.at(0)?.id
  const last = items.at(-1)?.id
  if (first === undefined || last === undefined) return {}
  if (before !== undefined) return { next: last, ...(hasMore && { previous: first }) }
  return { ...(hasMore && { next: last }), ...(after !== undefined && { previous: first }) }
}
