import type { ErrorCatalogue, Problem } from '../../core/provider.ts'
import { json, type Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import type { components } from './wire.ts'

type Status = components['schemas']['google.rpc.Status']

/** The gateway's status codes that Runyard answers with (fidelity/conductorone.md §4), by gRPC code. */
const HTTP_STATUS = { 3: 400, 5: 404, 7: 403, 8: 429, 13: 500, 16: 401 } as const

/** A refusal in the gateway's shape: google.rpc.Status without `details`. */
export function refusal(
  code: keyof typeof HTTP_STATUS,
  message: string,
  headers?: Record<string, string>,
): Reply {
  return json(HTTP_STATUS[code], { code, message } satisfies Status, headers)
}

const notFound = () => refusal(5, 'not found')

/** The gateway's words (fidelity/conductorone.md §4). It knows no 405: a wrong method is a route that is not there. */
export const errors: ErrorCatalogue = {
  unauthorized: () => refusal(16, 'unauthenticated'),
  forbidden: (_request, operationId) => refusal(7, `Permission denied, missing permission/${operationId}`),
  notFound,
  methodNotAllowed: notFound,
  invalid: (_request, problems) => refusal(3, problems.map(explain).join('; ')),
  rateLimited: (_request, retryAfterMs) =>
    refusal(8, 'rate limit exceeded', { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  internal: () => refusal(13, 'Internal Server Error'),
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
  if (request.method !== served) return notFound()
  if (served === 'POST') return { status: 307, headers: { location } }
  return {
    status: 301,
    headers: { location, 'content-type': 'text/html; charset=utf-8' },
    body: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`,
  }
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
