import type { ErrorCatalogue } from '../../core/provider.ts'
import { json, type Reply } from '../../core/reply.ts'
import { quirks } from './quirks.ts'
import type { components } from './wire.ts'

type ErrorResponse = components['schemas']['ErrorResponse']
type RateLimitErrorResponse = components['schemas']['RateLimitErrorResponse']

/** Basedash's refusals: one envelope for all, `title` for programs and `detail` for people (fidelity/basedash.md §B1). */
export const errors: ErrorCatalogue = {
  unauthorized: () => refusal(401, 'Unauthorized', 'Missing or invalid API key'),
  // No route of the vendor's documents a 403: who may not see an automation is told that there is none.
  forbidden: () => automationNotFound(),
  notFound: () => refusal(404, 'NotFound', 'Not found'),
  methodNotAllowed: (_request, allow) =>
    refusal(405, 'MethodNotAllowed', 'Method not allowed', { allow: allow.join(', ') }),
  invalid: (request, problems) =>
    refusal(400, 'ValidationError', quirks[request.fidelity].sentences(problems).join('; ')),
  rateLimited: (_request, { retryAfterMs }) => {
    const error = { title: 'RateLimitExceeded', detail: 'Too many requests', retryAfterMs } as const
    return json(429, { error } satisfies RateLimitErrorResponse)
  },
  internal: () => refusal(500, 'InternalServerError', 'Internal server error'),
  unavailable: () => refusal(503, 'ServiceUnavailable', 'Service unavailable'),
}

/**
 * The one 404 of the runs, byte for byte the same for an unknown automation, a foreign or unknown organization, and a
 * caller who does not administer it.
 */
export function automationNotFound(): Reply {
  return refusal(404, 'NotFound', 'Automation not found')
}

function refusal(status: number, title: string, detail: string, headers: Record<string, string> = {}): Reply {
  return json(status, { error: { title, detail } } satisfies ErrorResponse, headers)
}
