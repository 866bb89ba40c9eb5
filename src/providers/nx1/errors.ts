import type { ErrorCatalogue, Problem } from '../../core/provider.ts'
import { json, type Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { bearerToken, preSharedKey } from './access.ts'
import { readInteger } from './limit.ts'
import { isRealmPath, realmErrors } from './realm/errors.ts'

/** FastAPI's words for the API (fidelity/nx1.md §A1 to §A3), Keycloak's for the realm. */
export const errors: ErrorCatalogue = {
  unauthorized(request) {
    if (isRealmPath(request.path)) return realmErrors.unauthorized(request)
    const offered = bearerToken(request) !== undefined || preSharedKey(request) !== undefined
    return detail(401, offered ? 'Invalid authentication credentials' : 'Not authenticated', {
      'www-authenticate': 'Bearer',
    })
  },
  forbidden: (request) =>
    isRealmPath(request.path) ? realmErrors.forbidden(request) : detail(403, 'Forbidden'),
  notFound: (request) =>
    isRealmPath(request.path) ? realmErrors.notFound(request) : detail(404, 'Not Found'),
  methodNotAllowed(request, allow) {
    // Keycloak does not tell a wrong method from a wrong path (measured on 26.7.1 by a third party).
    if (isRealmPath(request.path)) return realmErrors.notFound(request)
    return detail(405, 'Method Not Allowed', { allow: allow.join(', ') })
  },
  invalid(request, problems) {
    if (isRealmPath(request.path)) return realmErrors.invalid(request)
    return detail(422, [
      ...new Map(problems.map((problem) => [problem.path.join(), refusal(problem)])).values(),
    ])
  },
  rateLimited(request, { retryAfterMs }) {
    const hint = { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
    if (isRealmPath(request.path)) return realmErrors.rateLimited(hint)
    return detail(429, 'Too Many Requests', hint)
  },
  internal(request) {
    if (isRealmPath(request.path)) return realmErrors.internal()
    return {
      status: 500,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'Internal Server Error',
    }
  },
  unavailable: (request) =>
    isRealmPath(request.path) ? realmErrors.unavailable() : detail(503, 'Service Unavailable'),
}

function detail(status: number, words: unknown, headers: Record<string, string> = {}): Reply {
  return json(status, { detail: words }, headers)
}

/** A pydantic error in its own order of members. */
interface Refusal {
  readonly type: string
  readonly loc: readonly string[]
  readonly msg: string
  readonly input: unknown
}

const MESSAGES = {
  int_parsing: 'Input should be a valid integer, unable to parse string as an integer',
  int_parsing_size: 'Unable to parse input string as an integer, exceeded maximum size',
}

function refusal({ in: where, path, value, message }: Problem): Refusal {
  const loc = [where, ...path]
  if (where !== 'query' || typeof value !== 'string') {
    return { type: 'value_error', loc, msg: message, input: value ?? null }
  }
  const read = readInteger(value)
  const type = 'refusal' in read ? read.refusal : 'int_parsing'
  return { type, loc, msg: MESSAGES[type], input: value }
}

/**
 * What a path with one slash too many gets, whatever the method and without asking who it is: Starlette's redirect
 * (fidelity/nx1.md §A2). The realm answers so too, where Keycloak would serve the path: method and body are kept.
 */
export function trailingSlash(request: ApiRequest, location: string): Reply {
  return {
    status: 307,
    headers: { location: `${request.scheme}://${request.host}${location}`, 'content-length': '0' },
  }
}
