import type { JsonObject } from '../core/json.ts'
import { lastValues, repeatedNames } from '../core/query.ts'
import { ApiError, json, problem, type Reply } from '../core/reply.ts'
import { type ApiRequest, baseUrl } from '../core/request.ts'
import { GoneError, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import type { Served } from '../http/address.ts'
import type { Control } from '../http/answering.ts'
import type { Api, DocumentedOperation } from '../spec/api.ts'
import { refusal } from './access.ts'
import { type Call, type Operation, type SandboxOperation, sandboxNamed, unprocessable } from './call.ts'
import { clockOperations } from './clock.ts'
import { faultOperations } from './faults.ts'
import { journalOperations } from './journal.ts'
import { wrongsOf } from './problems.ts'
import { runOperations } from './runs.ts'
import { sandboxOperations } from './sandboxes.ts'

export interface ControlOptions {
  /** The control plane's own document. */
  readonly api: Api
  readonly served: readonly Served[]
  readonly sandboxes: Sandboxes
  /** What callers have to show; without one, loopback peers are let in. */
  readonly adminToken?: string | undefined
  health(): Health
  /** What each sandbox is shown with of how else the server is reached. */
  reached?(): JsonObject
  /** Hears of errors that are Runyard's own. */
  report?(error: unknown): void
}

export interface Health {
  readonly status: 'ok' | 'draining'
  readonly version: string
  readonly uptimeMs: number
}

/** The control plane under `/_runyard`, routed and validated, both ways, by its own document. */
export function controlPlane(options: ControlOptions): Control {
  const { api, served, sandboxes, health } = options
  const shown = async (sandbox: Sandbox, request: ApiRequest): Promise<JsonObject> => ({
    ...(await sandbox.describe(baseUrl(request))),
    ...options.reached?.(),
  })
  const operations: Readonly<Record<string, AnyOperation>> = {
    getHealth: async () => {
      const state = health()
      return json(state.status === 'ok' ? 200 : 503, state)
    },
    getDocument: async () => json(200, api.document),
    ...sandboxOperations(sandboxes, shown),
    ...onSandbox(sandboxes, {
      ...clockOperations(sandboxes),
      ...faultOperations(served),
      ...journalOperations(served),
      ...runOperations(served),
    }),
  }

  const answer = async (request: ApiRequest, peer: string | undefined): Promise<Reply> => {
    const match = api.match(methodOf(request), request.path)
    if (match.found === 'nothing') {
      return problem(
        404,
        'Not Found',
        `The control plane has no ${request.path}. Its document is /_runyard/openapi.json.`,
      )
    }
    if (match.found === 'path') {
      const refused = problem(405, 'Method Not Allowed', `${request.path} takes ${match.allow.join(', ')}.`)
      return { ...refused, headers: { ...refused.headers, allow: match.allow.join(', ') } }
    }
    const { operation, params } = match
    if (operation.security.length > 0) {
      const refused = refusal(request, peer, options.adminToken)
      if (refused !== undefined) return refused
    }
    const respond = operations[operation.operationId]
    if (respond === undefined) throw new Error(`${operation.operationId} is not implemented`)
    const call = read(api, operation, { ...request, params })
    return checked(api, operation, await respond(call))
  }

  return {
    async answer(request, peer) {
      try {
        return await answer(request, peer)
      } catch (error) {
        if (error instanceof ApiError) return error.reply
        if (error instanceof GoneError) return problem(404, 'No such sandbox', error.message)
        options.report?.(error)
        return problem(500, 'Internal Server Error', 'This is an error of Runyard. Its log says more.')
      }
    },
  }
}

/** An operation, whichever it is: the document decides at run time which call it gets. */
type AnyOperation = Operation<never>

/** As the document knows it. A method that is not in capitals is another one (RFC 9110 §9.1), which the router forgets. */
function methodOf({ method }: ApiRequest): string {
  if (method === 'HEAD') return 'GET'
  return method === method.toUpperCase() ? method : ''
}

/** Operations on the sandbox that the path names. */
function onSandbox(
  sandboxes: Sandboxes,
  operations: Readonly<Record<string, SandboxOperation<never>>>,
): Record<string, AnyOperation> {
  const entries = Object.entries(operations).map(([id, operate]): [string, AnyOperation] => [
    id,
    async (call) => operate(sandboxNamed(sandboxes, call), call),
  ])
  return Object.fromEntries(entries)
}

/** The call as the document reads it. Throws an ApiError for what it forbids. */
function read(api: Api, operation: DocumentedOperation, request: ApiRequest): Call<never> {
  const repeated = repeatedNames(request.search)
  if (repeated.length > 0) {
    throw unprocessable(repeated.map((pointer) => ({ pointer, detail: 'is there more than once' })))
  }
  const body = readBody(operation, request)
  const given = Object.fromEntries(lastValues(request.search))
  const { problems, query } = api.read(operation, request.path, given, body)
  if (problems.length > 0) throw unprocessable(wrongsOf(problems))
  // The cast: the document has said that query and body are what the operation takes.
  return { request, query, body } as Call<never>
}

function readBody({ routed }: DocumentedOperation, request: ApiRequest): unknown {
  if (request.bodyIsTooLarge) {
    throw new ApiError(problem(413, 'Content Too Large', 'A body may take 1 MiB. Send less at a time.'))
  }
  if (request.body === '') return undefined
  if (routed.requestBody === undefined) {
    throw new ApiError(problem(400, 'Bad Request', `${request.method} ${request.path} takes no body.`))
  }
  // Also what keeps a page of another origin from sending one without being asked (CORS).
  if (!/^application\/json\s*(;|$)/i.test(request.header('content-type') ?? '')) {
    throw new ApiError(
      problem(415, 'Unsupported Media Type', 'The body has to be JSON: send content-type: application/json.'),
    )
  }
  const body = parsed(request.body)
  if (isTooDeep(body)) {
    throw unprocessable([{ pointer: '', detail: `is nested deeper than ${MOST_LEVELS} levels` }])
  }
  return body
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ApiError(problem(400, 'Bad Request', `The body is no JSON: ${Object(error).message}.`))
  }
}

/** How many objects and lists may be inside each other. `JSON.stringify` runs out of stack at some thousands. */
const MOST_LEVELS = 100

/** Level by level, since a recursion would run out of stack too. */
function isTooDeep(body: unknown): boolean {
  const isNest = (value: unknown): value is object => typeof value === 'object' && value !== null
  let level = [body].filter(isNest)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) return true
    level = level.flatMap((nest) => Object.values(nest).filter(isNest))
  }
  return false
}

/** The reply, held against the document. Throws an Error when it breaks it. */
function checked(api: Api, operation: DocumentedOperation, reply: Reply): Reply {
  const breaches = api.breaches(operation, reply.status, reply.body)
  if (breaches.length === 0) return reply
  throw new Error(`a ${reply.status} of ${operation.operationId} breaks its document: ${breaches.join('; ')}`)
}
