import type { ActionContext } from '../../../core/provider.ts'
import { firstValues } from '../../../core/query.ts'
import type { Reply } from '../../../core/reply.ts'
import type { Grant, World } from '../world.ts'
import { readToken } from './claims.ts'
import { authenticateClient, findClient } from './clients.ts'
import { refuse } from './errors.ts'
import { errorPage, loggedOutPage } from './pages.ts'
import { allowedRedirect, sendBack } from './redirect.ts'
import { endSession } from './sessions.ts'
import { readRefreshToken } from './token.ts'

/** `GET …/logout`: a browser sent here by its client (OpenID Connect RP-Initiated Logout). */
export function logOutBrowser(context: ActionContext<World, Grant>): Promise<Reply> {
  return logOutBy(context, firstValues(context.request.search))
}

/** `POST …/logout`: a client that gives its refresh token up, or the browser's logout sent as a form. */
export async function logOut(context: ActionContext<World, Grant>): Promise<Reply> {
  const { request, keys, wall } = context
  const form = firstValues(request.body)
  const text = form.get('refresh_token')
  if (text === undefined) return logOutBy(context, form)
  const known = authenticateClient(request, form, keys)
  const claims = await readRefreshToken(text)
  if (claims.azp !== known.client.clientId) {
    refuse(400, 'invalid_grant', "Invalid refresh token. Token client and authorized client don't match")
  }
  if (claims.sid !== undefined) await endSession(context.state(known.sandbox), claims.sid, wall)
  return { status: 204, headers: {} }
}

async function logOutBy(
  context: ActionContext<World, Grant>,
  params: ReadonlyMap<string, string>,
): Promise<Reply> {
  const { request, keys, wall } = context
  const hint = params.get('id_token_hint')
  const after = params.get('post_logout_redirect_uri')
  const named = params.get('client_id')
  if (after !== undefined && hint === undefined && named === undefined) {
    return errorPage('Missing parameters: id_token_hint')
  }
  // A hint says who is to be logged out, which an expired ID token says as well.
  const claims = hint === undefined ? undefined : await readToken(hint)
  if (hint !== undefined && claims?.typ !== 'ID') return errorPage('Invalid parameter: id_token_hint')
  if (claims !== undefined && named !== undefined && named !== claims.azp) {
    return errorPage('Invalid parameter: client_id')
  }
  const clientId = claims?.azp ?? named
  const known = clientId === undefined ? undefined : findClient(keys, clientId)
  if (clientId !== undefined && known === undefined) return errorPage('Client not found.')
  const redirect = allowedRedirect(after, request)
  if (after !== undefined && redirect === undefined) return errorPage('Invalid redirect uri')

  if (known !== undefined && claims?.sid !== undefined)
    await endSession(context.state(known.sandbox), claims.sid, wall)
  if (redirect === undefined) return loggedOutPage()
  const state = params.get('state')
  return state === undefined
    ? { status: 302, headers: { location: redirect } }
    : sendBack(redirect, 'query', [['state', state]])
}
