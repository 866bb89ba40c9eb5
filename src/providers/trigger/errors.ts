import type { ErrorCatalogue, Quota } from '../../core/provider.ts'
import type { Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { behaviourOf } from './fidelity/behaviour.ts'
import { issuesOf } from './issues.ts'
import {
  FORBIDDEN,
  INTERNAL,
  jsonUtf8,
  problemJson,
  queryError,
  UNAVAILABLE,
  unauthorized,
} from './replies.ts'

/** How this service refuses (fidelity/trigger.md §1.2). */
export const errors: ErrorCatalogue = {
  unauthorized: (request) =>
    request.header('authorization') ? unauthorized('Invalid API key') : noHeader(request),
  forbidden: () => FORBIDDEN,
  notFound: () => jsonUtf8(404, { error: 'Not Found' }),
  // A missing credential is seen before a wrong method.
  methodNotAllowed: (request) =>
    request.header('authorization')
      ? jsonUtf8(405, { message: 'Unexpected Server Error' }, { 'x-remix-error': 'yes' })
      : noHeader(request),
  invalid: (request, problems) => queryError(issuesOf(request, problems)),
  rateLimited: (_request, quota) => rateLimited(quota),
  internal: () => INTERNAL,
  unavailable: () => UNAVAILABLE,
}

function noHeader(request: ApiRequest): Reply {
  return behaviourOf(request).noHeader
}

/** In the words of fidelity/trigger.md §1.6, where `remaining` may be below 0 and the sentence stops at 0. */
function rateLimited({ max, remaining, resetAt, retryAfterMs }: Quota): Reply {
  const seconds = retryAfterMs / 1000
  const left = Math.max(0, remaining)
  return problemJson(
    429,
    'Rate Limit Exceeded',
    `Rate limit exceeded ${left}/${max} requests remaining. Retry in ${seconds} seconds.`,
    { reset: resetAt, limit: max, remaining, secondsUntilReset: seconds },
  )
}
