/** A JSON Schema, as far as a query is read by it. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly deprecated?: boolean
  readonly 'x-deprecated'?: unknown
}

/** A parameter of a dereferenced OpenAPI document. */
export interface ParameterObject {
  readonly name: string
  readonly in: string
  readonly style?: string
  readonly required?: boolean
  readonly deprecated?: boolean
  readonly allowEmptyValue?: boolean
  readonly schema?: unknown
}

/** An operation of a dereferenced OpenAPI document. */
export interface OperationObject {
  readonly method: string
  readonly path: string
  readonly deprecated?: boolean
  readonly parameters?: readonly ParameterObject[]
  readonly responses?: Readonly<Record<string, unknown>>
}

/** The document's validators accept nothing else as a schema but objects and booleans. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}
