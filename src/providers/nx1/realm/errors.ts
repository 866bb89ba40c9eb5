import { ApiError, json, type Reply } from '../../../core/reply.ts'
import type { ApiRequest } from '../../../core/request.ts'
import { REALM } from '../world.ts'
import { errorPage } from './pages.ts'

/** Whether the path belongs to Keycloak rather than to the API. */
export function isRealmPath(path: string): boolean {
  return path === '/realms' || path.startsWith('/realms/')
}

/** Who a client is not, and what a token is not, in Keycloak's words (fidelity/nx1.md §A5). */
export const INVALID_CLIENT = 'Invalid client or Invalid client credentials'
export const INVALID_TOKEN = 'Token verification failed'
export const NOT_ALLOWED = 'Client not allowed.'
export const MISSING_SCOPE = 'Missing openid scope'

/**
 * Keycloak's refusals outside its protocol, as Keycloak 26.7.1 was measured to word them (by a third party), and those of
 * its endpoints for whoever asks in their place.
 */
export const realmErrors = {
  unauthorized({ path }: ApiRequest): Reply {
    if (path.endsWith('/userinfo')) return tokenRefusal(401, 'invalid_token', INVALID_TOKEN)
    return oauthRefusal(401, 'invalid_client', INVALID_CLIENT)
  },
  forbidden({ path }: ApiRequest): Reply {
    if (path.endsWith('/userinfo')) return tokenRefusal(403, 'insufficient_scope', MISSING_SCOPE)
    return oauthRefusal(403, 'invalid_request', NOT_ALLOWED)
  },
  notFound({ path }: ApiRequest): Reply {
    const [, , realm, , protocol] = path.split('/')
    if (!realm) return json(404, { error: 'Unable to find matching target resource method' })
    if (realm !== REALM) return noSuchRealm()
    const speaks = protocol === undefined || ['', 'openid-connect', 'saml'].includes(protocol)
    const unknownProtocol = path.startsWith(`/realms/${REALM}/protocol/`) && !speaks
    return json(404, { error: unknownProtocol ? 'Protocol not found' : 'HTTP 404 Not Found' })
  },
  invalid({ path, method }: ApiRequest): Reply {
    const isForPeople = path.endsWith('/auth') || (path.endsWith('/logout') && method === 'GET')
    return isForPeople ? errorPage('Invalid Request') : json(400, { error: 'invalid_request' })
  },
  rateLimited: (hint: Record<string, string>): Reply =>
    json(429, { error: 'HTTP 429 Too Many Requests' }, hint),
  internal: (): Reply => json(500, { error: 'unknown_error' }),
  unavailable: (): Reply => json(503, { error: 'HTTP 503 Service Unavailable' }),
}

/** What every path of a realm but `rapid` gets. */
export function noSuchRealm(): Reply {
  return json(404, { error: 'Realm does not exist' })
}

/** An OAuth error of the token endpoint and its like, thrown. */
export function refuse(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): never {
  throw new ApiError(oauthRefusal(status, error, description, headers))
}

/** An error of `userinfo`, which says it in its challenge too. */
export function tokenRefusal(status: number, error: string, description: string): Reply {
  const challenge = `Bearer realm="${REALM}", error="${error}", error_description="${description}"`
  return oauthRefusal(status, error, description, { 'www-authenticate': challenge })
}

function oauthRefusal(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): Reply {
  return json(status, { error, error_description: description }, headers)
}
