import { CompactSign } from 'jose'
import { type ApiRequest, baseUrl } from '../../../core/request.ts'
import { type Client, REALM, type User } from '../world.ts'
import { KEY_ID, privateKey } from './key.ts'
import { scopeNames } from './scopes.ts'

/** Lifetimes in seconds: Keycloak's defaults, but for service accounts, whose 600 the vendor shows (fidelity/nx1.md §A5). */
const LIFETIME = { access: 300, refresh: 1800, session: 36_000, service: 600 }

/** A login, as its tokens carry it. */
export interface Login {
  readonly user: User
  readonly client: Client
  readonly sessionId: string
  /** When the user logged in, in seconds. */
  readonly authTime: number
  /** The granted scope: names separated by spaces. */
  readonly scope: string
  readonly nonce?: string | undefined
}

/** What minting needs beside the login. */
export interface Mint {
  readonly request: ApiRequest
  /** The wall clock in ms. */
  readonly wall: number
  readonly nonce: (bytes: number) => string
}

/** The realm's issuer, under the name by which this client reached it. */
export function issuer(request: ApiRequest): string {
  return `${baseUrl(request)}/realms/${REALM}`
}

/** The token endpoint's answer for a login (fidelity/nx1.md §A5). */
export async function tokenResponse(login: Login, mint: Mint): Promise<Record<string, unknown>> {
  const offline = scopeNames(login.scope).includes('offline_access')
  const now = Math.floor(mint.wall / 1000)
  // A refresh never outlives the session.
  const refreshFor = Math.max(0, Math.min(LIFETIME.refresh, login.authTime + LIFETIME.session - now))
  return {
    access_token: await sign(accessClaims(login, mint)),
    expires_in: LIFETIME.access,
    refresh_expires_in: offline ? 0 : refreshFor,
    refresh_token: await sign(refreshClaims(login, mint, offline ? undefined : now + refreshFor)),
    token_type: 'Bearer',
    ...(scopeNames(login.scope).includes('openid') && { id_token: await sign(idClaims(login, mint)) }),
    'not-before-policy': 0,
    session_state: login.sessionId,
    scope: login.scope,
  }
}

/** The token endpoint's answer for a client's own account, which has no session and nothing to refresh. */
export async function serviceTokenResponse(
  client: Client,
  scope: string,
  mint: Mint,
): Promise<Record<string, unknown>> {
  const username = `service-account-${client.clientId}`
  const access = {
    ...lifetime(mint, LIFETIME.service),
    iss: issuer(mint.request),
    aud: 'account',
    sub: client.uuid,
    typ: 'Bearer',
    azp: client.clientId,
    acr: '1',
    ...roles(client, false),
    scope,
    email_verified: false,
    preferred_username: username,
    client_id: client.clientId,
  }
  return {
    access_token: await sign(access),
    expires_in: LIFETIME.service,
    refresh_expires_in: 0,
    token_type: 'Bearer',
    'not-before-policy': 0,
    scope,
  }
}

/** What the realm tells about a user, in tokens and at `userinfo`. */
export function profile(user: User): Record<string, unknown> {
  return {
    email_verified: true,
    name: `${user.givenName} ${user.familyName}`,
    preferred_username: user.username,
    given_name: user.givenName,
    family_name: user.familyName,
    email: user.email,
  }
}

function accessClaims(login: Login, mint: Mint): Record<string, unknown> {
  const { user, client, sessionId, authTime, scope } = login
  const { exp, iat, jti } = lifetime(mint, LIFETIME.access)
  return {
    exp,
    iat,
    auth_time: authTime,
    jti,
    iss: issuer(mint.request),
    aud: 'account',
    sub: user.sub,
    typ: 'Bearer',
    azp: client.clientId,
    session_state: sessionId,
    sid: sessionId,
    acr: '1',
    'allowed-origins': ['*'],
    ...roles(client, user.admin),
    scope,
    ...profile(user),
  }
}

function refreshClaims(
  { user, client, sessionId, authTime, scope, nonce }: Login,
  mint: Mint,
  exp: number | undefined,
) {
  const { iat, jti } = lifetime(mint, 0)
  return {
    ...(exp !== undefined && { exp }),
    iat,
    auth_time: authTime,
    jti,
    iss: issuer(mint.request),
    aud: issuer(mint.request),
    sub: user.sub,
    typ: exp === undefined ? 'Offline' : 'Refresh',
    azp: client.clientId,
    ...(nonce !== undefined && { nonce }),
    session_state: sessionId,
    sid: sessionId,
    scope,
  }
}

function idClaims({ user, client, sessionId, authTime, nonce }: Login, mint: Mint): Record<string, unknown> {
  const { exp, iat, jti } = lifetime(mint, LIFETIME.access)
  return {
    exp,
    iat,
    auth_time: authTime,
    jti,
    iss: issuer(mint.request),
    aud: client.clientId,
    sub: user.sub,
    typ: 'ID',
    azp: client.clientId,
    ...(nonce !== undefined && { nonce }),
    session_state: sessionId,
    sid: sessionId,
    acr: '1',
    ...profile(user),
  }
}

function lifetime({ wall, nonce }: Mint, seconds: number): { exp: number; iat: number; jti: string } {
  const iat = Math.floor(wall / 1000)
  return { exp: iat + seconds, iat, jti: freshUuid(nonce) }
}

function roles(client: Client, admin: boolean): Record<string, unknown> {
  return {
    realm_access: {
      roles: [`default-roles-${REALM}`, 'offline_access', 'uma_authorization', ...(admin ? ['admin'] : [])],
    },
    resource_access: {
      [client.clientId]: { roles: [] },
      account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] },
    },
  }
}

function sign(claims: Record<string, unknown>): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
    .sign(privateKey)
}

/** A fresh v4 UUID. */
export function freshUuid(nonce: (bytes: number) => string): string {
  const hex = nonce(16)
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
