import { wallNow } from '../core/clock.ts'
import type { Exchange, PageSeen, Step } from '../core/journal.ts'
import { randomHex } from '../core/nonce.ts'
import {
  type ActionOperation,
  BODY_TOO_LARGE,
  type Caller,
  type Context,
  type ListOperation,
  type PageQuery,
  type Provider,
  type Quota,
} from '../core/provider.ts'
import { ApiError, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Page, RunStore } from '../core/run.ts'
import { DEFAULT_SANDBOX, GoneError, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import type { State } from '../core/state.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import type { Served } from './address.ts'
import type { Delivery } from './deliver.ts'
import { type Interference, interfere } from './interfere.ts'
import { asTold } from './limiter.ts'
import { exchangeOf } from './record.ts'
import { redactor } from './redact.ts'
import { senderOf } from './sender.ts'

/** What the walk needs beside the request. */
export interface Surroundings {
  /** All that are served: a key that came to the wrong one is no less a secret. */
  readonly providers: readonly Provider[]
  readonly sandboxes: Sandboxes
  /** Whether each reply is held against the document; one that breaks it becomes the vendor's 500. */
  readonly checkReplies: boolean
  /** Hears of errors that are Runyard's own. */
  report(error: unknown): void
}

/** A request's walk: the reply and how it is delivered, and what is logged of it. */
export interface Walked {
  readonly reply: Reply
  /** Absent when nothing happens to the reply on its way. */
  readonly delivery?: Delivery
  readonly provider: string
  /** The step that answered. */
  readonly step: Step
  readonly operationId?: string
  readonly sandbox: string
  /** Both as the journal has them; absent when it could not be told. */
  readonly method?: string
  readonly path?: string
  /** The ids of the faults that struck. */
  readonly faults?: readonly string[]
}

/** How far a walk has come: what is known when a step refuses. */
interface Trace {
  step: Step
  /** As received, until its credential has named a sandbox, whose fidelity it then has. */
  request: ApiRequest
  /** `default`, until a credential has named another. Held on to, since it may be deleted while the walk goes on. */
  sandbox: Sandbox
  /** Once it is known that the request is for an operation of the document. */
  documented?: DocumentedOperation
  caller?: Caller<unknown>
  interference?: Interference
  quota?: Quota
  page?: PageSeen
}

/** Takes a request through every step, for every provider, and never throws: a failure is a reply in that vendor's words. */
export async function walk(served: Served, received: ApiRequest, around: Surroundings): Promise<Walked> {
  const { provider } = served
  const trace: Trace = {
    step: 'route',
    request: received,
    sandbox: sandboxOf(around, DEFAULT_SANDBOX),
  }
  let reply: Reply
  try {
    reply = await steps(served, around, trace)
  } catch (error) {
    reply = failure(provider, error, trace, around)
  }
  if (around.checkReplies) reply = check(served, trace, reply, around)
  const { documented, sandbox, interference } = trace
  reply = finish(provider, trace, reply)
  if (interference !== undefined) reply = interference.mark(reply)

  const exchange = await journal(served, trace, reply, around)
  const faults = interference?.faults ?? []
  return {
    provider: provider.name,
    step: trace.step,
    ...(documented && { operationId: documented.operationId }),
    sandbox: sandbox.id,
    ...(exchange && { method: exchange.method, path: received.mount + exchange.path }),
    ...(faults.length > 0 && { faults }),
    reply,
    ...(interference?.delivery && { delivery: interference.delivery }),
  }
}

async function steps(served: Served, around: Surroundings, trace: Trace): Promise<Reply> {
  const { provider } = served
  const routed = await routeFor(served, trace, around)

  trace.step = 'authenticate'
  const identity = await identify(served, routed.documented, routed.request, around)
  const sandbox = identity.caller ? await sandboxStill(provider, identity.caller, around) : trace.sandbox
  const request = { ...routed.request, fidelity: sandbox.fidelity }
  const documented = served.apis[sandbox.fidelity].operation(routed.documented.operationId)
  trace.request = request
  trace.sandbox = sandbox
  if (identity.caller !== undefined) trace.caller = identity.caller

  // What no operation takes cannot go wrong in an operation's way.
  if (routed.allow === undefined) {
    trace.step = 'fault'
    trace.documented = documented
    const interference = interfere({ served, documented, request }, sandbox, identity.caller)
    if (interference !== undefined) trace.interference = interference
    if (interference?.quota !== undefined) trace.quota = interference.quota
    if (interference?.reply !== undefined) throw new ApiError(interference.reply)
  }

  // Before the refusals that are already sure: some services count those requests too.
  trace.step = 'limit'
  limit(provider, request, identity.caller, sandbox, trace)

  if (routed.allow !== undefined) {
    trace.step = 'route'
    throw new ApiError(provider.errors.methodNotAllowed(request, routed.allow))
  }
  if (identity.caller === undefined) {
    trace.step = 'authenticate'
    throw identity.refusal ?? new ApiError(provider.errors.unauthorized(request))
  }

  const operation = provider.operations[documented.operationId]
  if (operation === undefined) throw new Error(`${documented.operationId} is not implemented`)
  if (operation.kind === 'action') {
    trace.step = 'act'
    if (request.bodyIsTooLarge) throw new ApiError(provider.errors.invalid(request, [BODY_TOO_LARGE]))
    return act(provider, operation, request, sandbox, around)
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
  const asked = operation.query(params, context)
  const page = await query(asked, sandbox.runs(provider.name))
  const { hasMore: more, items } = page
  trace.page = { position: asked.cursor?.direction ?? 'first', more, items: items.length }

  trace.step = 'present'
  return operation.present(page, params, context)
}

/** The route; what leads nowhere is refused in the sandbox of its sender, whose journal has it. */
async function routeFor(served: Served, trace: Trace, around: Surroundings): Promise<Route> {
  try {
    return route(served, trace.request)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const caller = await sender(served.provider, trace.request, around)
    if (caller === undefined) throw error
    trace.caller = caller
    trace.sandbox = await sandboxStill(served.provider, caller, around)
    trace.request = { ...trace.request, fidelity: trace.sandbox.fidelity }
    return route(served, trace.request)
  }
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
  if (documented.security.length === 0) return { caller: (await sender(provider, request, around)) ?? ANYONE }
  const keys = around.sandboxes.keyring(provider.name)
  const state = statesOf(provider, around)
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

/** Who a request is likely from that nobody asks who they are. */
function sender(provider: Provider, request: ApiRequest, around: Surroundings) {
  const keys = around.sandboxes.keyring(provider.name)
  return senderOf(provider, request, keys, wallNow(), statesOf(provider, around))
}

/** What the provider remembers, by sandbox. */
function statesOf({ name }: Provider, around: Surroundings): (sandbox: string) => State {
  return (id) => sandboxOf(around, id).state(name)
}

/** Who asks where nobody is asked who they are. */
const ANYONE: Caller<unknown> = { sandbox: DEFAULT_SANDBOX, name: 'anyone', grant: undefined }

function limit(
  provider: Provider,
  request: ApiRequest,
  caller: Caller<unknown> | undefined,
  sandbox: Sandbox,
  trace: Trace,
): void {
  const rule = sandbox.rateLimits ? provider.rateLimit?.(request, caller) : undefined
  if (rule === undefined) return
  const quota = asTold(sandbox.count(provider.name, rule), sandbox.clock)
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
  sandbox: Sandbox,
  around: Surroundings,
): Promise<Reply> {
  const named = (id: string): Sandbox => (id === sandbox.id ? sandbox : sandboxOf(around, id))
  return operation.answer({
    request,
    keys: around.sandboxes.keyring(provider.name),
    wall: wallNow(),
    nonce: randomHex,
    state: (id) => named(id).state(provider.name),
    world: (id) => named(id).world(provider.name),
  })
}

/**
 * The caller's sandbox. To verify a credential takes a while, in which the sandbox may be deleted and made again under the
 * same id: then the credential is in nobody's keyring. One that is reset keeps its credentials.
 */
async function sandboxStill(
  { name: provider }: Provider,
  caller: Caller<unknown>,
  around: Surroundings,
): Promise<Sandbox> {
  for (;;) {
    const sandbox = sandboxOf(around, caller.sandbox)
    if (caller === ANYONE) return sandbox
    const holder = await around.sandboxes.keyring(provider).find(caller.name)
    if (holder?.sandbox !== sandbox.id) throw new GoneError(sandbox.id)
    if (around.sandboxes.get(sandbox.id) === sandbox) return sandbox
  }
}

function sandboxOf(around: Surroundings, id: string): Sandbox {
  const sandbox = around.sandboxes.get(id)
  if (sandbox === undefined) throw new GoneError(id)
  return sandbox
}

/** What a step that threw is answered with. */
function failure(provider: Provider, error: unknown, { request }: Trace, around: Surroundings): Reply {
  if (error instanceof ApiError) return error.reply
  if (error instanceof GoneError) return provider.errors.unauthorized(request)
  around.report(error)
  return provider.errors.internal(request)
}

function check({ provider, apis }: Served, trace: Trace, reply: Reply, around: Surroundings): Reply {
  const { documented, request } = trace
  if (documented === undefined) return reply
  const isJson = /\bjson\b/.test(reply.headers['content-type'] ?? '')
  const breaches = apis[request.fidelity].breaches(documented, reply.status, isJson ? reply.body : undefined)
  if (breaches.length === 0) return reply
  trace.step = 'check'
  around.report(
    new Error(`a ${reply.status} of ${documented.operationId} breaks its document: ${breaches.join('; ')}`),
  )
  return provider.errors.internal(request)
}

/** Keeps what the client did and what became of it, whatever that was. */
async function journal(
  served: Served,
  trace: Trace,
  reply: Reply,
  around: Surroundings,
): Promise<Exchange | undefined> {
  const { sandbox, interference } = trace
  const faults = interference?.faults ?? []
  let exchange: Exchange | undefined
  try {
    const discreet = redactor(around.providers, around.sandboxes)
    exchange = await exchangeOf(served, sandbox, discreet, {
      ...trace,
      reply,
      faults,
      delivery: interference?.delivery,
    })
    sandbox.journal.record(exchange, sandbox.clock.now(), wallNow())
  } catch (error) {
    around.report(error)
  }
  return exchange
}

function finish({ finish }: Provider, { request, quota }: Trace, reply: Reply): Reply {
  return finish?.(request, reply, quota) ?? reply
}
