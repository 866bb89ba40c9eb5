import type { Context, ListOperation } from '../../core/provider.ts'
import { ApiError } from '../../core/reply.ts'
import type { Filter, Page, Run } from '../../core/run.ts'
import type { Grant } from './credentials.ts'
import { behaviourOf } from './fidelity/behaviour.ts'
import { type Item, itemsOf } from './item.ts'
import { type Pages, type Params, type RunsFilter, read } from './parameters.ts'
import { FORBIDDEN, jsonUtf8 } from './replies.ts'
import { mayList } from './scopes.ts'
import { VERSION_HEADER, vocabularyOf } from './status.ts'
import type { components } from './wire.ts'
import type { World } from './world.ts'

/** `GET /api/v1/runs`. */
export const listRuns: ListOperation<Params, World, Grant> = {
  kind: 'list',
  read,
  cursors: { 'page[after]': 'older', 'page[before]': 'newer' },
  query(params, context) {
    const { request, caller } = context
    const { page = {}, filter = {} } = params
    const { environment, scopes } = caller.grant
    // Scopes are looked at after the query is known to be valid (fidelity/trigger.md, "Order of checks").
    if (scopes !== undefined && !mayList(scopes, filter.taskIdentifier ?? [])) throw new ApiError(FORBIDDEN)
    const behaviour = behaviourOf(request)
    const vocabulary = vocabularyOf(request.header(VERSION_HEADER))
    const { since, until } = behaviour.range(filter.createdAt ?? {}, context)
    return {
      scope: environment.id,
      filters: [...filters(common(filter)), ...filters(behaviour.filters(filter, vocabulary))],
      since,
      until,
      cursor: behaviour.cursor(page),
      limit: page.size ?? DEFAULT_SIZE,
    }
  },
  present,
}

/** The document's default. */
const DEFAULT_SIZE = 25

/** Values by facet. */
type Asked = Readonly<Record<string, readonly string[] | undefined>>

/** All must hold; within one, any of the values (fidelity/trigger.md §3). */
function filters(asked: Asked): Filter[] {
  const filters: Filter[] = []
  for (const facet in asked) {
    const anyOf = asked[facet]
    if (anyOf !== undefined) filters.push({ facet, anyOf })
  }
  return filters
}

function common({ taskIdentifier, version, tag, schedule, isTest }: RunsFilter): Asked {
  return {
    task: taskIdentifier,
    version,
    tag,
    schedule: schedule === undefined ? undefined : [schedule],
    isTest: isTest === undefined ? undefined : [String(isTest)],
  }
}

type ListRunsResult = Omit<components['schemas']['ListRunsResult'], 'data'> & {
  readonly data: readonly Item[]
}

function present(page: Page, { page: asked = {} }: Params, { request, caller }: Context<World, Grant>) {
  const behaviour = behaviourOf(request)
  const { cursorOf, backwards } = behaviour
  const vocabulary = vocabularyOf(request.header(VERSION_HEADER))
  const runs = asked.before === undefined ? page.items : backwards(page.items)
  const body: ListRunsResult = {
    data: itemsOf(runs, caller.grant.environment, behaviour, vocabulary),
    pagination: pagination(page, asked, cursorOf),
  }
  return jsonUtf8(200, body)
}

/** Where to read on in either direction; a way that leads nowhere is left out, not null (fidelity/trigger.md §4). */
function pagination({ items, hasMore }: Page, { after, before }: Pages, cursorOf: (run: Run) => string) {
  const links: { next?: string; previous?: string } = {}
  const newest = items.at(0)
  const oldest = items.at(-1)
  if (newest === undefined || oldest === undefined) return links
  if (hasMore || before !== undefined) links.next = cursorOf(oldest)
  if (before === undefined ? after !== undefined : hasMore) links.previous = cursorOf(newest)
  return links
}
