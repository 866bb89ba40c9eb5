import { parseIso } from '../core/clock.ts'
import { Departure, type Expectation, NotApplicable } from './contract.ts'
import { at, textAt } from './json.ts'
import type { Received } from './request.ts'
import type { Session } from './session.ts'

/** How far a walk goes at most: a long history is not read to its end. */
const MOST_PAGES = 12

export interface Walk {
  /** Newest first, each a 200. */
  readonly pages: readonly Received[]
  /** Whether the last of them is the last there is. */
  readonly ended: boolean
}

/**
 * The pages from the first on, each asked for with what the one before it says. `first` is what the query itself got.
 * Done once for each query.
 */
export function walk(session: Session, query: string, first?: Received): Promise<Walk> {
  return session.remember(`walk ${query}`, async () => {
    const pages = [first ?? (await pageOf(session, query))]
    for (;;) {
      const next = session.contract.list.next(pages.at(-1)?.json)
      if (next === undefined || pages.length === MOST_PAGES) return { pages, ended: next === undefined }
      pages.push(await pageOf(session, `${query}&${next}`))
    }
  })
}

/** A page of the list. Throws a Departure when it is none. */
export async function pageOf(
  session: Session,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Received> {
  const page = await session.ask({ query, headers })
  if (page.status !== 200) throw new Departure(`${page.request}: status ${page.status}`)
  return page
}

/** The ids on a page, in its order. */
export function idsOn(session: Session, { json }: Received): string[] {
  return session.contract.list.runs(json).map((run) => textAt(run, 'id') ?? '')
}

/** When the runs on a page were created (ms), in its order. */
export function createdOn(session: Session, { json, request }: Received): number[] {
  const { runs, createdAt } = session.contract.list
  return runs(json).map((run) => {
    const ms = parseIso(textAt(run, createdAt) ?? '')
    if (ms === undefined)
      throw new Departure(`${request}: ${createdAt} is ${JSON.stringify(at(run, createdAt))}`)
    return ms
  })
}

export const newestFirst: Expectation = {
  says: 'the newest run first, and so on',
  check(reply, session) {
    const created = createdOn(session, reply)
    if (created.length < 2) throw new NotApplicable('the service lists fewer than two runs')
    const i = created.findIndex((ms, i) => i > 0 && ms > (created[i - 1] ?? ms))
    return i < 0 ? undefined : `run ${i + 1} is newer than the run before it`
  },
}

/** A page of `count` runs, or of fewer where there are no more. */
export function fills(count: number): Expectation {
  return {
    says: `${count} runs, or all where there are fewer`,
    async check(reply, session) {
      const { list } = session.contract
      const found = list.runs(reply.json).length
      if (found === count) return undefined
      if (found > count || list.next(reply.json) !== undefined) return `${found} runs`
      const { longest } = list
      if (longest === undefined) return undefined
      const all = await session.remember(longest, () => pageOf(session, longest))
      return list.runs(all.json).length > found ? `${found} runs of ${list.runs(all.json).length}` : undefined
    },
  }
}

/** The same page as another query gets, but for runs that came or went at its head meanwhile. */
export function samePageAs(query: string): Expectation {
  return {
    says: `the same runs as ${query === '' ? 'without a query' : `?${query}`} gets`,
    async check(reply, session) {
      const here = idsOn(session, reply)
      const there = idsOn(session, await pageOf(session, query))
      return alike(here, there)
        ? undefined
        : `${here.length} runs ${here[0]}…, there ${there.length} ${there[0]}…`
    },
  }
}

/** Whether two pages, the second asked for later, are the same but for newer runs at the head of the second. */
export function alike(earlier: readonly string[], later: readonly string[]): boolean {
  const shift = later.indexOf(earlier[0] ?? '')
  if (earlier.length === 0 || shift < 0) return earlier.length === later.length && earlier.length === 0
  return later.slice(shift).every((id, i) => id === earlier[i])
}

/** From this page, the first, each run once and none newer than the one before it. `query` goes with every page. */
export function walksWith(query: string): Expectation {
  return {
    says: `a walk with ?${query} meets each run once, newest first`,
    async check(reply, session) {
      const { pages } = await walk(session, query, reply)
      const ids = pages.flatMap((page) => idsOn(session, page))
      const created = pages.flatMap((page) => createdOn(session, page))
      if (pages.length < 2) throw new NotApplicable(`all ${ids.length} runs stand on one page`)
      const twice = ids.find((id, i) => ids.indexOf(id) !== i)
      if (twice !== undefined) return `run ${twice} comes twice in ${pages.length} pages`
      const i = created.findIndex((ms, i) => i > 0 && ms > (created[i - 1] ?? ms))
      return i < 0 ? undefined : `run ${ids[i]} is newer than the run before it`
    },
  }
}
