import { isDeepStrictEqual } from 'node:util'
import { type Account, Departure, type Expectation, NotApplicable } from '../../contract.ts'
import { at, textAt } from '../../json.ts'
import { pageOf } from '../../pages.ts'
import type { Ask } from '../../request.ts'
import type { Session } from '../../session.ts'

/** What the token endpoint is asked, credentials in the body (fidelity/conductorone.md §1). */
export function tokenRequest(form: Readonly<Record<string, string>>): Ask {
  return {
    method: 'POST',
    as: 'nobody',
    path: '/auth/v1/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  }
}

/** A token minted with the client's secret, once. */
export const minted: Account = async (session) => {
  const reply = await session.ask(secretRequest(session))
  const token = textAt(reply.json, 'access_token')
  if (token === undefined)
    throw new Departure(`${reply.request}: no token for the other cases, status ${reply.status}`)
  return { authorization: `Bearer ${session.secret(token)}` }
}

export function secretRequest(session: Session): Ask {
  return tokenRequest({
    grant_type: 'client_credentials',
    client_id: session.value('clientId'),
    client_secret: session.value('clientSecret'),
  })
}

export const isTheNewest: Expectation = {
  says: 'run: the first of the list',
  async check(reply, session) {
    const page = await pageOf(session, '')
    const [first] = session.contract.list.runs(page.json)
    if (first === undefined) throw new NotApplicable('the tenant has no runs')
    const run = at(reply.json, 'run')
    // Between the two replies a run may go on.
    const moved = at(run, 'id') === at(first, 'id') && at(run, 'updatedAt') !== at(first, 'updatedAt')
    return moved || isDeepStrictEqual(run, first)
      ? undefined
      : `${JSON.stringify(run)}, and the list begins ${JSON.stringify(first)}`
  },
}

/** Of a tenant without runs: an empty list, and this for its latest run. */
export function emptyLatest(expected: Readonly<Record<'spec' | 'live', unknown>>): Expectation {
  return {
    says: 'an empty list, and no latest run',
    async check(reply, session) {
      if (session.contract.list.runs(reply.json).length > 0) throw new NotApplicable('the tenant has runs')
      if (!isDeepStrictEqual(reply.json, { list: [], nextPageToken: '' })) return reply.text
      const latest = await session.ask({ path: '/api/v1/role-mining/runs/latest' })
      return isDeepStrictEqual(latest.json, expected[session.fidelity])
        ? undefined
        : `the latest run: ${latest.text}`
    },
  }
}

/** Where the reply has a trace id, its message ends with it (fidelity/conductorone.md §0.4). */
export const traced: Expectation = {
  says: 'a message that ends with (request-id: <c1-trace-id>) where there is that header',
  check({ headers, json }) {
    const id = headers['c1-trace-id']
    const message = textAt(json, 'message') ?? ''
    return id === undefined || message.endsWith(` (request-id: ${id})`)
      ? undefined
      : `${message}, and c1-trace-id: ${id}`
  },
}
