import { json, type Reply } from '../../../core/reply.ts'
import type { ApiRequest } from '../../../core/request.ts'
import { KEY_SET } from './key.ts'
import { SCOPES } from './scopes.ts'
import { issuer } from './tokens.ts'

/** `/.well-known/openid-configuration`: what this realm really does, in Keycloak's words for it (fidelity/nx1.md §A5). */
export function discovery(request: ApiRequest): Reply {
  const realm = issuer(request)
  const protocol = `${realm}/protocol/openid-connect`
  const document = {
    issuer: realm,
    authorization_endpoint: `${protocol}/auth`,
    token_endpoint: `${protocol}/token`,
    introspection_endpoint: `${protocol}/token/introspect`,
    userinfo_endpoint: `${protocol}/userinfo`,
    end_session_endpoint: `${protocol}/logout`,
    jwks_uri: `${protocol}/certs`,
    grant_types_supported: ['authorization_code', 'client_credentials', 'password', 'refresh_token'],
    acr_values_supported: ['0', '1'],
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'name',
      'given_name',
      'family_name',
      'preferred_username',
      'email',
      'acr',
      'azp',
      'nonce',
    ],
    claim_types_supported: ['normal'],
    claims_parameter_supported: false,
    scopes_supported: SCOPES,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    code_challenge_methods_supported: ['plain', 'S256'],
    authorization_response_iss_parameter_supported: true,
  }
  return json(200, document, { 'cache-control': 'no-cache, must-revalidate, no-transform, no-store' })
}

/** `/protocol/openid-connect/certs`. */
export function certs(): Reply {
  return json(200, KEY_SET, { 'cache-control': 'no-cache' })
}
