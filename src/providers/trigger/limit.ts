import { createHash } from 'node:crypto'
import type { Caller, RateLimit } from '../../core/provider.ts'
import type { ApiRequest } from '../../core/request.ts'
import type { Grant } from './credentials.ts'

/**
 * The service's token bucket (fidelity/trigger.md §1.6): one for each environment's secret key, and one for each
 * public token or other text that comes as a credential. Its source gives public tokens 60 requests a minute, but the
 * recording of a running server says 750 of them too (`trigger-recorded.json`, "jwt admin").
 */
export function rateLimit(request: ApiRequest, caller: Caller<Grant> | undefined): RateLimit | undefined {
  const authorization = request.header('authorization')
  // Refused before it is counted.
  if (!authorization) return undefined
  const grant = caller?.grant
  const bucket =
    grant !== undefined && grant.scopes === undefined
      ? `environment ${grant.environment.id}`
      : `credential ${createHash('sha256').update(authorization).digest('hex')}`
  return { kind: 'bucket', bucket, max: 750, refill: 250, everyMs: 10_000 }
}
