import type { ErrorCatalogue } from '../../core/provider.ts'
import { json, type Reply } from '../../core/reply.ts'
import { issuesOf } from './issues.ts'

const JSON_UTF8 = { 'content-type': 'application/json; charset=utf-8' }

/** A JSON reply, with the charset that this service puts on each. */
export function jsonUtf8(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return json(status, body, { ...JSON_UTF8, ...headers })
}

/** A refusal of who asks, in one of the texts of fidelity/trigger.md §1.2. */
export function unauthorized(error: string): Reply {
  return jsonUtf8(401, { error })
}

const NO_HEADER = unauthorized('No authorization header provided')

/** The refusal of a token whose scopes do not reach (fidelity/trigger.md §1.2). */
export const FORBIDDEN = jsonUtf8(403, {
  error: 'Unauthorized',
  code: 'unauthorized',
  param: 'access_token',
  type: 'authorization',
})

/** The refusal of a query, with every reason (fidelity/trigger.md §2). */
export function queryError(details: readonly unknown[]): Reply {
  return jsonUtf8(400, { error: 'Query Error', details })
}

/** How this service refuses (fidelity/trigger.md §1.2). */
export const errors: ErrorCatalogue = {
  unauthorized: (request) => (request.header('authorization') ? unauthorized('Invalid API key') : NO_HEADER),
  forbidden: () => FORBIDDEN,
  notFound: () => jsonUtf8(404, { error: 'Not Found' }),
  // A missing credential is seen before a wrong method.
  methodNotAllowed: (request) =>
    request.header('authorization')
      ? jsonUtf8(405, { message: 'Unexpected Server Error' }, { 'x-remix-error': 'yes' })
      : NO_HEADER,
  invalid: (request, problems) => queryError(issuesOf(request, problems)),
  rateLimited: (_request, retryAfterMs) => rateLimited(retryAfterMs / 1000),
  internal: () => jsonUtf8(500, { error: 'Internal Server Error' }),
}

/** The service's bucket for a secret key (fidelity/trigger.md §1.6). */
const BUCKET = 750

function rateLimited(seconds: number): Reply {
  const detail = `Rate limit exceeded 0/${BUCKET} requests remaining. Retry in ${seconds} seconds.`
  const body = {
    title: 'Rate Limit Exceeded',
    status: 429,
    type: 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/429',
    detail,
    limit: BUCKET,
    remaining: 0,
    secondsUntilReset: seconds,
    error: detail,
  }
  return json(429, body, {
    'content-type': 'application/problem+json; charset=utf-8',
    'x-ratelimit-limit': String(BUCKET),
    'x-ratelimit-remaining': '0',
  })
}
