import { wallNow } from '../core/clock.ts'
import { randomHex } from '../core/nonce.ts'
import type {
  ActionOperation,
  Caller,
  Context,
  ListOperation,
  PageQuery,
  Problem,
  Provider,
  Quota,
} from '../core/provider.ts'
import { ApiError, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Page, RunStore } from '../core/run.ts'
import { DEFAULT_SANDBOX, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import type { State } from '../core/state.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import type { Served } from './address.ts'
import type { Limiter } from './limiter.ts'

/** What the walk needs beside the request. */
export interface Surroundings {
  readonly sandboxes: Sandboxes
  readonly limiter: Limiter
  /** Whether each reply is held against the document; one that breaks it becomes the vendor's 500. */
  readonly checkReplies: boolean
  /** Hears of errors that are Runyard's own. */
  fault(error: unknown): void
}

export type Step = 'route' | 'authenticate' | 'limit' | 'act' | 'validate' | 'query' | 'present'

/** A request's walk, as it is logged. */
export interface Exchange {
  readonly provider: string
  /** The step that answered. */
  readonly step: Step
  readonly operationId?: string
  readonly sandbox?: string
  readonly reply: Reply
}

/** How far a walk has come: what is known when a step refuses. */
interface Trace {
  step: Step
  /** As received, until its credential has named a sandbox, whose fidelity it then has. */
  request: ApiRequest
  documented?: DocumentedOperation
  sandbox?: string
  quota?: Quota
}

/** Takes a request through every step, for every provider, and never throws: a failure is a reply in that vendor's words. */
export async function walk(served: Served, received: ApiRequest, around: Surroundings): Promise<Exchange> {
  const { provider } = served
  const trace: Trace = { step: 'route', request: received }
  let reply: Reply
  try {
    reply = await steps(served, around, trace)
  } catch (error) {
    if (!(error instanceof ApiError)) around.fault(error)
    reply = error instanceof ApiError ? error.reply : provider.errors.internal(trace.request)
  }
  const { step, request, documented, sandbox, quota } = trace
  if (documented !== undefined && around.checkReplies)
    reply = check(served, documented, request, reply, around)
  return {
    provider: provider.name,
    step,
    ...(documented && { operationId: documented.operationId }),
    ...(sandbox !== undefined && { sandbox }),
    reply: provider.finish?.(request, reply, quota) ?? reply,
  }
}

async function steps(served: Served, around: Surroundings, trace: Trace): Promise<Reply> {
  const { provider } = served
  const routed = route(served, trace.request)

  trace.step = 'authenticate'
  const identity = await identify(served, routed.documented, routed.request, around)
  const sandbox = sandboxOf(around, identity.caller?.sandbox ?? DEFAULT_SANDBOX)
  const request = { ...routed.request, fidelity: sandbox.fidelity }
  const documented = served.apis[sandbox.fidelity].operation(routed.documented.operationId)
  trace.request = request
  trace.sandbox = sandbox.id

  // Before the refusals that are already sure: some services count those requests too.
  trace.step = 'limit'
  limit(provider, request, identity.caller, sandbox, around, trace)

  if (routed.allow !== undefined) {
    trace.step = 'route'
    throw new ApiError(provider.errors.methodNotAllowed(request, routed.allow))
  }
  trace.documented = documented
  if (identity.caller === undefined) {
    trace.step = 'authenticate'
    throw identity.refusal ?? new ApiError(provider.errors.unauthorized(request))
  }

  const operation = provider.operations[documented.operationId]
  if (operation === undefined) throw new Error(`${documented.operationId} is not implemented`)
  if (operation.kind === 'action') {
    trace.step = 'act'
    if (request.bodyIsTooLarge) throw new ApiError(provider.errors.invalid(request, [BODY_TOO_LARGE]))
    return act(provider, operation, request, around)
  }

  trace.step = 'validate'
  const params = validate(served, documented, operation, request)

  trace.step = 'query'
  const context: Context<unknown, unknown> = {
    request,
    operationId: documented.operationId,
    caller: identity.caller,
    world: sandbox.world(provider.name),
    secrets: sandbox.secrets,
    now: sandbox.clock.now(),
  }
  const page = await query(operation.query(params, context), sandbox.runs(provider.name))

  trace.step = 'present'
  return operation.present(page, params, context)
}

const BODY_TOO_LARGE: Problem = {
  in: 'body',
  path: [],
  rule: 'size',
  facts: {},
  value: undefined,
  message: 'is larger than 1 MiB',
}

interface Route {
  readonly documented: DocumentedOperation
  readonly request: ApiRequest
  /** The methods that the path takes, when it does not take this one: refused once the request has been counted. */
  readonly allow?: readonly string[]
}

function route({ provider, apis }: Served, request: ApiRequest): Route {
  // Both documents have the same paths, and whose fidelity counts is not known before the credential is.
  const api = apis.spec
  const method = request.method === 'HEAD' && provider.servesHead ? 'GET' : request.method
  const match = api.match(method, request.path)
  if (match.found === 'operation') {
    const params = api.pathParams(match.operation, request.path)
    return { documented: match.operation, request: { ...request, params } }
  }
  if (match.found === 'path') {
    if (method === 'OPTIONS' && provider.preflight) throw new ApiError(provider.preflight(request))
    return { documented: match.other, request, allow: match.allow }
  }
  const slashless = request.path.slice(0, -1)
  if (
    request.path.endsWith('/') &&
    provider.trailingSlash &&
    api.match(method, slashless).found !== 'nothing'
  ) {
    const location = `${request.mount}${slashless}${request.search && `?${request.search}`}`
    throw new ApiError(provider.trailingSlash(request, location))
  }
  throw new ApiError(provider.errors.notFound(request))
}

/** Who asks: of the document's alternatives, the first whose every scheme accepts the request. */
async function identify(
  { provider }: Served,
  documented: DocumentedOperation,
  request: ApiRequest,
  around: Surroundings,
): Promise<{ caller?: Caller<unknown>; refusal?: ApiError }> {
  if (documented.security.length === 0) {
    return { caller: { sandbox: DEFAULT_SANDBOX, name: 'anyone', grant: undefined } }
  }
  const keys = around.sandboxes.keyring(provider.name)
  const state = (id: string): State => sandboxOf(around, id).state(provider.name)
  try {
    for (const schemes of documented.security) {
      let caller: Caller<unknown> | undefined
      for (const scheme of schemes) {
        caller = await provider.security[scheme]?.authenticate(request, keys, wallNow(), state)
        if (caller === undefined) break
      }
      if (caller !== undefined) return { caller }
    }
    return {}
  } catch (error) {
    if (error instanceof ApiError) return { refusal: error }
    throw error
  }
}

function limit(
  provider: Provider,
  request: ApiRequest,
  caller: Caller<unknown> | undefined,
  sandbox: Sandbox,
  around: Surroundings,
  trace: Trace,
): void {
  const rule = sandbox.rateLimits ? provider.rateLimit?.(request, caller) : undefined
  if (rule === undefined) return
  const quota = around.limiter.hit(`${sandbox.id}/${provider.name}`, rule, sandbox.clock.now())
  trace.quota = quota
  if (quota.remaining < 0) throw new ApiError(provider.errors.rateLimited(request, quota))
}

function validate(
  { provider, apis }: Served,
  documented: DocumentedOperation,
  operation: ListOperation<unknown, unknown, unknown>,
  request: ApiRequest,
): unknown {
  const params = operation.read(request)
  const problems = apis[request.fidelity].problems(documented, request.path, params)
  if (problems.length > 0) throw new ApiError(provider.errors.invalid(request, problems))
  return params
}

async function query(asked: PageQuery, runs: RunStore): Promise<Page> {
  const { scope, filters = [], since, until, cursor, limit } = asked
  const range = { scope, filters, since, until, limit }
  if (cursor === undefined) return runs.list(range)
  const key = 'key' in cursor ? cursor.key : await runs.locate(scope, cursor.id)
  if (key !== undefined) return runs.list({ ...range, seek: { direction: cursor.direction, key } })
  if ('id' in cursor && cursor.unknown !== 'empty page') throw new ApiError(cursor.unknown)
  return { items: [], hasMore: false }
}

function act(
  provider: Provider,
  operation: ActionOperation<unknown, unknown>,
  request: ApiRequest,
  around: Surroundings,
): Promise<Reply> {
  return operation.answer({
    request,
    keys: around.sandboxes.keyring(provider.name),
    wall: wallNow(),
    nonce: randomHex,
    state: (id) => sandboxOf(around, id).state(provider.name),
    world: (id) => sandboxOf(around, id).world(provider.name),
  })
}

function sandboxOf(around: Surroundings, id: string): Sandbox {
  const sandbox = around.sandboxes.get(id)
  if (sandbox === undefined) throw new Error(`there is no sandbox ${id}`)
  return sandbox
}

function check(
  { provider, apis }: Served,
  documented: DocumentedOperation,
  request: ApiRequest,
  reply: Reply,
  around: Surroundings,
): Reply {
  const isJson = /\bjson\b/.test(reply.headers['content-type'] ?? '')
  const breaches = apis[request.fidelity].breaches(documented, reply.status, isJson ? reply.body : undefined)
  if (breaches.length === 0) return reply
  around.fault(
    new Error(`a ${reply.status} of ${documented.operationId} breaks its document: ${breaches.join('; ')}`),
  )
  return provider.errors.internal(request)
}
