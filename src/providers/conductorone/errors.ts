import type { ErrorCatalogue, Problem } from '../../core/provider.ts'
import { json, type Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { htmlText } from '../../core/xml.ts'
import { lost } from './gateway.ts'
import { refusal } from './status.ts'

/** The same for an unknown client and a wrong secret: which it was is nobody's business. */
export const UNPROVEN = 'unknown client or wrong secret'

/** The gateway's words (fidelity/conductorone.md §4). It knows no 405: a wrong method is a route that is not there. */
export const errors: ErrorCatalogue = {
  unauthorized: (request) =>
    isTokenEndpoint(request)
      ? json(401, { error: 'invalid_client', error_description: UNPROVEN })
      : refusal(16, 'unauthenticated'),
  forbidden: (_request, operationId) => refusal(7, `Permission denied, missing permission/${operationId}`),
  notFound: lost,
  methodNotAllowed: lost,
  invalid: (request, problems) =>
    isTokenEndpoint(request)
      ? json(400, { error: 'invalid_request', error_description: `the body ${problems[0]?.message}` })
      : refusal(3, problems.map(explain).join('; ')),
  rateLimited: (_request, { retryAfterMs }) =>
    refusal(8, 'rate limit exceeded', { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  internal: () => refusal(13, 'Internal Server Error'),
  unavailable: () => refusal(14, 'service unavailable'),
}

/** What the gateway says of what it cannot take in; of a number, in the words of Go's strconv. */
function explain(problem: Problem): string {
  // The one thing it asks of a body that no operation reads.
  if (problem.in === 'body') return 'request body too large'
  const value = String(problem.value)
  const cause = /^[+-]?\d+$/.test(value) ? 'value out of range' : 'invalid syntax'
  return `${jsonName(problem.path)} is not a valid int: strconv.ParseInt: parsing ${JSON.stringify(value)}: ${cause}`
}

/** The field's name in JSON: `page_size` is `pageSize`. */
function jsonName(path: readonly string[]): string {
  return path.join('.').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** What gin does with a slash too many: 301 for GET, 307 otherwise, and only where the method is served. */
export function trailingSlash(request: ApiRequest, location: string): Reply {
  const served = request.path.startsWith('/auth/') ? 'POST' : 'GET'
  if (request.method !== served) return lost(request)
  if (served === 'POST') return { status: 307, headers: { location } }
  return {
    status: 301,
    headers: { location, 'content-type': 'text/html; charset=utf-8' },
    // Go writes a quote as a number.
    body: `<a href="${htmlText(location).replaceAll('&quot;', '&#34;')}">Moved Permanently</a>.\n\n`,
  }
}

/** It refuses in OAuth's words (RFC 6749 §5.2), and in the gateway's where it does not get that far. */
function isTokenEndpoint({ path }: ApiRequest): boolean {
  return path === '/auth/v1/token'
}
