import type { Reply } from '../../../core/reply.ts'
import type { ApiRequest } from '../../../core/request.ts'

/** Keycloak's headers on whatever a realm answers, and CORS for the paths that browsers fetch. */
export function finishRealm(request: ApiRequest, reply: Reply): Reply {
  return {
    ...reply,
    headers: {
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'x-robots-tag': 'none',
      ...(request.path.endsWith('/token') && { 'cache-control': 'no-store', pragma: 'no-cache' }),
      ...crossOrigin(request),
      ...reply.headers,
    },
  }
}

/** What OPTIONS gets on a path of the realm. */
export function preflight(request: ApiRequest): Reply {
  const asksFor =
    request.header('origin') === undefined
      ? {}
      : {
          'access-control-allow-methods': 'GET, POST, OPTIONS',
          'access-control-allow-headers':
            'Origin, Accept, X-Requested-With, Content-Type, Access-Control-Request-Method, Access-Control-Request-Headers, Authorization',
          'access-control-max-age': '3600',
        }
  return { status: 200, headers: asksFor }
}

/** The login page is for people: no script of another origin reads it. */
function crossOrigin(request: ApiRequest): Record<string, string> {
  const origin = request.header('origin')
  if (origin === undefined || request.path.endsWith('/auth')) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Access-Control-Allow-Methods',
    vary: 'Origin',
  }
}
