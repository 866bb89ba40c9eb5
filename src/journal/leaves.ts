import { isSchema, type OperationObject, type ParameterObject, type Schema } from './shapes.ts'

/** One thing that a client can send by name: a parameter, or a member of one that is an object. */
export interface Leaf {
  /** As a query spells it: `filter[createdAt][from]`. Of a header, its lower-case name. */
  readonly name: string
  readonly in: 'query' | 'header'
  /** From the parameter's name inwards: `['filter', 'createdAt', 'from']`. */
  readonly steps: readonly string[]
  /** What each value must be; of a list, what each item must be. */
  readonly schema: Schema
  /** How several values are spelled; `one` where there is only one. */
  readonly style: 'one' | 'commas' | 'commas or repeated'
  readonly required: boolean
  readonly deprecated: boolean
  /** The words that the document marks deprecated. */
  readonly deprecatedWords: readonly string[]
  /** The words that the document has for it; undefined where any will do. */
  readonly words: readonly string[] | undefined
  /** Whether only the document's own validators can say that a value is right. */
  readonly bounded: boolean
  /** Whether the document takes an empty text for a value. */
  readonly takesEmpty: boolean
  /** Whether it takes any text that is one, and has nothing to say of it. */
  readonly takesAnyText: boolean
}

/** What a client can send to an operation, in the document's order. */
export function leavesOf(operation: OperationObject): Leaf[] {
  return (operation.parameters ?? []).flatMap((parameter) => {
    const { in: place, name } = parameter
    if (place === 'header')
      return [leaf(parameter, 'header', name.toLowerCase(), [name], schemaOf(parameter))]
    return place === 'query' ? spread(parameter, name, [name], schemaOf(parameter)) : []
  })
}

function schemaOf({ schema }: ParameterObject): Schema {
  return isSchema(schema) ? schema : {}
}

/** An object is sent member by member: in brackets as a deepObject, else each under its own name. */
function spread(parameter: ParameterObject, name: string, steps: readonly string[], schema: Schema): Leaf[] {
  if (schema.properties === undefined) return [leaf(parameter, 'query', name, steps, schema)]
  return Object.entries(schema.properties).flatMap(([member, inner]) => {
    const spelled = parameter.style === 'deepObject' ? `${name}[${member}]` : member
    // Nobody has to send the members of an object that need not be there.
    const required = parameter.required === true && schema.required?.includes(member) === true
    const deprecated = parameter.deprecated === true || schema.deprecated === true
    return spread({ ...parameter, required, deprecated }, spelled, [...steps, member], inner)
  })
}

function leaf(
  parameter: ParameterObject,
  place: Leaf['in'],
  name: string,
  steps: readonly string[],
  schema: Schema,
): Leaf {
  const isList = schema.type === 'array'
  const item = isList ? (schema.items ?? {}) : schema
  const deprecatedWords = [...wordsOf(schema['x-deprecated']), ...deprecatedIn(item)]
  const deprecated = parameter.deprecated === true || schema.deprecated === true || item.deprecated === true
  const words = item.enum?.filter((word) => word !== null).map(String) ?? wordsOfAlternatives(item)
  const bounded = [schema, item].some((part) => Object.keys(part).some((keyword) => !PLAIN.has(keyword)))
  return {
    name,
    in: place,
    steps,
    schema: item,
    style: !isList ? 'one' : parameter.style === 'deepObject' ? 'commas' : 'commas or repeated',
    required: parameter.required === true,
    deprecated,
    deprecatedWords: [...new Set(deprecatedWords)],
    words,
    bounded,
    takesEmpty: parameter.allowEmptyValue === true || (item.type === undefined && item.enum === undefined),
    takesAnyText: !isList && !deprecated && !bounded && words === undefined && item.type === 'string',
  }
}

/** Keywords that the reader itself sees to, or that say nothing of a value. */
const PLAIN = new Set([
  'type',
  'items',
  'enum',
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'x-deprecated',
])

function wordsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** The other way to write an enum: alternatives, each of which is a constant. */
function wordsOfAlternatives({ oneOf, anyOf }: Schema): string[] | undefined {
  const alternatives = oneOf ?? anyOf
  return alternatives?.every((alternative) => 'const' in alternative)
    ? alternatives.map((alternative) => String(alternative.const))
    : undefined
}

function deprecatedIn(item: Schema): string[] {
  const marked = [...(item.oneOf ?? []), ...(item.anyOf ?? [])].filter(
    ({ deprecated }) => deprecated === true,
  )
  const constants = marked.filter((alternative) => 'const' in alternative)
  return [...wordsOf(item['x-deprecated']), ...constants.map((alternative) => String(alternative.const))]
}
