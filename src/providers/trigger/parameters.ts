import { FURTHEST, iso } from '../../core/clock.ts'
import { lastValues } from '../../core/query.ts'
import type { ApiRequest } from '../../core/request.ts'
import { behaviourOf } from './fidelity/behaviour.ts'
import { VERSION_HEADER, vocabularyOf } from './status.ts'
import type { components, operations } from './wire.ts'

/** The query parameters as the document has them, read and valid. */
export interface Params {
  readonly page?: Pages
  readonly filter?: RunsFilter
}

export type Pages = NonNullable<NonNullable<operations['list_runs_v1']['parameters']['query']>['page']>

/** The document's filters and those that `specs/trigger.live.yaml` adds: of these, generated types know nothing. */
export type RunsFilter = components['schemas']['CommonRunsFilter'] & {
  readonly error?: string
  readonly batch?: string
  readonly queue?: readonly string[]
  readonly region?: readonly string[]
  readonly machine?: readonly string[]
}

export type CreatedAt = NonNullable<RunsFilter['createdAt']>

/** One member of the query's two objects. */
export interface Parameter {
  /** As it stands in a query, literally: `filter[createdAt][from]`. */
  readonly name: string
  /** The value that the text stands for; the text itself, or another that the document refuses, when it is none. */
  read(text: string, request: ApiRequest): unknown
  /** Whether an empty text is a value, not the parameter's absence. */
  readonly takesEmpty?: boolean
  /** Whether the document lacks it, and only the service was seen to read it. */
  readonly isObserved?: boolean
}

/** Every parameter, in the order in which the service lists what is wrong (fidelity/trigger.md §2). */
export const PARAMETERS: readonly Parameter[] = [
  { name: 'page[size]', read: size, takesEmpty: true },
  { name: 'page[after]', read: text },
  { name: 'page[before]', read: text },
  { name: 'filter[status]', read: statuses },
  { name: 'filter[taskIdentifier]', read: list },
  { name: 'filter[version]', read: list },
  { name: 'filter[tag]', read: list },
  { name: 'filter[bulkAction]', read: text },
  { name: 'filter[schedule]', read: text },
  { name: 'filter[error]', read: text, isObserved: true },
  { name: 'filter[isTest]', read: flag },
  { name: 'filter[createdAt][from]', read: instant },
  { name: 'filter[createdAt][to]', read: instant },
  { name: 'filter[createdAt][period]', read: text },
  { name: 'filter[batch]', read: text, isObserved: true },
  { name: 'filter[queue]', read: list, isObserved: true },
  { name: 'filter[region]', read: list, isObserved: true },
  { name: 'filter[machine]', read: list, isObserved: true },
]

/** The steps of a parameter in the document: `['filter', 'createdAt', 'from']`. */
export function stepsOf({ name }: Parameter): readonly string[] {
  return STEPS.get(name) ?? []
}

const STEPS: ReadonlyMap<string, readonly string[]> = new Map(
  PARAMETERS.map(({ name }) => [name, name.split(/[[\]]+/).filter((step) => step !== '')]),
)

/**
 * The query as this service reads it: keys literal, encoded or not, the last duplicate counts, what is empty is
 * absent, and anything else is ignored (fidelity/trigger.md §2).
 */
export function read(request: ApiRequest): Record<string, unknown> {
  const { readsObserved } = behaviourOf(request)
  const texts = lastValues(request.search)
  const query: Tree = {}
  for (const parameter of PARAMETERS) {
    const text = texts.get(parameter.name)
    if (text === undefined || (text === '' && !parameter.takesEmpty)) continue
    if (parameter.isObserved && !readsObserved) continue
    const value = parameter.read(text, request)
    if (value !== undefined) put(query, stepsOf(parameter), value)
  }
  return query
}

type Tree = { [member: string]: unknown }

function put(tree: Tree, steps: readonly string[], value: unknown): void {
  let inside = tree
  for (const [i, step] of steps.entries()) {
    const branch = i === steps.length - 1 ? value : (inside[step] ?? {})
    inside[step] = branch
    if (isTree(branch)) inside = branch
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}

function text(value: string): string {
  return value
}

/** Comma-separated, not trimmed: a value cannot hold a comma (fidelity/trigger.md §3). */
function list(value: string): string[] {
  return value.split(',')
}

/** The words that a filter by status may not ask for. */
export function unknownWords(value: string, request: ApiRequest): string[] {
  const { accepts } = behaviourOf(request)
  const vocabulary = vocabularyOf(request.header(VERSION_HEADER))
  return list(value).filter((word) => !accepts(word, vocabulary))
}

/** The document's enum holds the words of both vocabularies: a word of the other one is left as text for it to refuse. */
function statuses(value: string, request: ApiRequest): string[] | string {
  return unknownWords(value, request).length > 0 ? value : list(value)
}

/** As `Number()` reads it: `1e1`, `0x10` and ` 10` are numbers, and nothing at all is 0 (fidelity/trigger.md §2). */
function size(value: string): number | string {
  const number = Number(value)
  if (Number.isNaN(number)) return value
  // JSON has no Infinity. The service refuses it as no integer and as out of bounds, as it does this.
  return Number.isFinite(number) ? number : Math.sign(number) * (2 ** 32 + 0.5)
}

function flag(value: string): boolean | string {
  return value === 'true' ? true : value === 'false' ? false : value
}

/** Bounds (ms) of the years that a date-time can name. */
const YEAR_0 = -62_167_219_200_000
const YEAR_9999 = 253_402_300_799_999

/**
 * A date-time from epoch milliseconds or a date (UTC without an offset). 0 counts as absent, as the service has it
 * (fidelity/trigger.md §3). What is no date becomes JavaScript's words for that, which no document takes for one.
 */
function instant(value: string, request: ApiRequest): string | undefined {
  const ms = behaviourOf(request).instant(value)
  if (ms === null) return undefined
  if (ms === undefined || Math.abs(ms) > FURTHEST) return 'Invalid Date'
  return iso(Math.min(Math.max(ms, YEAR_0), YEAR_9999))
}
