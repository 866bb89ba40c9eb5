import { createHash } from 'node:crypto'
import { randomHex } from '../../../core/nonce.ts'
import { Departure, type Expectation } from '../../contract.ts'
import { textAt } from '../../json.ts'
import type { Ask, Received } from '../../request.ts'
import type { Session } from '../../session.ts'

const REALM = '/protocol/openid-connect'

/** PKCE's verifier, a fresh one in each process, and its challenge (RFC 7636 §4). */
const VERIFIER = randomHex(32)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** The realm's path for one of its endpoints; nothing is asked of a realm that is elsewhere. */
export function realmPath(session: Session, endpoint: string): string {
  return session.pathOn(`${session.value('issuer')}${REALM}${endpoint}`)
}

/** A form to the realm's token endpoint. */
export function tokenForm(session: Session, form: Readonly<Record<string, string>>): Ask {
  return {
    method: 'POST',
    as: 'nobody',
    path: realmPath(session, '/token'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  }
}

/** What sends a browser to the realm's login page. */
export function loginPage(session: Session): Ask {
  const query = new URLSearchParams({
    client_id: session.value('clientId'),
    response_type: 'code',
    redirect_uri: session.value('redirectUri'),
    scope: 'openid',
    state: 'runyard',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  return { as: 'nobody', path: realmPath(session, '/auth'), query: query.toString() }
}

/** Signs the user in on the page that came, as a browser would, and takes the code back. */
async function codeFrom(page: Received, session: Session): Promise<string> {
  const [, action] = /<form[^>]*\bid="kc-form-login"[^>]*\baction="([^"]+)"/.exec(page.text) ?? []
  const [, before] = /<form[^>]*\baction="([^"]+)"[^>]*\bid="kc-form-login"/.exec(page.text) ?? []
  const target = (action ?? before)?.replaceAll('&amp;', '&')
  if (target === undefined) throw new Departure('no form kc-form-login on the login page')
  const url = new URL(target, session.value('issuer'))
  // Set-Cookie headers are joined with commas, which a date in one may hold too: names are enough.
  const cookies = [...(page.headers['set-cookie'] ?? '').matchAll(/(?:^|, )([\w.-]+=[^;,]*)/g)].map(
    ([, pair]) => pair,
  )
  const back = await session.ask({
    method: 'POST',
    as: 'nobody',
    path: session.pathOn(`${url.origin}${url.pathname}`),
    query: url.search.slice(1),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
    },
    body: new URLSearchParams({
      username: session.value('username'),
      password: session.value('password'),
    }).toString(),
  })
  const { location = '' } = back.headers
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : null
  if (code === null)
    throw new Departure(`${back.request}: status ${back.status}, and no code in location: ${location}`)
  return session.secret(code)
}

/** From the login page: a code for a token, a token for the list, and nothing for the same code again. */
export const codeWorksOnce: Expectation = {
  says: 'a code for a token that opens the list; the same code again: 400 invalid_grant, Code not valid',
  async check(page, session) {
    const exchange = tokenForm(session, {
      grant_type: 'authorization_code',
      client_id: session.value('clientId'),
      redirect_uri: session.value('redirectUri'),
      code: await codeFrom(page, session),
      code_verifier: VERIFIER,
    })
    const { json, status, request } = await session.ask(exchange)
    const token = textAt(json, 'access_token')
    if (token === undefined) return `${request}: status ${status}, no token`
    for (const name of ['access_token', 'refresh_token', 'id_token']) session.secret(textAt(json, name) ?? '')
    const list = await session.ask({ as: 'nobody', headers: { authorization: `Bearer ${token}` } })
    if (list.status !== 200) return `status ${list.status} for the list`
    const again = await session.ask(exchange)
    return again.status === 400 && textAt(again.json, 'error_description') === 'Code not valid'
      ? undefined
      : `again: status ${again.status}`
  },
}
