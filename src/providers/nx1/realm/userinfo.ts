import type { ActionContext } from '../../../core/provider.ts'
import { firstValues } from '../../../core/query.ts'
import { ApiError, json, type Reply } from '../../../core/reply.ts'
import { bearerToken } from '../access.ts'
import type { Grant, World } from '../world.ts'
import { isActive, readToken } from './claims.ts'
import { findClient } from './clients.ts'
import { INVALID_TOKEN, MISSING_SCOPE, tokenRefusal } from './errors.ts'
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
    refuseToken(401, 'invalid_token', INVALID_TOKEN)
  }
  if (!scopeNames(claims.scope).includes('openid')) refuseToken(403, 'insufficient_scope', MISSING_SCOPE)
  const known = findClient(keys, claims.azp)
  if (known === undefined) refuseToken(401, 'invalid_token', 'Client not found')
  const user = context.world(known.sandbox).users.find(({ sub }) => sub === claims.sub)
  if (user === undefined || (await hasEnded(context.state(known.sandbox), claims.sid))) {
    refuseToken(401, 'invalid_token', "User session not found or doesn't have client attached on it")
  }
  return json(200, { sub: user.sub, ...profile(user) }, { 'cache-control': 'no-cache' })
}

function refuseToken(status: number, error: string, description: string): never {
  throw new ApiError(tokenRefusal(status, error, description))
}
