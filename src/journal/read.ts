import { quoted, some } from './bounds.ts'
import type { Leaf } from './leaves.ts'
import { nearest } from './nearest.ts'
import type { Schema } from './shapes.ts'

/** What became of reading one parameter as its document has it. */
export interface Reading {
  /** Why the document does not allow what came, in a sentence or more; undefined when it does. */
  readonly wrong?: string
  /** What came, typed as the document types it; undefined when it cannot be. */
  readonly value?: unknown
  /** Of what came, the words that the document has. */
  readonly words: readonly string[]
}

/**
 * Reads the texts that came under a parameter's name, one for each time it came, strictly: no service is so strict,
 * and no other server has to be as lenient. Bounds and formats are left to the document's own validators.
 */
export function readLeaf(leaf: Leaf, texts: readonly string[]): Reading {
  const items = leaf.style === 'one' ? texts : texts.flatMap((text) => text.split(','))
  const words = leaf.words === undefined ? [] : items.filter((item) => leaf.words?.includes(item))
  if (texts.length > 1 && leaf.style !== 'commas or repeated') {
    const right = leaf.style === 'one' ? 'one value' : 'one list, with commas'
    return { wrong: `It came ${texts.length} times: the document has ${right}.`, words }
  }
  const values: unknown[] = []
  for (const item of items) {
    const read = item === '' && !leaf.takesEmpty ? EMPTY : readText(item, leaf)
    if ('wrong' in read) return { wrong: read.wrong, words }
    values.push(read.value)
  }
  return { value: leaf.style === 'one' ? values[0] : values, words }
}

const EMPTY = { wrong: 'It is empty: it should have a value, or be left out.' }

function readText(text: string, { schema, words }: Leaf): { value: unknown } | { wrong: string } {
  if (words !== undefined && !words.includes(text)) return { wrong: notAmong(text, words) }
  const types = typesOf(schema)
  if (types.length === 0) return { value: text }
  for (const { type, spelling, value } of SPELLINGS)
    if (types.includes(type) && spelling.test(text)) return { value: value(text) }
  const wanted = SPELLINGS.filter(({ type }) => types.includes(type)).map(({ name }) => name)
  return { wrong: `${quoted(text)} is no ${wanted.join(', and no ')}.` }
}

function notAmong(text: string, words: readonly string[]): string {
  const meant = nearest(text, words)
  return meant === undefined
    ? `${quoted(text)} is no word of the document, which has ${some(words)}.`
    : `${quoted(text)} is no word of the document: ${meant} may be meant.`
}

/** How each type is spelled plainly, the narrowest first. */
const SPELLINGS: readonly {
  readonly type: string
  readonly name: string
  readonly spelling: RegExp
  value(text: string): unknown
}[] = [
  {
    type: 'integer',
    name: 'whole number in plain digits, such as 25',
    spelling: /^(0|-?[1-9]\d*)$/,
    value: Number,
  },
  {
    type: 'number',
    name: 'number in plain digits, such as 2.5',
    spelling: /^-?(0|[1-9]\d*)(\.\d+)?$/,
    value: Number,
  },
  {
    type: 'boolean',
    name: 'boolean, which is true or false',
    spelling: /^(true|false)$/,
    value: (text) => text === 'true',
  },
  { type: 'string', name: 'text', spelling: /^/, value: (text) => text },
]

/** The types that a value may have; none where any will do. */
function typesOf({ type, oneOf, anyOf }: Schema): readonly string[] {
  if (typeof type === 'string') return [type]
  return type ?? [...(oneOf ?? []), ...(anyOf ?? [])].flatMap(typesOf)
}
