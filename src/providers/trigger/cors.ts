import type { Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { jsonUtf8 } from './errors.ts'

/** What OPTIONS gets, credential or not (fidelity/trigger.md §1.5). */
export function preflight(request: ApiRequest): Reply {
  const wanted = request.header('access-control-request-headers')
  return jsonUtf8(
    200,
    {},
    {
      ...allowOrigin(request),
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
      ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
      'access-control-max-age': '300',
      vary: 'Origin, Access-Control-Request-Headers, Accept-Encoding',
    },
  )
}

/** What a slash too many gets (`trigger-recorded.json`, "trailing slash"). */
export function trailingSlash(_request: ApiRequest, location: string): Reply {
  return {
    status: 301,
    headers: { location, 'content-type': 'text/plain; charset=utf-8' },
    body: `Moved Permanently. Redirecting to ${location}`,
  }
}

/** These leave from before the route, or from outside it, where nobody adds CORS headers (fidelity/trigger.md §1.2). */
const OUTSIDE_THE_ROUTE: ReadonlySet<number> = new Set([301, 404, 405, 429])

/**
 * The headers on every reply (fidelity/trigger.md §1.5). `Strict-Transport-Security` is left out on purpose: a hundred
 * years of it on `localhost` would outlive Runyard in the developer's browser.
 */
export function finish(request: ApiRequest, reply: Reply): Reply {
  const isAnonymous = reply.status === 401 && !request.header('authorization')
  const isCors = request.method !== 'OPTIONS' && !isAnonymous && !OUTSIDE_THE_ROUTE.has(reply.status)
  const cors = isCors && {
    'access-control-expose-headers': 'x-trigger-jwt,x-trigger-jwt-claims',
    ...allowOrigin(request),
  }
  const vary =
    isCors && request.header('origin') !== undefined ? 'Origin, Accept-Encoding' : 'Accept-Encoding'
  return { ...reply, headers: { 'x-robots-tag': 'noindex, nofollow', vary, ...cors, ...reply.headers } }
}

function allowOrigin(request: ApiRequest): Record<string, string> {
  const origin = request.header('origin')
  return origin === undefined ? {} : { 'access-control-allow-origin': origin }
}
