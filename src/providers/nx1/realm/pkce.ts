import { createHash } from 'node:crypto'

/** 43 to 128 of RFC 7636's unreserved characters: what a challenge and a verifier have to be. */
const WELL_FORMED = /^[0-9a-zA-Z\-.~_]{43,128}$/

/** Why the request's challenge is refused, in Keycloak's words and order, or undefined. */
export function challengeRefusal(
  challenge: string | undefined,
  method: string | undefined,
): string | undefined {
  if (challenge === undefined) return method === undefined ? undefined : 'Missing parameter: code_challenge'
  if (method !== undefined && method !== 'S256' && method !== 'plain')
    return 'Invalid parameter: code_challenge_method'
  return WELL_FORMED.test(challenge) ? undefined : 'Invalid parameter: code_challenge'
}

/** Why the verifier does not answer the challenge, in Keycloak's words and order, or undefined. */
export function verifierRefusal(
  verifier: string | undefined,
  challenge: string | null,
  method: string | null,
): string | undefined {
  if (challenge === null) {
    return verifier === undefined
      ? undefined
      : 'PKCE code verifier specified but challenge not present in authorization'
  }
  if (verifier === undefined) return 'PKCE code verifier not specified'
  if (!WELL_FORMED.test(verifier)) return 'PKCE verification failed: Invalid code verifier'
  // A challenge without a method is plain (RFC 7636 §4.3).
  const answer = method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
  return answer === challenge ? undefined : 'PKCE verification failed: Code mismatch'
}
