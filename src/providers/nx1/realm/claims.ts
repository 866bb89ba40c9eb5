import { compactVerify } from 'jose'
import { publicKey } from './key.ts'

/** What is read back of a token's claims; a token minted elsewhere with the well-known key may lack what is optional. */
export interface Claims {
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  readonly auth_time?: number
  readonly sub: string
  readonly typ: string
  readonly azp: string
  readonly sid?: string
  readonly nonce?: string
  readonly scope?: string
  readonly preferred_username?: string
  readonly realm_access?: { readonly roles?: readonly string[] }
  readonly resource_access?: Readonly<Record<string, { readonly roles?: readonly string[] }>>
}

/** The claims of a token that this realm's key signed, whatever its age, or undefined. */
export async function readToken(token: string): Promise<Claims | undefined> {
  // Most requests bring a key and no token, and to be told so by an error takes longer than all the rest.
  if (!token.includes('.')) return undefined
  try {
    const { payload } = await compactVerify(token, publicKey, { algorithms: ['RS256'] })
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    return isClaims(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function isClaims(value: unknown): value is Claims {
  if (typeof value !== 'object' || value === null) return false
  const claims: Record<string, unknown> = { ...value }
  const areIfPresent = (type: string, names: readonly string[]): boolean =>
    names.every((name) => claims[name] === undefined || typeof claims[name] === type)
  return (
    ['sub', 'typ', 'azp'].every((name) => typeof claims[name] === 'string') &&
    areIfPresent('string', ['sid', 'nonce', 'scope', 'preferred_username']) &&
    areIfPresent('number', ['exp', 'nbf', 'iat', 'auth_time'])
  )
}

/** Whether the token's time has come and is not over at `wall` (ms). */
export function isActive({ exp = Infinity, nbf = -Infinity }: Claims, wall: number): boolean {
  return nbf <= wall / 1000 && wall / 1000 < exp
}
