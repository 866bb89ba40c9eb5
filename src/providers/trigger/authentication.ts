import { decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { dateOf } from '../../core/clock.ts'
import type { Caller, Keyring, SecurityScheme } from '../../core/provider.ts'
import { ApiError } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import type { Grant } from './credentials.ts'
import { unauthorized } from './replies.ts'
import type { Environment } from './world.ts'

/** The document's `secretKey` scheme: a secret key or a public token, with `Bearer ` before it or bare (§1.1). */
export const secretKey: SecurityScheme<Grant> = {
  authenticate(request, keys, wall) {
    const credential = request.header('authorization')?.replace(/^Bearer /, '')
    if (!credential) return undefined
    const claims = publicClaims(credential)
    if (claims !== undefined) return bearer(credential, claims, keys, wall)
    return holder(credential, keys, request)
  },
}

/** The holder of a secret key. */
function holder(key: string, keys: Keyring<Grant>, request: ApiRequest): Caller<Grant> {
  const found = keys.find(key)
  // Environments are found by their ids too, and those are no secret.
  if (found === undefined || found.grant.secretKey !== key) refuse('Invalid API key')
  const environment = chosenBranch(found.grant, branchName(request.header('x-trigger-branch') ?? ''))
  return { ...found, grant: { ...found.grant, environment } }
}

/** The environment that a branch header chooses: needed for preview, possible for dev (fidelity/trigger.md §1.4). */
function chosenBranch({ environment, branches }: Grant, name: string | undefined): Environment {
  const { kind } = environment
  if (kind === 'staging' || kind === 'prod') return environment
  if (kind === 'dev' && (name === undefined || name === 'default')) return environment
  if (name === undefined) refuse('x-trigger-branch header required for preview env')
  return branches.find(({ branch }) => branch === name) ?? refuse('No matching branch env')
}

const REF = /^refs\/(?:heads|remotes|tags|pull|merge|release)\//

/** The branch that the header names, or undefined when it names none. */
function branchName(header: string): string | undefined {
  const name = header.replace(REF, '')
  return name === '' || name.startsWith('refs/') ? undefined : name
}

/** The holder of a public token: signed with the key of the environment that it names (fidelity/trigger.md §1.1). */
async function bearer(
  token: string,
  claims: JWTPayload,
  keys: Keyring<Grant>,
  wall: number,
): Promise<Caller<Grant>> {
  const found = typeof claims.sub === 'string' ? keys.find(claims.sub) : undefined
  if (found === undefined || found.grant.environment.id !== claims.sub) refuse('Invalid Public Access Token')
  try {
    await jwtVerify(token, new TextEncoder().encode(found.grant.secretKey), {
      algorithms: ['HS256'],
      issuer: 'https://id.trigger.dev',
      audience: 'https://api.trigger.dev',
      currentDate: dateOf(wall),
    })
  } catch {
    refuse('Public Access Token is invalid')
  }
  return { ...found, grant: { ...found.grant, scopes: scopesOf(claims) } }
}

/** The claims of what calls itself a public token, not yet verified; undefined for anything else. */
function publicClaims(credential: string): JWTPayload | undefined {
  // Most credentials are keys, and to be told so by an error takes longer than all the rest.
  if (!credential.includes('.')) return undefined
  try {
    const claims = decodeJwt(credential)
    return claims.pub === true ? claims : undefined
  } catch {
    return undefined
  }
}

function scopesOf({ scopes }: JWTPayload): string[] {
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
}

function refuse(error: string): never {
  throw new ApiError(unauthorized(error))
}
