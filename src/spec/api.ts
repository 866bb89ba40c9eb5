import type { Ajv, ErrorObject } from 'ajv'
import {
  type Document,
  OpenAPIBackend,
  type Operation as RoutedOperation,
  ValidationContext,
} from 'openapi-backend'
import type { JsonObject } from '../core/json.ts'
import type { Problem } from '../core/provider.ts'
import { Remembered } from '../core/remembered.ts'
import { AJV_OPTIONS, stepsOf } from './ajv.ts'
import { isBuilt } from './built.ts'
import { type Compile, compilerOf } from './compile.ts'

/** An operation of a document, as routing finds it. */
export interface DocumentedOperation {
  readonly operationId: string
  /** OR of ANDs of security scheme names; empty when nobody is asked who they are. */
  readonly security: readonly (readonly string[])[]
  readonly routed: RoutedOperation
}

export type Match =
  | {
      readonly found: 'operation'
      readonly operation: DocumentedOperation
      /** The values of the path's parameters, decoded. Throws an Error where they cannot be. */
      readonly params: Readonly<Record<string, string>>
    }
  /** The path has operations, of which `other` is one, but none of this method. */
  | { readonly found: 'path'; readonly allow: readonly string[]; readonly other: DocumentedOperation }
  | { readonly found: 'nothing' }

type Reading = 'by provider' | 'by document'

/** What a document at work consists of. */
interface Work {
  readonly backend: OpenAPIBackend
  readonly operations: ReadonlyMap<string, DocumentedOperation>
}

function putToWork(document: JsonObject, reading: Reading, compile: Compile): Work {
  const backend = new OpenAPIBackend({
    // A copy, since openapi-backend dereferences in place. The cast: JSON is all that a document is.
    definition: structuredClone(document) as unknown as Document,
    // The full start validates against the schema of OpenAPI 3.0 and refuses 3.1 (docs/decisions.md).
    quick: true,
    ignoreTrailingSlashes: false,
    coerceTypes: reading === 'by document',
    ajvOpts: AJV_OPTIONS,
    // In place of openapi-backend's own, which coerces what a provider could not read: 'true' would pass as a boolean.
    // What is in a body has types of its own.
    customizeAjv(_ajv, _options, context) {
      const reads = reading === 'by document' && context === ValidationContext.Params
      // The cast: compiling is all that openapi-backend has use for.
      return { compile: (schema: object) => compile(schema, reads) } as unknown as Ajv
    },
  })
  // A quick one is ready when this returns: there is nothing on its way that it waits for.
  void backend.init()
  // openapi-backend makes this list anew each time that it looks for an operation.
  const documented = backend.router.getOperations()
  backend.router.getOperations = () => documented
  const operations = new Map<string, DocumentedOperation>()
  for (const routed of documented) {
    if (routed.operationId === undefined)
      throw new Error(`${routed.method} ${routed.path} has no operationId`)
    operations.set(routed.operationId, {
      operationId: routed.operationId,
      security: (routed.security ?? []).map((requirement) => Object.keys(requirement)),
      routed,
    })
  }
  return { backend, operations }
}

/** One OpenAPI document at work: openapi-backend decides what a path means and what is valid. */
export class Api {
  readonly document: JsonObject
  /** How its schemas become validators. */
  readonly compile: Compile
  readonly #reading: Reading
  readonly #matches = new Remembered<Match>(MOST_PATHS)
  readonly #params = new Remembered<object>(MOST_PATHS)
  #work: Work | undefined

  private constructor(document: JsonObject, reading: Reading, compile: Compile) {
    this.document = document
    this.compile = compile
    this.#reading = reading
  }

  /**
   * Puts a document (OpenAPI 3.1) to work. `reading`: who makes typed values of a query's texts, and fills in what the
   * document has as default. The vendors' parameters are read by their providers, whose reading is not to be mended.
   * `compile`: where its validators come from.
   */
  static async of(
    document: JsonObject,
    reading: Reading = 'by provider',
    compile: Compile = compilerOf(),
  ): Promise<Api> {
    return new Api(document, reading, compile)
  }

