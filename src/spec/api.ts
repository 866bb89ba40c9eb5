import type { Ajv } from 'ajv'
import {
  type Document,
  OpenAPIBackend,
  type Operation as RoutedOperation,
  ValidationContext,
} from 'openapi-backend'
import type { JsonObject } from '../core/json.ts'
import type { Problem } from '../core/provider.ts'
import { AJV_OPTIONS, documentAjv, stepsOf } from './ajv.ts'

/** An operation of a document, as routing finds it. */
export interface DocumentedOperation {
  readonly operationId: string
  /** OR of ANDs of security scheme names; empty when nobody is asked who they are. */
  readonly security: readonly (readonly string[])[]
  readonly routed: RoutedOperation
}

export type Match =
  | { readonly found: 'operation'; readonly operation: DocumentedOperation }
  /** The path has operations, of which `other` is one, but none of this method. */
  | { readonly found: 'path'; readonly allow: readonly string[]; readonly other: DocumentedOperation }
  | { readonly found: 'nothing' }

/** One OpenAPI document at work: openapi-backend decides what a path means and what is valid. */
export class Api {
  readonly document: JsonObject
  readonly #backend: OpenAPIBackend
  readonly #operations = new Map<string, DocumentedOperation>()

  private constructor(document: JsonObject, backend: OpenAPIBackend) {
    this.document = document
    this.#backend = backend
    for (const routed of backend.router.getOperations()) {
      if (routed.operationId === undefined)
        throw new Error(`${routed.method} ${routed.path} has no operationId`)
      this.#operations.set(routed.operationId, {
        operationId: routed.operationId,
        security: (routed.security ?? []).map((requirement) => Object.keys(requirement)),
        routed,
      })
    }
  }

  /**
   * Puts a document (OpenAPI 3.1) to work. `reading`: who makes typed values of a query's texts, and fills in what the
   * document has as default. The vendors' parameters are read by their providers, whose reading is not to be mended.
   */
  static async of(
    document: JsonObject,
    reading: 'by provider' | 'by document' = 'by provider',
  ): Promise<Api> {
    // One of each for all operations: openapi-backend would have a new one for every operation and status.
    const judge: { made?: Ajv } = {}
    const reader: { made?: Ajv } = {}
    const backend = new OpenAPIBackend({
      // A copy, since openapi-backend dereferences in place. The cast: JSON is all that a document is.
      definition: structuredClone(document) as unknown as Document,
      // The full start validates against the schema of OpenAPI 3.0 and refuses 3.1 (docs/decisions.md).
      quick: true,
      ignoreTrailingSlashes: false,
      coerceTypes: reading === 'by document',
      ajvOpts: AJV_OPTIONS,
      // A new one, since openapi-backend's coerces what a provider could not read: 'true' would pass as a boolean.
      // What is in a body has types of its own.
      customizeAjv(_ajv, options, context) {
        const read = reading === 'by document' && context === ValidationContext.Params
        const ajv = read ? reader : judge
        ajv.made ??= documentAjv({ ...options, coerceTypes: read, useDefaults: read })
        return ajv.made
      },
    })
    await backend.init()
    return new Api(document, backend)
  }

  /** Compiles the validators of requests, which the first request of each operation would otherwise wait for. */
  warm(): void {
    for (const operationId of this.#operations.keys()) {
      this.#backend.validator.getRequestValidatorsForOperation(operationId)
    }
  }

  get operationIds(): string[] {
    return [...this.#operations.keys()]
  }

  /** The path templates that the document has. */
  get paths(): string[] {
    return [...new Set([...this.#operations.values()].map((operation) => operation.routed.path))]
  }

  /** Throws when the document has no such operation. */
  operation(operationId: string): DocumentedOperation {
    const operation = this.#operations.get(operationId)
    if (operation === undefined) throw new Error(`there is no operation ${operationId}`)
    return operation
  }

  match(method: string, path: string): Match {
    const routed = this.#backend.router.matchOperation({ method, path, headers: {} })
    if (routed?.operationId !== undefined) {
      return { found: 'operation', operation: this.operation(routed.operationId) }
    }
    const others = METHODS.flatMap((other) => {
      const operation = this.#backend.router.matchOperation({ method: other, path, headers: {} })
      return operation?.operationId === undefined ? [] : [{ method: other, id: operation.operationId }]
    })
    const [first] = others
    if (first === undefined) return { found: 'nothing' }
    return { found: 'path', allow: others.map(({ method }) => method), other: this.operation(first.id) }
  }

  /** The values of the path's parameters, decoded. */
  pathParams(operation: DocumentedOperation, path: string): Record<string, string> {
    const parsed = this.#backend.router.parseRequest({ method: 'get', path, headers: {} }, operation.routed)
    return Object.fromEntries(Object.entries(parsed.params).map(([name, value]) => [name, String(value)]))
  }

  /** What the document forbids in a request whose query has been read; empty when it is valid. */
  problems(operation: DocumentedOperation, path: string, query: Record<string, unknown>): Problem[] {
    return this.read(operation, path, query).problems
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
    const problems = (errors ?? []).flatMap((error): Problem[] => {
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
    return { problems, query: Object(coerced?.query) }
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

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Whether a text from a path is a value of a JSON Schema type. */
function isTextOf(type: unknown, text: unknown): boolean {
  if (typeof text !== 'string') return false
  if (type === 'integer') return /^-?\d+$/.test(text)
  return type === 'number'
    ? text.trim() !== '' && Number.isFinite(Number(text))
    : type === 'boolean' && /^(true|false)$/.test(text)
}
