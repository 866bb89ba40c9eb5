import { json, type Reply } from '../../core/reply.ts'

/** A JSON reply, with the charset that this service puts on each. */
export function jsonUtf8(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return json(status, body, { 'content-type': 'application/json; charset=utf-8', ...headers })
}

/** The media type of what the service's rate limiter answers; `finish` writes such a body as it does. */
export const PROBLEM_JSON = 'application/problem+json; charset=utf-8'

/** A refusal by the rate limiter, which says its detail twice (fidelity/trigger.md §1.2, §1.6). */
export function problemJson(
  status: number,
  title: string,
  detail: string,
  facts: Record<string, number> = {},
  headers: Record<string, string> = {},
): Reply {
  const type = `https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/${status}`
  const body = { title, status, type, detail, ...facts, error: detail }
  return json(status, body, { 'content-type': PROBLEM_JSON, ...headers })
}

/** A refusal of who asks, in one of the texts of fidelity/trigger.md §1.2. */
export function unauthorized(error: string): Reply {
  return jsonUtf8(401, { error })
}

/** What a request without an authorization header is told. */
export const NO_HEADER = 'No authorization header provided'

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

/** What any failure inside the service looks like (fidelity/trigger.md §1.2). */
export const INTERNAL = jsonUtf8(500, { error: 'Internal Server Error' })

/** What a service that cannot answer now would say: inferred from how it words everything else. */
export const UNAVAILABLE = jsonUtf8(503, { error: 'Service Unavailable' })
