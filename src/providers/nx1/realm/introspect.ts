import type { ActionContext } from '../../../core/provider.ts'
import { firstValues } from '../../../core/query.ts'
import { json, type Reply } from '../../../core/reply.ts'
import type { Grant, World } from '../world.ts'
import { isActive, readToken } from './claims.ts'
import { authenticateClient, findClient } from './clients.ts'
import { NOT_ALLOWED, refuse } from './errors.ts'
import { hasEnded } from './sessions.ts'

/** `POST …/token/introspect`, for clients that have a secret (Keycloak's TokenIntrospectionEndpoint). */
export async function introspect(context: ActionContext<World, Grant>): Promise<Reply> {
  const { request, keys, wall } = context
  const form = firstValues(request.body)
  const asking = authenticateClient(request, form, keys)
  if (asking.client.secret === null) refuse(403, 'invalid_request', NOT_ALLOWED)
  const text = form.get('token')
  if (text === undefined) refuse(400, 'invalid_request', 'Token not provided.')
  const claims = await readToken(text)
  if (claims === undefined || !isActive(claims, wall)) return json(200, { active: false })
  const known = findClient(keys, claims.azp)
  // All sandboxes share the realm's key: a token of another one is none here.
  const isOurs = known?.sandbox === asking.sandbox
  const active = isOurs && !(await hasEnded(context.state(asking.sandbox), claims.sid))
  if (!active) return json(200, { active: false })
  return json(200, {
    ...claims,
    client_id: claims.azp,
    username: claims.preferred_username,
    token_type: claims.typ,
    active,
  })
}
