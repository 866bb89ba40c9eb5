import { wallNow } from '../core/clock.ts'
import { randomHex } from '../core/nonce.ts'
import type {
  ActionOperation,
  Caller,
  Context,
  ListOperation,
  Operation,
  PageQuery,
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
export interface Yard {
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

interface Trace {
  step: Step
  documented?: DocumentedOperation
  sandbox?: string
}

/** Takes a request through every step, for every provider, and never throws: a failure is a reply in that vendor's words. */
export async function walk(served: Served, request: ApiRequest, yard: Yard): Promise<Exchange> {
  const { provider } = served
  const trace: Trace = { step: 'route' }
  let reply: Reply
  try {
    reply = await steps(served, request, yard, trace)
  } catch (error) {
    if (!(error instanceof ApiError)) yard.fault(error)
    reply = error instanceof ApiError ? error.reply : provider.errors.internal(request)
  }
  const { step, documented, sandbox } = trace
  if (documented !== undefined && yard.checkReplies) reply = check(served, documented, request, reply, yard)
  return {
    provider: provider.name,
    step,
    ...(documented && { operationId: documented.operationId }),
    ...(sandbox !== undefined && { sandbox }),
    reply: provider.finish?.(request, reply) ?? reply,
  }
}

async function steps(served: Served, received: ApiRequest, yard: Yard, trace: Trace): Promise<Reply> {
  const { documented, operation, request } = route(served, received)
  trace.documented = documented

  trace.step = 'authenticate'
  const caller = await authenticate(served, documented, request, yard)
  const sandbox = sandboxOf(yard, caller.sandbox)
  trace.sandbox = sandbox.id

  trace.step = 'limit'
  limit(served, request, caller, sandbox, yard)

  if (operation.kind === 'action') {
    trace.step = 'act'
    return act(served, operation, request, yard)
  }

  trace.step = 'validate'
  const params = validate(served, documented, operation, request)

  trace.step = 'query'
  const context: Context<unknown, unknown> = {
    request,
    operationId: documented.operationId,
    caller,
    world: sandbox.world(served.provider.name),
    secrets: sandbox.secrets,
    now: sandbox.clock.now(),
  }
  const page = await query(operation.query(params, context), sandbox.runs(served.provider.name))

  trace.step = 'present'
  return operation.present(page, params, context)
}

interface Route {
  readonly documented: DocumentedOperation
  readonly operation: Operation<unknown, unknown>
  readonly request: ApiRequest
}

function route({ provider, api }: Served, request: ApiRequest): Route {
  const method = request.method === 'HEAD' && provider.servesHead ? 'GET' : request.method
  const match = api.match(method, request.path)
  if (match.found === 'operation') {
    const operation = provider.operations[match.operation.operationId]
    if (operation === undefined) throw new Error(`${match.operation.operationId} is not implemented`)
    const params = api.pathParams(match.operation, request.path)
    return { documented: match.operation, operation, request: { ...request, params } }
  }
  if (match.found === 'path') {
    if (method === 'OPTIONS' && provider.preflight) throw new ApiError(provider.preflight(request))
    throw new ApiError(provider.errors.methodNotAllowed(request, match.allow))
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

/** The caller: of the document's alternatives, the first whose every scheme accepts the request. */
async function authenticate(
  { provider }: Served,
  documented: DocumentedOperation,
  request: ApiRequest,
  yard: Yard,
): Promise<Caller<unknown>> {
  if (documented.security.length === 0) return { sandbox: DEFAULT_SANDBOX, name: 'anyone', grant: undefined }
  const keys = yard.sandboxes.keyring(provider.name)
  const state = (id: string): State => sandboxOf(yard, id).state(provider.name)
  for (const schemes of documented.security) {
    let caller: Caller<unknown> | undefined
    for (const scheme of schemes) {
      caller = await provider.security[scheme]?.authenticate(request, keys, wallNow(), state)
      if (caller === undefined) break
    }
    if (caller !== undefined) return caller
  }
  throw new ApiError(provider.errors.unauthorized(request))
}

function limit(
  { provider }: Served,
  request: ApiRequest,
  caller: Caller<unknown>,
  sandbox: Sandbox,
  yard: Yard,
): void {
  const rule = sandbox.rateLimits ? provider.rateLimit?.(caller) : undefined
  if (rule === undefined) return
  const retryAfterMs = yard.limiter.hit(`${sandbox.id}/${provider.name}`, rule, sandbox.clock.now())
  if (retryAfterMs !== undefined) throw new ApiError(provider.errors.rateLimited(request, retryAfterMs))
}

function validate(
  { provider, api }: Served,
  documented: DocumentedOperation,
  operation: ListOperation<unknown, unknown, unknown>,
  request: ApiRequest,
): unknown {
  const params = operation.read(request)
  const problems = api.problems(documented, request.path, params)
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
  { provider }: Served,
  operation: ActionOperation<unknown, unknown>,
  request: ApiRequest,
  yard: Yard,
): Promise<Reply> {
  return operation.answer({
    request,
    keys: yard.sandboxes.keyring(provider.name),
    wall: wallNow(),
    nonce: randomHex,
    state: (id) => sandboxOf(yard, id).state(provider.name),
    world: (id) => sandboxOf(yard, id).world(provider.name),
  })
}

function sandboxOf(yard: Yard, id: string): Sandbox {
  const sandbox = yard.sandboxes.get(id)
  if (sandbox === undefined) throw new Error(`there is no sandbox ${id}`)
  return sandbox
}

function check(
  { provider, api }: Served,
  documented: DocumentedOperation,
  request: ApiRequest,
  reply: Reply,
  yard: Yard,
): Reply {
  const isJson = /\bjson\b/.test(reply.headers['content-type'] ?? '')
  const breaches = api.breaches(documented, reply.status, isJson ? reply.body : undefined)
  if (breaches.length === 0) return reply
  yard.fault(
    new Error(`a ${reply.status} of ${documented.operationId} breaks its document: ${breaches.join('; ')}`),
  )
  return provider.errors.internal(request)
}
