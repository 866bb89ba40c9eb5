import { createHash } from 'node:crypto'
import type { Quota } from '../../core/provider.ts'
import type { Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { allowOrigin } from './cors.ts'
import { PROBLEM_JSON } from './replies.ts'

/** These leave from before the route, or from outside it, where nobody adds CORS headers (fidelity/trigger.md §1.2). */
const OUTSIDE_THE_ROUTE: ReadonlySet<number> = new Set([301, 404, 405, 429])

/**
 * The headers on every reply (fidelity/trigger.md §1.5). `Strict-Transport-Security` is left out on purpose: a hundred
 * years of it on `localhost` would outlive Runyard in the developer's browser.
 */
export function finish(request: ApiRequest, reply: Reply, quota?: Quota): Reply {
  const isAnonymous = reply.status === 401 && !request.header('authorization')
  const isCors = request.method !== 'OPTIONS' && !isAnonymous && !OUTSIDE_THE_ROUTE.has(reply.status)
  const cors = isCors && {
    'access-control-expose-headers': 'x-trigger-jwt,x-trigger-jwt-claims',
    ...allowOrigin(request),
  }
  const vary =
    isCors && request.header('origin') !== undefined ? 'Origin, Accept-Encoding' : 'Accept-Encoding'
  const written = reply.headers['content-type'] === PROBLEM_JSON ? prettyPrinted(reply) : reply
  return {
    ...written,
    headers: { 'x-robots-tag': 'noindex, nofollow', vary, ...cors, ...allowance(quota), ...written.headers },
  }
}

/** What the limiter tells of its count: the least is 0, `reset` is in epoch milliseconds (fidelity/trigger.md §1.5). */
function allowance(quota: Quota | undefined): Record<string, string> {
  if (quota === undefined) return {}
  return {
    'x-ratelimit-limit': String(quota.max),
    'x-ratelimit-remaining': String(Math.max(0, quota.remaining)),
    'x-ratelimit-reset': String(quota.resetAt),
  }
}

/** The limiter's refusals are indented, and Express puts its entity tag on them (fidelity/trigger.md §1.2). */
function prettyPrinted(reply: Reply): Reply {
  const body = JSON.stringify(reply.body, null, 2)
  const digest = createHash('sha1').update(body).digest('base64').slice(0, 27)
  const etag = `W/"${Buffer.byteLength(body).toString(16)}-${digest}"`
  return { ...reply, headers: { etag, ...reply.headers }, body }
}
