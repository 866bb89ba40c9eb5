import type { Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { jsonUtf8 } from './replies.ts'

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

/** For a browser, whatever its origin; nobody else is told (fidelity/trigger.md §1.5). */
export function allowOrigin(request: ApiRequest): Record<string, string> {
  const origin = request.header('origin')
  return origin === undefined ? {} : { 'access-control-allow-origin': origin }
}
