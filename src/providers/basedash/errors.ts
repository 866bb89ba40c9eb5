import type { ErrorCatalogue, Problem } from '../../core/provider.ts'
import { json, type Reply } from '../../core/reply.ts'
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
  invalid: (_request, problems) => refusal(400, 'ValidationError', problems.map(sentence).join('; ')),
  rateLimited: (_request, retryAfterMs) => {
    const error = { title: 'RateLimitExceeded', detail: 'Too many requests', retryAfterMs } as const
    return json(429, { error } satisfies RateLimitErrorResponse)
  },
  internal: () => refusal(500, 'InternalServerError', 'Internal server error'),
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

/** A problem in zod 4's words, since the vendor validates with zod; how it joins them is not known (§B0, §B2). */
function sentence({ path, rule, facts, value, message }: Problem): string {
  const name = path.join('.')
  if (rule === 'minimum') return `${name}: Too small: expected number to be >=${facts.limit}`
  if (rule === 'maximum') return `${name}: Too big: expected number to be <=${facts.limit}`
  if (rule !== 'type') return `${name}: ${message}`
  if (typeof value === 'number') return `${name}: Invalid input: expected int, received number`
  return `${name}: Invalid input: expected number, received ${Number(value)}`
}
