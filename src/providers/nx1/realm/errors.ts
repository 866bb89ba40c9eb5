import { ApiError, json, type Reply } from '../../../core/reply.ts'
import type { ApiRequest } from '../../../core/request.ts'
import { REALM } from '../world.ts'

/** Whether the path belongs to Keycloak rather than to the API. */
export function isRealmPath(path: string): boolean {
  return path === '/realms' || path.startsWith('/realms/')
}

/** Keycloak's refusals outside its protocol, as Keycloak 26.7.1 was measured to word them (by a third party). */
export const realmErrors = {
  notFound({ path }: ApiRequest): Reply {
    const [, , realm, , protocol] = path.split('/')
    if (!realm) return json(404, { error: 'Unable to find matching target resource method' })
    if (realm !== REALM) return noSuchRealm()
    const speaks = protocol === undefined || ['', 'openid-connect', 'saml'].includes(protocol)
    const unknownProtocol = path.startsWith(`/realms/${REALM}/protocol/`) && !speaks
    return json(404, { error: unknownProtocol ? 'Protocol not found' : 'HTTP 404 Not Found' })
  },
  invalid: (): Reply => json(400, { error: 'invalid_request' }),
  internal: (): Reply => json(500, { error: 'unknown_error' }),
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
  throw new ApiError(json(status, { error, error_description: description }, headers))
}
