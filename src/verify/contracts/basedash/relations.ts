import { type Expectation, NotApplicable } from '../../contract.ts'
import { at, textAt } from '../../json.ts'
import { idsOn, pageOf, walk } from '../../pages.ts'

const TWENTY = 'limit=20'

/** The pagination that goes with the page: a cursor exactly when there is more, and then the last run's id. */
export const nextIsTheLast: Expectation = {
  says: "hasMore, and nextCursor the last run's id; or neither",
  check(reply, session) {
    const { nextCursor, hasMore } = Object(at(reply.json, 'pagination'))
    const expected = hasMore === true ? idsOn(session, reply).at(-1) : null
    return nextCursor === expected
      ? undefined
      : `hasMore ${hasMore}, nextCursor ${nextCursor}, and the last run is ${idsOn(session, reply).at(-1)}`
  },
}

export const echoesThePath: Expectation = {
  says: "each run: the path's organization and automation",
  check({ json }, session) {
    const other = session.contract.list
      .runs(json)
      .find((run) =>
        ['organizationId', 'automationId'].some((name) => textAt(run, name) !== session.value(name)),
      )
    return other === undefined ? undefined : JSON.stringify(other)
  },
}

export function sameRefusal(path: string): Expectation {
  return {
    says: 'the same body, byte for byte',
    async check({ text }, session) {
      const other = await session.ask({ path })
      return other.text === text ? undefined : `${text}, and there ${other.text}`
    },
  }
}

export const exactlyAPage: Expectation = {
  says: 'a limit of as many as are left: hasMore false, nextCursor null',
  async check(reply, session) {
    const { pages, ended } = await walk(session, TWENTY, reply)
    const last = pages.at(-1)
    if (!ended || last === undefined) throw new NotApplicable('the history is too long to read to its end')
    const count = idsOn(session, last).length
    if (count === 0) throw new NotApplicable('the automation has no runs')
    const cursor = pages.length < 2 ? '' : `&${session.contract.list.next(pages.at(-2)?.json)}`
    const { json } = await pageOf(session, `limit=${count}${cursor}`)
    const { nextCursor, hasMore } = Object(at(json, 'pagination'))
    return hasMore === false && nextCursor === null
      ? undefined
      : `hasMore ${hasMore}, nextCursor ${nextCursor}`
  },
}

export const afterTheOldest: Expectation = {
  says: "with the oldest run's id as cursor: no runs, hasMore false, nextCursor null",
  async check(reply, session) {
    const { pages, ended } = await walk(session, TWENTY, reply)
    const oldest = pages.flatMap((page) => idsOn(session, page)).at(-1)
    if (!ended) throw new NotApplicable('the history is too long to read to its end')
    if (oldest === undefined) throw new NotApplicable('the automation has no runs')
    const { text, json } = await pageOf(session, `cursor=${encodeURIComponent(oldest)}`)
    const { nextCursor, hasMore } = Object(at(json, 'pagination'))
    return session.contract.list.runs(json).length === 0 && hasMore === false && nextCursor === null
      ? undefined
      : text
  },
}
