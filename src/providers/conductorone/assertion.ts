import { errors, jwtVerify } from 'jose'
import { dateOf } from '../../core/clock.ts'
import { type ApiRequest, hostName } from '../../core/request.ts'
import type { PublicJwk } from './keys.ts'

/** Seconds that an assertion may still have to live: "within five minutes" (fidelity/conductorone.md §1). */
const LONGEST_LIFE = 300
/** Seconds that a client's clock may be ahead of ours before its `nbf` lies in the future. */
const LEEWAY = 30

/**
 * Why a client assertion does not prove that its sender is `clientId`, or undefined when it does. `key` is that
 * client's, `wall` in ms. What is checked, and that the audience is the host name without port, as text or in a list:
 * fidelity/conductorone.md §1.
 */
export async function assertionFault(
  assertion: string,
  clientId: string,
  key: PublicJwk,
  request: ApiRequest,
  wall: number,
): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: ['EdDSA'],
      issuer: clientId,
      subject: clientId,
      audience: audiences(request),
      requiredClaims: ['exp'],
      currentDate: dateOf(wall),
      clockTolerance: LEEWAY,
    })
    const life = (payload.exp ?? 0) - Math.floor(wall / 1000)
    if (life <= 0) return 'it has expired'
    if (life > LONGEST_LIFE) return 'it expires more than five minutes from now'
    return undefined
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'it has expired'
    if (error instanceof errors.JWTClaimValidationFailed)
      return `its claim ${error.claim} is missing or wrong`
    return 'it is no JWT that this client has signed with EdDSA'
  }
}

/** The names that this server may go by in an assertion: an IPv6 address also without its brackets, as Go has it. */
function audiences(request: ApiRequest): string[] {
  const name = hostName(request.host).toLowerCase()
  return [name, name.replace(/^\[(.*)\]$/, '$1')]
}