  /** Begins when it is asked for something: the document of a fidelity that nobody uses costs nothing. */
  get #atWork(): Work {
    this.#work ??= putToWork(this.document, this.#reading, this.compile)
    return this.#work
  }

  get #backend(): OpenAPIBackend {
    return this.#atWork.backend
  }

  get #operations(): ReadonlyMap<string, DocumentedOperation> {
    return this.#atWork.operations
  }

  /**
   * Readies the validators of requests, which the first request of each operation would otherwise wait for. Those that the
   * build has compiled are ready: to load them takes that request a millisecond, and a start with all of them 15.
   */
  warm(): void {
    if (isBuilt) return
    for (const operationId of this.#operations.keys()) {
      this.#backend.validator.getRequestValidatorsForOperation(operationId)
    }
  }

  /** Readies the validators of replies. */
  warmReplies(): void {
    for (const operationId of this.#operations.keys()) {
      this.#backend.validator.getStatusBasedResponseValidatorForOperation(operationId)
    }
  }

  get operationIds(): string[] {
    return operationsIn(this.document).map(({ operationId }) => operationId)
  }

  /** The path templates that the document has. */
  get paths(): string[] {
    return [...new Set(operationsIn(this.document).map(({ path }) => path))]
  }

  /** Throws when the document has no such operation. */
  operation(operationId: string): DocumentedOperation {
    const operation = this.#operations.get(operationId)
    if (operation === undefined) throw new Error(`there is no operation ${operationId}`)
    return operation
  }

  match(method: string, path: string): Match {
    const before = this.#matches.get(path, [method])
    if (before !== undefined) return before
    // openapi-backend goes through all its operations each time, with a new expression for each.
    const match = this.#match(method, path)
    if (method.length + path.length <= LONGEST_PATH) this.#matches.set(path, [method], match)
    return match
  }

  #match(method: string, path: string): Match {
    const { router } = this.#backend
    const routed = router.matchOperation({ method, path, headers: {} })
    if (routed?.operationId !== undefined) {
      const operation = this.operation(routed.operationId)
      let known: Readonly<Record<string, string>> | undefined
      return {
        found: 'operation',
        operation,
        get params() {
          const params =
            known ?? paramsOf(router.parseRequest({ method: 'get', path, headers: {} }, routed).params)
          known = params
          return params
        },
      }
    }
    const others = METHODS.flatMap((other) => {
      const operation = router.matchOperation({ method: other, path, headers: {} })
      return operation?.operationId === undefined ? [] : [{ method: other, id: operation.operationId }]
    })
    const [first] = others
    if (first === undefined) return { found: 'nothing' }
    return { found: 'path', allow: others.map(({ method }) => method), other: this.operation(first.id) }
  }

  /**
   * What the document forbids in a request whose query its provider has read; empty when it is valid. These are
   * openapi-backend's validators, without what it does around them to read a request, which takes ten times as long: what
   * the provider left a text is judged as one, a list's too.
   */
  problems(
    { routed, operationId }: DocumentedOperation,
    path: string,
    query: Record<string, unknown>,
  ): Problem[] {
    const given = { path: this.#paramsIn(path, routed), query, header: {}, cookie: {} }
    const problems: Problem[] = []
    for (const validate of this.#backend.validator.getRequestValidatorsForOperation(operationId) ?? []) {
      validate(given)
      if (validate.errors) problems.push(...problemsOf(validate.errors))
    }
    return problems
  }

  /** The values of the path's parameters as openapi-backend reads them. */
  #paramsIn(path: string, routed: RoutedOperation): object {
    const before = this.#params.get(path, [routed.path])
    if (before !== undefined) return before
    const { params } = this.#backend.router.parseRequest({ method: routed.method, path, headers: {} }, routed)
    if (path.length <= LONGEST_PATH) this.#params.set(path, [routed.path], params)
    return params
  }

  /**
   * What the document forbids in a request, and its query as the document reads it. `body`: the parsed JSON, undefined
   * without one.
   */
  read(
    operation: DocumentedOperation,
    path: string,
    query: Record<string, unknown>,
    body?: unknown,
  ): { problems: Problem[]; query: Readonly<Record<string, unknown>> } {
    const { errors, coerced } = this.#backend.validateRequest(
      {
        method: operation.routed.method,
        path,
        // The cast: the library's type knows only text in a query, its validators take what the provider has read.
        query: query as Record<string, string>,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
        body,
      },
      operation.routed,
    )
    return { problems: problemsOf(errors ?? []), query: Object(coerced?.query) }
  }

  /**
   * How a reply breaks the document; empty when it keeps to it. A status that is not documented breaks it; a body that
   * is no JSON is undefined here, and not looked at.
   */
  breaches(operation: DocumentedOperation, status: number, body: unknown): string[] {
    const responses = operation.routed.responses ?? {}
    if (!(String(status) in responses) && !('default' in responses))
      return [`status ${status} is not documented`]
    if (body === undefined) return []
    const { errors } = this.#backend.validateResponse(body, operation.routed, status)
    return (errors ?? []).map((error) => `${error.instancePath || 'body'} ${error.message ?? error.keyword}`)
  }
}

function problemsOf(errors: readonly ErrorObject[]): Problem[] {
  return errors.flatMap((error): Problem[] => {
    const [place = '', ...steps] = stepsOf(error.instancePath)
    // Nobody reads the path's parameters but openapi-backend, which leaves them text.
    if (place === 'path' && error.keyword === 'type' && isTextOf(error.params.type, error.data)) return []
    return [
      {
        in: place === 'path' ? 'path' : place === 'query' ? 'query' : 'body',
        path: steps,
        rule: error.keyword,
        facts: error.params,
        value: error.data,
        message: error.message ?? error.keyword,
        schema: error.parentSchema,
      },
    ]
  })
}

/** How many paths are remembered, and how long they may be. */
const MOST_PATHS = 2_000
const LONGEST_PATH = 500

/** A document's operations, in its order, without putting it to work. */
function operationsIn({ paths }: JsonObject): { path: string; operationId: string }[] {
  return Object.entries(Object(paths)).flatMap(([path, item]) =>
    IN_ORDER.flatMap((method) => {
      const operation: unknown = Object(item)[method]
      return operation === undefined ? [] : [{ path, operationId: String(Object(operation).operationId) }]
    }),
  )
}

/** In which openapi-backend lists a path's operations. */
const IN_ORDER = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

function paramsOf(parsed: object): Record<string, string> {
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Whether a text from a path is a value of a JSON Schema type. */
function isTextOf(type: unknown, text: unknown): boolean {
  if (typeof text !== 'string') return false
  if (type === 'integer') return /^-?\d+$/.test(text)
  return type === 'number'
    ? text.trim() !== '' && Number.isFinite(Number(text))
    : type === 'boolean' && /^(true|false)$/.test(text)
}
