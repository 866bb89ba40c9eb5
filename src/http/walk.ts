import { wallNow } from '../core/clock.ts'
import { Elsewhere } from '../core/elsewhere.ts'
import type { Exchange } from '../core/journal.ts'
import { randomHex } from '../core/nonce.ts'
import {
  type ActionOperation,
  BODY_TOO_LARGE,
  type Caller,
  type ListOperation,
  type Provider,
  type SecurityScheme,
} from '../core/provider.ts'
import { ApiError, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { DEFAULT_SANDBOX, GoneError, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import type { State } from '../core/state.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import type { Served } from './address.ts'
import { Answers } from './answers.ts'
import { ListContext } from './context.ts'
import type { Delivery } from './deliver.ts'
import { type Facts, factsOf } from './facts.ts'
import { interfere } from './interfere.ts'
import { asTold } from './limiter.ts'
import { pageOf } from './page.ts'
import { Recorder } from './record.ts'
import type { Received } from './requests.ts'
import { type Route, route } from './route.ts'
import { senderOf } from './sender.ts'
import { Trace } from './trace.ts'

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

/** A request's walk: the reply and how it is delivered. */
export interface Walked {
  readonly reply: Reply
  /** Undefined when nothing happens to the reply on its way. */
  readonly delivery: Delivery | undefined
  /** What is logged of it. */
  facts(): Facts
}

/** The surroundings, and what walks remember from one request to the next. */
interface Around extends Surroundings {
  readonly answers: Answers
  readonly recorder: Recorder
}

/**
 * Takes requests through every step, for every provider. A failure is a reply in that vendor's words; nothing is thrown but
 * `Elsewhere`, and then nothing was recorded.
 */
export type Walk = (served: Served, received: Received) => Promise<Walked>

/** What takes the requests of one server. */
export function walker(surroundings: Surroundings): Walk {
  const { providers, sandboxes } = surroundings
  const around: Around = {
    ...surroundings,
    answers: new Answers(),
    recorder: new Recorder(providers, sandboxes),
  }
  return (served, received) => walk(served, received, around)
}

async function walk(served: Served, received: Received, around: Around): Promise<Walked> {
  const { provider } = served
  const trace = new Trace(received, sandboxOf(around, DEFAULT_SANDBOX))
  let reply: Reply
  try {
    reply = await steps(served, around, trace)
  } catch (error) {
    if (error instanceof Elsewhere) throw error
    reply = failure(provider, error, trace, around)
  }
  if (around.checkReplies && !trace.isRecalled) reply = check(served, trace, reply, around)
  reply = keep(trace, reply, around)
  reply = finish(provider, trace, reply)
  const { interference } = trace
  if (interference !== undefined) reply = interference.mark(reply)

  const exchange = journal(provider, trace, reply, around)
  return {
    reply,
    delivery: interference?.delivery,
    facts: () => factsOf(provider, trace, reply, exchange),
  }
}

async function steps(served: Served, around: Around, trace: Trace): Promise<Reply> {
  const { provider } = served
  let routed: Route
  try {
    routed = route(served, trace.request)
  } catch (refusal) {
    await refuseFor(served, refusal, trace, around)
    routed = route(served, trace.request)
  }

  trace.step = 'authenticate'
  const { request } = trace
  request.params = routed.params
  const identity = await identify(served, routed.documented, request, around)
  if (identity.caller !== undefined) {
    trace.caller = identity.caller
    trace.sandbox = sandboxStill(provider, identity.caller, around)
  }
  const { sandbox } = trace
  request.fidelity = sandbox.fidelity
  const documented = served.apis[sandbox.fidelity].operation(routed.documented.operationId)

  // What no operation takes cannot go wrong in an operation's way.
  if (routed.allow === undefined) {
    trace.step = 'fault'
    trace.documented = documented
    const interference = interfere({ served, documented, request }, sandbox, identity.caller)
    trace.interference = interference
    trace.quota = interference?.quota
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

  const runs = sandbox.runs(provider.name)
  const edition = runs.edition()
  const now = sandbox.clock.now()
  const known = around.answers.recall(trace.received, edition, identity.by, now)
  if (known !== undefined) {
    trace.step = 'present'
    trace.page = known.page
    trace.isRecalled = true
    return known.reply
  }

  trace.step = 'validate'
  const params = validate(served, documented, operation, request)

  trace.step = 'query'
  const { caller } = identity
  const { operationId } = documented
  const context = new ListContext(
    { request, operationId, caller, world: sandbox.world(provider.name), secrets: sandbox.secrets },
    now,
  )
  const asked = operation.query(params, context)
  const page = await pageOf(asked, runs)
  const { hasMore: more, items } = page
  trace.page = { position: asked.cursor?.direction ?? 'first', more, items: items.length }

  trace.step = 'present'
  const reply = operation.present(page, params, context)
  trace.edition = edition
  trace.at = context.at
  trace.by = identity.by
  return reply
}

/** Has what leads nowhere refused in the sandbox of its sender, whose journal has it. */
async function refuseFor(
  { provider }: Served,
  refusal: unknown,
  trace: Trace,
  around: Around,
): Promise<void> {
  if (!(refusal instanceof ApiError)) throw refusal
  const caller = await sender(provider, trace.request, around)
  if (caller === undefined) throw refusal
  trace.caller = caller
  trace.sandbox = sandboxStill(provider, caller, around)
  trace.request.fidelity = trace.sandbox.fidelity
}

/** Who asks, or how who asks is refused. */
interface Identity {
  readonly caller?: Caller<unknown>
  /** The alternative of the document that accepted the request: another may tomorrow. */
  readonly by?: readonly string[]
  readonly refusal?: ApiError
}

/** Who asks: of the document's alternatives, the first whose every scheme accepts the request. */
async function identify(
  { provider }: Served,
  documented: DocumentedOperation,
  request: ApiRequest,
  around: Around,
): Promise<Identity> {
  if (documented.security.length === 0) return { caller: (await sender(provider, request, around)) ?? ANYONE }
  const keys = around.sandboxes.keyring(provider.name)
  const state = statesOf(provider, around)
  try {
    for (const schemes of documented.security) {
      let caller: Caller<unknown> | undefined
      let asked: SecurityScheme<unknown> | undefined
      for (const name of schemes) {
        const scheme = provider.security[name]
        // What goes by two names is asked once.
        if (scheme === undefined || scheme !== asked) {
          const answer = scheme?.authenticate(request, keys, wallNow(), state)
          // Most know at once.
          caller = answer instanceof Promise ? await answer : answer
        }
        if (caller === undefined) break
        asked = scheme
      }
      if (caller !== undefined) return { caller, by: schemes }
    }
    return {}
  } catch (error) {
    if (error instanceof ApiError) return { refusal: error }
    throw error
  }
}

/** Who a request is likely from that nobody asks who they are. */
function sender(provider: Provider, request: ApiRequest, around: Around) {
  const keys = around.sandboxes.keyring(provider.name)
  return senderOf(provider, request, keys, wallNow(), statesOf(provider, around))
}

/** What the provider remembers, by sandbox. */
function statesOf({ name }: Provider, around: Around): (sandbox: string) => State {
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

function act(
  provider: Provider,
  operation: ActionOperation<unknown, unknown>,
  request: ApiRequest,
  sandbox: Sandbox,
  around: Around,
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
function sandboxStill({ name: provider }: Provider, caller: Caller<unknown>, around: Around): Sandbox {
  const sandbox = sandboxOf(around, caller.sandbox)
  if (caller !== ANYONE && around.sandboxes.holder(provider, caller.name) !== sandbox.id)
    throw new GoneError(sandbox.id)
  return sandbox
}

function sandboxOf(around: Around, id: string): Sandbox {
  const sandbox = around.sandboxes.get(id)
  if (sandbox === undefined) throw new GoneError(id)
  return sandbox
}

/** What a step that threw is answered with. */
function failure(provider: Provider, error: unknown, { request }: Trace, around: Around): Reply {
  if (error instanceof ApiError) return error.reply
  if (error instanceof GoneError) return provider.errors.unauthorized(request)
  around.report(error)
  return provider.errors.internal(request)
}

function check({ provider, apis }: Served, trace: Trace, reply: Reply, around: Around): Reply {
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

/** Keeps an answer that was worked out for whoever asks the same. */
function keep({ step, received, edition, by, page, at }: Trace, reply: Reply, { answers }: Around): Reply {
  if (step !== 'present' || edition === undefined || by === undefined || page === undefined) return reply
  return answers.keep(received, { edition, by, at, reply, page })
}

/** Keeps what the client did and what became of it, whatever that was. */
function journal(provider: Provider, trace: Trace, reply: Reply, around: Around): Exchange | undefined {
  const { journal, clock } = trace.sandbox
  let exchange: Exchange | undefined
  try {
    exchange = around.recorder.exchangeOf(provider, trace, reply)
    if (journal.beginnings === trace.beginnings) journal.record(exchange, clock.now(), wallNow())
  } catch (error) {
    around.report(error)
  }
  return exchange
}

function finish({ finish }: Provider, { request, quota }: Trace, reply: Reply): Reply {
  return finish?.(request, reply, quota) ?? reply
}
