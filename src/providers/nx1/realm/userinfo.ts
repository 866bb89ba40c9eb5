import type { ActionContext } from '../../../core/provider.ts'
import { firstValues } from '../../../core/query.ts'
import { json, type Reply } from '../../../core/reply.ts'
import { bearerToken } from '../access.ts'
import { type Grant, REALM, type World } from '../world.ts'
import { isActive, readToken } from './claims.ts'
import { findClient } from './clients.ts'
import { refuse } from './errors.ts'
import { scopeNames } from './scopes.ts'
import { hasEnded } from './sessions.ts'
import { profile } from './tokens.ts'

/** `GET` and `POST …/userinfo`: who the access token's user is (Keycloak's UserInfoEndpoint). */
export async function userinfo(context: ActionContext<World, Grant>): Promise<Reply> {
  const { request, keys, wall } = context
  const text = bearerToken(request) ?? firstValues(request.body).get('access_token')
  if (text === undefined) refuseToken(401, 'invalid_request', 'Token not provided')
  const claims = await readToken(text)
  if (claims?.typ !== 'Bearer' || !isActive(claims, wall)) {
    refuseToken(401, 'invalid_token', 'Token verification failed')
  }
  if (!scopeNames(claims.scope).includes('openid'))
    refuseToken(403, 'insufficient_scope', 'Missing openid scope')
  const known = await findClient(keys, claims.azp)
  if (known === undefined) refuseToken(401, 'invalid_token', 'Client not found')
  const user = context.world(known.sandbox).users.find(({ sub }) => sub === claims.sub)
  if (user === undefined || (await hasEnded(context.state(known.sandbox), claims.sid))) {
    refuseToken(401, 'invalid_token', "User session not found or doesn't have client attached on it")
  }
  return json(200, { sub: user.sub, ...profile(user) }, { 'cache-control': 'no-cache' })
}

function refuseToken(status: number, error: string, description: string): never {
  const challenge = `Bearer realm="${REALM}", error="${error}", error_description="${description}"`
  refuse(status, error, description, { 'www-authenticate': challenge })
}
