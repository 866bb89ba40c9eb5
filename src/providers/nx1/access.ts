import type { Caller, Keyring, SecurityScheme } from '../../core/provider.ts'
import type { ApiRequest } from '../../core/request.ts'
import type { State } from '../../core/state.ts'
import { isActive, readToken } from './realm/claims.ts'
import { hasEnded } from './realm/sessions.ts'
import type { Grant } from './world.ts'

/** The roles that make a caller an admin; the vendor's own name for it is not public (fidelity/nx1.md §A5). */
const ADMIN_ROLES = ['admin', 'nx1_admin']

/**
 * The document's two schemes. Either one suffices, as its `security` says: a bad bearer token beside a good key is no
 * refusal (which the service does is unknown, fidelity/nx1.md §A3).
 */
export const security: Readonly<Record<string, SecurityScheme<Grant>>> = {
  OAuth2AuthorizationCodeBearer: {
    authenticate(request, keys, wall, state) {
      const token = bearerToken(request)
      return token === undefined ? undefined : reader(token, keys, wall, state)
    },
  },
  APIKeyHeader: {
    authenticate(request, keys) {
      const caller = keys.find(preSharedKey(request) ?? '')
      return caller?.grant.kind === 'reader' ? caller : undefined
    },
  },
}

/** Who reads by an access token of the realm. */
async function reader(
  token: string,
  keys: Keyring<Grant>,
  wall: number,
  state: (sandbox: string) => State,
): Promise<Caller<Grant> | undefined> {
  const claims = await readToken(token)
  if (claims?.typ !== 'Bearer' || !isActive(claims, wall)) return undefined
  // Whatever host the token was issued under: its client says which sandbox it belongs to.
  const caller = keys.find(claims.azp)
  if (caller?.grant.kind !== 'client') return undefined
  if (await hasEnded(state(caller.sandbox), claims.sid)) return undefined
  const roles = [claims.realm_access, ...Object.values(claims.resource_access ?? {})].flatMap(
    (access) => access?.roles ?? [],
  )
  const admin = roles.some((role) => ADMIN_ROLES.includes(role))
  return { ...caller, grant: { kind: 'reader', owner: claims.preferred_username ?? claims.sub, admin } }
}

/** The bearer token, read as FastAPI's `OAuth2AuthorizationCodeBearer` reads it; undefined for none or an empty one. */
export function bearerToken(request: ApiRequest): string | undefined {
  const [, scheme, token] = /^([^ ]*) *(.*)$/s.exec(request.header('authorization') ?? '') ?? []
  return scheme?.toLowerCase() === 'bearer' ? token?.trim() || undefined : undefined
}

/** The pre-shared key; undefined for none or an empty one, which FastAPI does not tell apart. */
export function preSharedKey(request: ApiRequest): string | undefined {
  return request.header('authorization-psk') || undefined
}
