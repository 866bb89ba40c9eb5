import type { ActionContext } from '../../../core/provider.ts'
import { firstValues, repeatedNames } from '../../../core/query.ts'
import { json, type Reply } from '../../../core/reply.ts'
import type { Grant, World } from '../world.ts'
import { userOf } from './authorize.ts'
import { type Claims, isActive, readToken } from './claims.ts'
import { authenticateClient, type KnownClient } from './clients.ts'
import { codeParts, takeCode } from './codes.ts'
import { refuse } from './errors.ts'
import { verifierRefusal } from './pkce.ts'
import { grantedScope, SCOPES, scopeNames } from './scopes.ts'
import { endSession, hasEnded } from './sessions.ts'
import { freshUuid, type Login, serviceTokenResponse, tokenResponse } from './tokens.ts'

type Form = ReadonlyMap<string, string>
type GrantType = (context: ActionContext<World, Grant>, form: Form, client: KnownClient) => Promise<unknown>

/** `POST …/token`, with Keycloak's checks in Keycloak's order (fidelity/nx1.md §A5). */
export async function token(context: ActionContext<World, Grant>): Promise<Reply> {
  const { request, keys } = context
  const form = firstValues(request.body)
  const grantType = form.get('grant_type')
  if (grantType === undefined) refuse(400, 'invalid_request', 'Missing form parameter: grant_type')
  const grant = GRANT_TYPES.get(grantType)
  if (grant === undefined) refuse(400, 'unsupported_grant_type', 'Unsupported grant_type')
  const client = authenticateClient(request, form, keys)
  if (repeatedNames(request.body).length > 0) refuse(400, 'invalid_request', 'duplicated parameter')
  return json(200, await grant(context, form, client))
}

const GRANT_TYPES: ReadonlyMap<string, GrantType> = new Map([
  ['authorization_code', exchangeCode],
  ['refresh_token', refresh],
  ['password', directGrant],
  ['client_credentials', serviceAccount],
])

async function exchangeCode(
  context: ActionContext<World, Grant>,
  form: Form,
  known: KnownClient,
): Promise<unknown> {
  const { wall } = context
  const state = context.state(known.sandbox)
  const code = form.get('code')
  if (code === undefined) refuse(400, 'invalid_request', 'Missing parameter: code')
  const parts = codeParts(code)
  if (parts === undefined) refuse(400, 'invalid_grant', 'Code not valid')
  const data = await takeCode(state, parts)
  if (data === undefined) {
    // A code that comes twice may have been stolen: whoever came first loses the session.
    await endSession(state, parts.sessionId, wall)
    refuse(400, 'invalid_grant', 'Code not valid')
  }
  if (wall > data.expiresAt) refuse(400, 'invalid_grant', 'Code is expired')
  const user = context.world(known.sandbox).users.find(({ username }) => username === data.username)
  if (user === undefined || (await hasEnded(state, parts.sessionId))) {
    refuse(400, 'invalid_grant', 'User session not found')
  }
  if (form.get('redirect_uri') !== data.redirectUri) refuse(400, 'invalid_grant', 'Incorrect redirect_uri')
  if (known.client.clientId !== data.clientId) {
    refuse(400, 'invalid_grant', 'Auth error: Found different client_id in clientSession')
  }
  const unverified = verifierRefusal(form.get('code_verifier'), data.challenge, data.method)
  if (unverified !== undefined) refuse(400, 'invalid_grant', unverified)
  const { authTime, scope } = data
  const { client } = known
  return tokenResponse(
    { user, client, sessionId: parts.sessionId, authTime, scope, nonce: data.nonce ?? undefined },
    context,
  )
}

/** Refresh tokens can be used again until they expire: Keycloak revokes used ones only where a realm asks for it. */
async function refresh(
  context: ActionContext<World, Grant>,
  form: Form,
  known: KnownClient,
): Promise<unknown> {
  const text = form.get('refresh_token')
  if (text === undefined) refuse(400, 'invalid_request', 'No refresh token')
  return tokenResponse(await loginOf(text, context, known), context)
}

/** The login that a refresh token continues. */
async function loginOf(
  text: string,
  context: ActionContext<World, Grant>,
  known: KnownClient,
): Promise<Login> {
  const claims = await readRefreshToken(text)
  if (!isActive(claims, context.wall)) refuse(400, 'invalid_grant', 'Token is not active')
  if (await hasEnded(context.state(known.sandbox), claims.sid))
    refuse(400, 'invalid_grant', 'Session not active')
  const user = context.world(known.sandbox).users.find(({ sub }) => sub === claims.sub)
  if (claims.azp !== known.client.clientId) {
    refuse(400, 'invalid_grant', "Invalid refresh token. Token client and authorized client don't match")
  }
  if (user === undefined || claims.sid === undefined) refuse(400, 'invalid_grant', 'Invalid refresh token')
  return {
    user,
    client: known.client,
    sessionId: claims.sid,
    authTime: claims.auth_time ?? claims.iat ?? 0,
    scope: claims.scope ?? grantedScope(undefined),
    nonce: claims.nonce,
  }
}

/** The claims of a refresh token that this realm signed, whatever its age; refuses anything else. */
export async function readRefreshToken(text: string): Promise<Claims> {
  const claims = await readToken(text)
  if (claims === undefined || !['Refresh', 'Offline'].includes(claims.typ)) {
    refuse(400, 'invalid_grant', 'Invalid refresh token')
  }
  return claims
}

async function directGrant(
  context: ActionContext<World, Grant>,
  form: Form,
  known: KnownClient,
): Promise<unknown> {
  const username = form.get('username')
  if (username === undefined) refuse(401, 'invalid_request', 'Missing parameter: username')
  const user = userOf(context.world(known.sandbox).users, username, form.get('password') ?? '')
  if (user === undefined) refuse(401, 'invalid_grant', 'Invalid user credentials')
  const scope = validScope(form)
  const authTime = Math.floor(context.wall / 1000)
  return tokenResponse(
    { user, client: known.client, sessionId: freshUuid(context.nonce), authTime, scope },
    context,
  )
}

async function serviceAccount(
  context: ActionContext<World, Grant>,
  form: Form,
  known: KnownClient,
): Promise<unknown> {
  if (known.client.secret === null) {
    refuse(401, 'unauthorized_client', 'Public client not allowed to retrieve service account')
  }
  return serviceTokenResponse(known.client, validScope(form), context)
}

function validScope(form: Form): string {
  const scope = form.get('scope')
  if (!scopeNames(scope).every((name) => SCOPES.includes(name))) {
    refuse(400, 'invalid_scope', `Invalid scopes: ${scope}`)
  }
  return grantedScope(scope)
}
