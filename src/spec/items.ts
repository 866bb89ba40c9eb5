import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Json, JsonObject } from '../core/json.ts'
import { stepsOf } from './ajv.ts'
import type { Api, DocumentedOperation } from './api.ts'

/** One way in which an item is not what the document says. */
export interface ItemProblem {
  /** From the item inwards. */
  readonly path: readonly string[]
  /** Follows the member's name: `must be one of …`. */
  readonly message: string
}

/** Holds the items of a list to the document that has them. */
export class Items {
  readonly #whole: ValidateFunction
  readonly #partial: ValidateFunction

  /** `items`: where the operation's 200 reply has its list. Throws when the document has no list there. */
  constructor(api: Api, operationId: string, items: readonly string[]) {
    const schema = itemSchema(api.operation(operationId), items)
    this.#whole = api.compile(schema, false)
    this.#partial = api.compile(inPart(schema), false)
  }

  /** What is wrong with an item that may lack members; members that the document does not have are wrong. */
  partial(item: JsonObject): ItemProblem[] {
    return problemsOf(this.#partial, item)
  }

  /** What is wrong with an item as a list would show it. */
  whole(item: JsonObject): ItemProblem[] {
    return problemsOf(this.#whole, item)
  }
}

function itemSchema({ operationId, routed }: DocumentedOperation, items: readonly string[]): JsonObject {
  const reply: unknown = routed.responses?.['200']
  let schema: unknown = Object(Object(Object(reply).content)['application/json']).schema
  for (const member of items) schema = Object(Object(schema).properties)[member]
  const item: unknown = Object(schema).items
  if (typeof item !== 'object' || item === null) throw new Error(`${operationId} has no list of items`)
  return item as JsonObject
}

/** The schema of the same value with any of its members left out, and no others than those. */
function inPart(schema: Json): Json & object
function inPart(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((inner) => inPart(inner))
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema)
    .filter(([keyword, value]) => !(keyword === 'required' && Array.isArray(value)))
    .map(([keyword, value]): [string, Json] => [keyword, LITERAL.has(keyword) ? value : inPart(value)])
  const closed = isPlainObject(schema) ? { additionalProperties: false } : {}
  return { ...closed, ...Object.fromEntries(entries) }
}

/** Keywords whose value is data, not schemas. */
const LITERAL = new Set(['enum', 'const', 'default', 'example', 'examples'])

/** Whether a schema lists an object's members. One that is combined with others does not know theirs. */
function isPlainObject(schema: JsonObject): boolean {
  return (
    typeof schema.properties === 'object' &&
    !['allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in schema) &&
    (schema.type === 'object' || (Array.isArray(schema.type) && schema.type.includes('object')))
  )
}

function problemsOf(validate: ValidateFunction, item: JsonObject): ItemProblem[] {
  validate(item)
  return (validate.errors ?? []).map((error) => ({ path: pathOf(error), message: messageOf(error) }))
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string[] {
  const steps = stepsOf(instancePath)
  if (keyword === 'additionalProperties') steps.push(String(params.additionalProperty))
  if (keyword === 'required') steps.push(String(params.missingProperty))
  return steps
}

function messageOf({ keyword, params, message, parentSchema }: ErrorObject): string {
  if (keyword === 'additionalProperties')
    return `is not in the document, which has ${Object.keys(Object(parentSchema?.properties)).join(', ')}`
  if (keyword === 'enum') return `must be one of ${[...Object(params.allowedValues)].map(String).join(', ')}`
  if (keyword === 'required') return 'is missing'
  return message ?? keyword
}
