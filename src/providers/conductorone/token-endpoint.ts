import type { ActionOperation, Caller } from '../../core/provider.ts'
import { lastValues, repeatedNames } from '../../core/query.ts'
import { ApiError, json } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { sameSecret } from '../../core/secrets.ts'
import { findClient, LIFETIME, mint } from './access-token.ts'
import { assertionFault } from './assertion.ts'
import { readClientId } from './client-id.ts'
import type { Grant } from './credentials.ts'
import { UNPROVEN } from './errors.ts'
import type { components } from './wire.ts'
import { tenantHost, type World } from './world.ts'

type TokenResponse = components['schemas']['TokenResponse']
type TokenError = components['schemas']['TokenError']

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** `POST /auth/v1/token`: client credentials from the body for a token (fidelity/conductorone.md §1, RFC 6749 §4.4). */
export const mintToken: ActionOperation<World, Grant> = {
  kind: 'action',
  async answer({ request, keys, wall, nonce }) {
    const form = readForm(request)
    if (required(form, 'grant_type') !== 'client_credentials') {
      throw refusal(400, 'unsupported_grant_type', 'the grant_type must be client_credentials')
    }
    if (!form.get('client_id') && request.header('authorization') !== undefined) {
      throw invalidClient('client credentials must be sent in the body, not in the Authorization header')
    }
    const clientId = required(form, 'client_id')
    const proof = readProof(form)
    const client = findClient(clientId, keys)
    if (client === undefined || !isAt(clientId, client, request)) throw unproven()
    if (proof.kind === 'secret') {
      if (!sameSecret(proof.secret, client.grant.clientSecret)) throw unproven()
    } else {
      const fault = await assertionFault(proof.assertion, clientId, client.grant.clientKey, request, wall)
      if (fault !== undefined) throw invalidClient(`the client_assertion is refused: ${fault}`)
    }
    const token: TokenResponse = {
      access_token: mint(clientId, client.grant, wall, nonce(16)),
      token_type: 'Bearer',
      expires_in: LIFETIME,
    }
    return json(200, token)
  },
}

function readForm(request: ApiRequest): ReadonlyMap<string, string> {
  const [type = ''] = (request.header('content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw invalidRequest('the body must be application/x-www-form-urlencoded')
  }
  const [repeated] = repeatedNames(request.body)
  if (repeated !== undefined) throw invalidRequest(`${repeated} is there more than once`)
  return lastValues(request.body)
}

type Proof =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'assertion'; readonly assertion: string }

function readProof(form: ReadonlyMap<string, string>): Proof {
  const secret = form.get('client_secret') ?? ''
  const assertion = form.get('client_assertion') ?? ''
  if (secret !== '' && assertion !== '')
    throw invalidRequest('client_secret and client_assertion exclude each other')
  if (secret !== '') return { kind: 'secret', secret }
  if (assertion === '') throw invalidRequest('client_secret or client_assertion is missing')
  if (required(form, 'client_assertion_type') !== JWT_BEARER) {
    throw invalidRequest(`the client_assertion_type must be ${JWT_BEARER}`)
  }
  return { kind: 'assertion', assertion }
}

/** A parameter sent without a value is as one not sent (RFC 6749 §3.2). */
function required(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name) ?? ''
  if (value === '') throw invalidRequest(`${name} is missing`)
  return value
}

/** Whether a client id names the tenant's own host, or the one that the request came to: Go clients derive either. */
function isAt(clientId: string, client: Caller<Grant>, request: ApiRequest): boolean {
  const host = readClientId(clientId)?.host
  return host === tenantHost(client.grant.tenant) || host === request.host.toLowerCase()
}

function unproven(): ApiError {
  return invalidClient(UNPROVEN)
}

function invalidRequest(description: string): ApiError {
  return refusal(400, 'invalid_request', description)
}

function invalidClient(description: string): ApiError {
  return refusal(401, 'invalid_client', description)
}

function refusal(status: 400 | 401, error: TokenError['error'], description: string): ApiError {
  return new ApiError(json(status, { error, error_description: description } satisfies TokenError))
}
