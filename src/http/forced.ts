import type { Fidelity } from '../core/fidelity.ts'
import { BODY_TOO_LARGE, type Caller, type Problem, type Quota, type RateLimit } from '../core/provider.ts'
import type { Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Api, DocumentedOperation } from '../spec/api.ts'
import type { Served } from './address.ts'

/** An operation that is to be made fail, and the request that meets the failure. */
export interface Doomed {
  readonly served: Served
  readonly documented: DocumentedOperation
  readonly request: ApiRequest
}

const known = new WeakMap<DocumentedOperation, ReadonlySet<number>>()

/** The statuses from 400 on that can be forced on an operation: those that its document has, and its vendor words for. */
export function forcibleStatuses(
  served: Served,
  operationId: string,
  fidelity: Fidelity,
): ReadonlySet<number> {
  const documented = served.apis[fidelity].operation(operationId)
  let statuses = known.get(documented)
  if (statuses === undefined) {
    const doomed = { served, documented, request: sampleRequest(documented, fidelity) }
    const candidates = Object.keys(documented.routed.responses ?? {})
      .map(Number)
      .filter((status) => status >= 400)
    statuses = new Set(candidates.filter((status) => forcedReply(doomed, status, SAMPLE_QUOTA) !== undefined))
    known.set(documented, statuses)
  }
  return statuses
}

/**
 * The reply of that status in the vendor's own words, or undefined where the vendor has none. Of several kinds of
 * failure that share a status, the first of this list counts.
 */
export function forcedReply(doomed: Doomed, status: number, quota: Quota): Reply | undefined {
  const { served, documented, request } = doomed
  const { errors } = served.provider
  const failures: readonly (() => Reply)[] = [
    () => errors.forbidden(request, documented.operationId),
    () => errors.unauthorized(request),
    () => invalid(doomed),
    () => errors.rateLimited(request, quota),
    () => errors.unavailable(request),
    () => errors.internal(request),
    () => errors.notFound(request),
    () => errors.methodNotAllowed(request, allowed(doomed)),
  ]
  for (const failure of failures) {
    const reply = failure()
    if (reply.status === status) return reply
  }
  return undefined
}

/**
 * The quota of a caller who is told that it was one request too many. `retryAfterMs`: what to say, if not until the
 * provider's own limit would let the next one through.
 */
export function exhausted(
  { served, request }: Doomed,
  caller: Caller<unknown> | undefined,
  now: number,
  retryAfterMs?: number,
): Quota {
  const rule = served.provider.rateLimit?.(request, caller) ?? A_MINUTE
  const wait = retryAfterMs ?? (rule.kind === 'window' ? rule.windowMs : rule.everyMs)
  return { max: rule.max, remaining: -1, resetAt: now + wait, retryAfterMs: wait }
}

/** What stands for the limit of a provider that has none. */
const A_MINUTE: RateLimit = { kind: 'window', bucket: '', max: 60, windowMs: 60_000 }

const SAMPLE_QUOTA: Quota = { max: 60, remaining: -1, resetAt: 60_000, retryAfterMs: 60_000 }

/** Refuses a value that the document really forbids, so that the words are those of a real refusal. */
function invalid({ served, documented, request }: Doomed): Reply {
  const { provider, apis } = served
  const operation = provider.operations[documented.operationId]
  if (operation?.kind === 'list') {
    for (const search of forbiddenQueries(documented)) {
      const refused = { ...request, search }
      const problems = problemsOf(apis[request.fidelity], documented, refused, operation.read(refused))
      if (problems.length > 0) return provider.errors.invalid(refused, problems)
    }
  }
  return provider.errors.invalid(request, [BODY_TOO_LARGE])
}

/** Of the query alone: how this request spelled its path is not what it is refused for. */
function problemsOf(
  api: Api,
  documented: DocumentedOperation,
  request: ApiRequest,
  query: Record<string, unknown>,
): Problem[] {
  return api.problems(documented, request.path, query).filter((problem) => problem.in === 'query')
}

/** Queries of one parameter each with a value that few documents allow, in the document's order. */
function forbiddenQueries({ routed }: DocumentedOperation): string[] {
  // The cast: Api.of has dereferenced the document.
  const parameters = (routed.parameters ?? []) as readonly Parameter[]
  return parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, schema }) => {
      const members = Object.keys(schema?.properties ?? {})
      return members.length > 0 ? members.map((member) => `${name}[${member}]`) : [name]
    })
    .flatMap((name) => UNLIKELY.map((text) => `${encodeURIComponent(name)}=${text}`))
}

interface Parameter {
  readonly in: string
  readonly name: string
  readonly schema?: { readonly properties?: Readonly<Record<string, unknown>> }
}

const UNLIKELY = ['x', '-1', '1e99']

/** The methods that the operation's path takes. */
function allowed({ served, request }: Doomed): readonly string[] {
  const match = served.apis[request.fidelity].match('TRACE', request.path)
  return match.found === 'path' ? match.allow : []
}

/** A request of the operation, to find out what it can be refused with. */
function sampleRequest({ routed }: DocumentedOperation, fidelity: Fidelity): ApiRequest {
  return {
    method: routed.method.toUpperCase(),
    path: routed.path.replaceAll(/\{[^}]*\}/g, 'x'),
    params: {},
    search: '',
    header: () => undefined,
    body: '',
    scheme: 'http',
    host: 'localhost',
    mount: '',
    fidelity,
  }
}
