import { SignJWT } from 'jose'
import { wallNow } from '../../../core/clock.ts'
import { type Account, Departure, type Expectation, NotApplicable } from '../../contract.ts'
import { at, parseJson, textAt } from '../../json.ts'
import { createdOn, idsOn, pageOf, walk } from '../../pages.ts'
import type { Received } from '../../request.ts'
import type { Session } from '../../session.ts'

const DAY = 86_400_000

/** Half an hour, in seconds: as long as a public token of this run may live. */
const LIFETIME = 1800

/** Signed here with the environment's own secret key, as the vendor's SDK signs public tokens (fidelity/trigger.md §1.1). */
export function publicToken(...scopes: readonly string[]): Account {
  return async (session) => {
    const key = session.value('secretKey')
    const environment = await session.remember('environment', async () => {
      const [run] = session.contract.list.runs((await pageOf(session, `${TEN}&${ALL_TIME}`)).json)
      return textAt(run, 'env', 'id')
    })
    if (environment === undefined) throw new NotApplicable('no run tells the id of the environment')
    const token = await new SignJWT({ sub: environment, pub: true, scopes: [...scopes] })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://id.trigger.dev')
      .setAudience('https://api.trigger.dev')
      .setIssuedAt(Math.floor(wallNow() / 1000))
      .setExpirationTime(Math.floor(wallNow() / 1000) + LIFETIME)
      .sign(new TextEncoder().encode(key))
    return { authorization: `Bearer ${session.secret(token)}` }
  }
}

const TEN = 'page[size]=10'

/** A period that cannot be read lifts every bound of time (fidelity/trigger.md §3). */
export const ALL_TIME = 'filter[createdAt][period]=banana'

/** The cursor that a page gives for a direction. Without the page there is nothing to compare. */
function cursor(page: Received | undefined, way: 'next' | 'previous'): string {
  if (page === undefined) throw new NotApplicable('the environment has too few runs')
  const text = textAt(page.json, 'pagination', way)
  if (text === undefined) throw new Departure(`${page.request}: no ${way}`)
  return encodeURIComponent(text)
}

export const lastPageTurnsBack: Expectation = {
  says: 'a last page without next, whose previous names its first run',
  async check(reply, session) {
    const { pages, ended } = await walk(session, 'page[size]=50', reply)
    const last = pages.at(-1)
    if (!ended || pages.length < 2)
      throw new NotApplicable('the history has too few pages, or too many to read')
    const previous = textAt(last?.json, 'pagination', 'previous')
    if (last === undefined || previous === undefined)
      return `no previous: ${JSON.stringify(at(last?.json, 'pagination'))}`
    const [first = ''] = idsOn(session, last)
    const named = session.fidelity === 'spec' ? previous : nameIn(previous)
    return named === first ? undefined : `previous names ${named}, and the first run is ${first}`
  },
}

/** The run that an opaque cursor names (fidelity/trigger.md §4). */
function nameIn(opaque: string): string {
  const r = textAt(parseJson(Buffer.from(opaque, 'base64url').toString()), 'r')
  return r === undefined ? `nothing readable (${opaque})` : `run_${r}`
}

export const pagesBack: Expectation = {
  says: "page[before] with the third page's previous: the second page's runs, with next and previous",
  async check(reply, session) {
    const { pages } = await walk(session, TEN, reply)
    const [first, second, third] = pages
    if (first === undefined || second === undefined)
      throw new NotApplicable('the environment has too few runs')
    const back = await pageOf(session, `${TEN}&page[before]=${cursor(third, 'previous')}`)
    if (!sameSet(idsOn(session, back), idsOn(session, second))) return `other runs: ${idsOn(session, back)}`
    if (at(back.json, 'pagination', 'next') === undefined) return 'no next'
    if (at(back.json, 'pagination', 'previous') === undefined) return 'no previous'
    const start = await pageOf(session, `${TEN}&page[before]=${cursor(second, 'previous')}`)
    if (!sameSet(idsOn(session, start), idsOn(session, first)))
      return `before the second page: ${idsOn(session, start)}`
    return at(start.json, 'pagination', 'next') === undefined
      ? 'no next on the way back to the first page'
      : undefined
  },
}

