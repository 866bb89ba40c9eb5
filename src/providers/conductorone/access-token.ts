import { decodeJwt, jwtVerify } from 'jose'
import { dateOf } from '../../core/clock.ts'
import type { Caller, Keyring, SecurityScheme } from '../../core/provider.ts'
import { readClientId } from './client-id.ts'
import type { Grant } from './credentials.ts'
import { signJwt } from './keys.ts'

/**
 * Seconds that a minted token lives. The vendor's docs print 600 and 3600; its TypeScript SDK keeps a token for 3600
 * whatever it is told, and with 600 would be refused from minute 10 on (fidelity/conductorone.md §1).
 */
export const LIFETIME = 3600

/** A token for the client that calls itself `clientId`. `wall` in ms; `id` makes it unlike any other. */
export function mint(clientId: string, grant: Grant, wall: number, id: string): string {
  const now = Math.floor(wall / 1000)
  return signJwt({ sub: clientId, iat: now, exp: now + LIFETIME, jti: id }, grant.tokenKey)
}

/** Both schemes of the document: what `oauth` obtains is shown as `bearerAuth` shows it. */
export const bearer: SecurityScheme<Grant> = {
  authenticate(request, keys, wall) {
    const [, token] = /^bearer +(\S+) *$/i.exec(request.header('authorization') ?? '') ?? []
    if (token === undefined) return undefined
    const owner = keys.find(token)
    // The keyring also knows clients by name, and a name is no token. The caller is the client, however it came in.
    if (owner?.grant.bearer === token) return { ...owner, name: owner.grant.clientName }
    return minted(token, keys, wall)
  },
}

/** The client that a minted token belongs to: it names its client, whose sandbox has the key to it. */
async function minted(token: string, keys: Keyring<Grant>, wall: number): Promise<Caller<Grant> | undefined> {
  const client = findClient(subject(token), keys)
  if (client === undefined) return undefined
  const checks = { algorithms: ['EdDSA'], requiredClaims: ['exp'], currentDate: dateOf(wall) }
  const valid = await jwtVerify(token, client.grant.tokenVerifyKey, checks).then(
    () => true,
    () => false,
  )
  return valid ? client : undefined
}

function subject(token: string): string {
  try {
    const { sub }: { sub?: unknown } = decodeJwt(token)
    return typeof sub === 'string' ? sub : ''
  } catch {
    return ''
  }
}

/** The client whose id this is, at whatever host. */
export function findClient(id: string, keys: Keyring<Grant>): Caller<Grant> | undefined {
  const { name } = readClientId(id) ?? {}
  const client = name === undefined ? undefined : keys.find(name)
  return client?.grant.clientName === name ? client : undefined
}