export const bothCursors: Expectation = {
  says: 'page[after] and page[before] together: the same runs as page[before] alone',
  async check(reply, session) {
    const { pages } = await walk(session, TEN, reply)
    const [, second, third] = pages
    const before = `page[before]=${cursor(third, 'previous')}`
    const after = `page[after]=${cursor(second, 'next')}`
    const both = await pageOf(session, `${TEN}&${after}&${before}`)
    const alone = await pageOf(session, `${TEN}&${before}`)
    return sameSet(idsOn(session, both), idsOn(session, alone))
      ? undefined
      : `other runs: ${idsOn(session, both)}`
  },
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}

/** When the environment's newest run was created (ms): as near to the service's present as can be seen from outside. */
export function newest(session: Session): Promise<number> {
  return session.remember('newest run', async () => {
    const [created] = createdOn(session, await pageOf(session, `${TEN}&${ALL_TIME}`))
    if (created === undefined) throw new NotApplicable('the environment has no runs')
    return created
  })
}

/** A cursor at a run more than eight days older than the newest, with older ones behind it. */
function longAgo(session: Session): Promise<string> {
  return session.remember('a cursor of long ago', async () => {
    const to = (await newest(session)) - 8 * DAY
    const page = await pageOf(session, `${TEN}&filter[createdAt][to]=${to}`)
    if (textAt(page.json, 'pagination', 'next') === undefined)
      throw new NotApplicable('the environment has too few runs older than eight days')
    return `page[after]=${cursor(page, 'next')}`
  })
}

/** Whether the query, from eight days back on, finds any run. */
export function findsOldRuns(query: string, expected: boolean): Expectation {
  return {
    says: `${expected ? 'runs' : 'no run'} older than eight days${query === '' ? '' : ` with ?${query}`}`,
    async check(_reply, session) {
      const page = await pageOf(session, [TEN, query, await longAgo(session)].filter(Boolean).join('&'))
      const found = idsOn(session, page)
      return found.length > 0 === expected ? undefined : `${found.length} runs`
    },
  }
}

export const nothingAfterTo: Expectation = {
  says: 'with to alone: runs created by then, however old',
  async check(_reply, session) {
    const to = (await newest(session)) - 10 * DAY
    const created = createdOn(session, await pageOf(session, `${TEN}&filter[createdAt][to]=${to}`))
    if (created.length === 0) throw new NotApplicable('the environment has no runs older than ten days')
    return created.every((ms) => ms <= to) ? undefined : 'a run created after it'
  },
}

/** No run of the page is further from the newest than so many days. */
export function spansAtMost(days: number): Expectation {
  return {
    says: `no run older than ${days} days`,
    async check(reply, session) {
      const floor = (await newest(session)) - days * DAY
      const old = createdOn(session, reply).find((ms) => ms < floor)
      return old === undefined
        ? undefined
        : `a run ${Math.round((floor - old) / 3_600_000)} hours older than that`
    },
  }
}

export const tagsUnite: Expectation = {
  says: 'filter[tag]=a,b: runs with either tag, each with its tags in order',
  async check(reply, session) {
    const tagsOf = (run: unknown): string[] => {
      const tags = at(run, 'tags')
      return Array.isArray(tags) ? tags.map(String) : []
    }
    const { pages } = await walk(session, 'page[size]=100', reply)
    const runs = pages.flatMap(({ json }) => session.contract.list.runs(json))
    const plain = runs.flatMap(tagsOf).filter((tag) => /^[\w:-]+$/.test(tag))
    const pair = plain.flatMap((a) => {
      const b = plain.find(
        (other) => other !== a && !runs.some((run) => [a, other].every((tag) => tagsOf(run).includes(tag))),
      )
      return b === undefined ? [] : [[a, b]]
    })[0]
    if (pair === undefined) throw new NotApplicable('no two tags stand on different runs')
    const page = await pageOf(session, `page[size]=100&filter[tag]=${pair.join(',')}`)
    const found = session.contract.list.runs(page.json)
    const stranger = found.find((run) => !tagsOf(run).some((tag) => pair.includes(tag)))
    if (stranger !== undefined) return `a run with neither of ${pair}: ${tagsOf(stranger)}`
    const missing =
      session.contract.list.next(page.json) === undefined &&
      pair.find((tag) => !found.some((run) => tagsOf(run).includes(tag)))
    if (missing) return `no run tagged ${missing}`
    const unsorted = found
      .map(tagsOf)
      .find((tags) => tags.some((tag, i) => i > 0 && tag.localeCompare(tags[i - 1] ?? '') < 0))
    return unsorted === undefined ? undefined : `tags out of order: ${unsorted}`
  },
}
