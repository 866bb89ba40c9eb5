import { apart, BoundedMap } from '../core/bounded-map.ts'
import type { Fidelity } from '../core/fidelity.ts'
import type { Exchange, PageSeen, Remark } from '../core/journal.ts'
import { Lately } from '../core/lately.ts'
import type { Problem, Provider } from '../core/provider.ts'
import { pairs } from '../core/query.ts'
import type { Api, DocumentedOperation } from '../spec/api.ts'
import { clipped, quoted, some } from './bounds.ts'
import { type Leaf, leavesOf } from './leaves.ts'
import { nearest } from './nearest.ts'
import { type Reading, readLeaf } from './read.ts'
import { refusedParameters } from './refusal.ts'
import { sentence } from './sentence.ts'
import type { OperationObject } from './shapes.ts'

/** What a request says, held against its operation. */
export interface Analysis {
  readonly remarks: readonly Remark[]
  /** Those of `Terms.leaves` that it sent, and those of `Terms.values`, as indices. */
  readonly sent: readonly number[]
  readonly values: readonly number[]
  /** Whether it asked to read on from a cursor. */
  readonly follows: boolean
}

/** What one parameter says, held against the document. */
type Judgement = Pick<Analysis, 'values' | 'remarks'>

/** Where a page can stand. */
export type Position = 'first' | 'middle' | 'last' | 'backwards'

/** Undeclared parameters of one request beyond these are only counted: a query may have tens of thousands. */
const MOST_REMARKS = 20

/** How many requests are remembered with what they say, and how long they may be. */
const MOST_REQUESTS = 1_000
const LONGEST_REQUEST = 500

/** What an operation promises, and asks of its clients, under one fidelity. Pure, but for what it remembers to be quick. */
export class Terms {
  readonly operationId: string
  readonly method: string
  readonly path: string
  /** Whether Runyard added it, a token endpoint say: it lists no runs. */
  readonly action: boolean
  /** Whether it asks who calls. */
  readonly secured: boolean
  /** What every document in force declares. */
  readonly leaves: readonly Leaf[]
  /** The words it enumerates: `filter[status]=QUEUED`. */
  readonly values: readonly string[]
  /** `200`, or `4XX` where it has a class of them. */
  readonly statuses: readonly string[]
  /** The headers it declares. */
  readonly headers: readonly string[]
  /** Where its pages can stand; none where it has one. */
  readonly positions: readonly Position[]
  /** The parameters that lead on to more, and of these, those that lead in the usual direction. */
  readonly cursors: readonly string[]
  readonly onward: readonly string[]
  readonly #provider: Provider
  readonly #api: Api
  readonly #inForce: Api
  readonly #documented: DocumentedOperation
  readonly #deprecated: boolean
  /** Of the query's leaves, by name. */
  readonly #queryPlaces: ReadonlyMap<string, number>
  readonly #headers: readonly number[]
  /** What the contract declares, and what the document in force does: they part in `live` fidelity only. */
  readonly #promised: ReadonlySet<string>
  readonly #served: ReadonlySet<string>
  readonly #required: readonly number[]
  readonly #values: ReadonlyMap<string, number>
  readonly #analysed = new BoundedMap<Analysis>(MOST_REQUESTS)
  readonly #lately = new Lately()
  /** By parameter and what came under its name. */
  readonly #judged = new BoundedMap<Judgement>(500)
  /** What is said of parameters that the document does not have. */
  readonly #strange = new BoundedMap<string>(500)

  constructor(
    provider: Provider,
    apis: Readonly<Record<Fidelity, Api>>,
    operationId: string,
    fidelity: Fidelity,
  ) {
    this.#provider = provider
    this.#api = apis.spec
    this.#inForce = apis[fidelity]
    this.#documented = apis.spec.operation(operationId)
    const contract = shapeOf(this.#documented)
    const inForce = shapeOf(this.#inForce.operation(operationId))
    const operation = provider.operations[operationId]
    this.operationId = operationId
    this.method = contract.method.toUpperCase()
    this.path = contract.path
    this.action = operation?.kind === 'action'
    this.secured = this.#documented.security.length > 0
    this.#deprecated = contract.deprecated === true

    const served = new Map(leavesOf(inForce).map((leaf) => [keyOf(leaf), leaf]))
    const cursors = operation?.kind === 'list' ? (operation.cursors ?? {}) : {}
    const promised = leavesOf(contract)
    this.#promised = new Set(promised.map(keyOf))
    this.#served = new Set(served.keys())
    this.leaves = promised
      .filter((leaf) => served.has(keyOf(leaf)))
      // Whoever has no cursor yet may send an empty one: it leads to the first page everywhere.
      .map((leaf) => (Object.hasOwn(cursors, leaf.name) ? { ...leaf, takesEmpty: true } : leaf))
    this.#queryPlaces = new Map(
      places(this.leaves, (leaf) => leaf.in === 'query').map((place) => [
        this.leaves[place]?.name ?? '',
        place,
      ]),
    )
    this.#headers = places(this.leaves, (leaf) => leaf.in === 'header')
    this.headers = this.#headers.map((place) => this.leaves[place]?.name ?? '')
    this.#required = places(this.leaves, (leaf) => leaf.required)
    this.values = this.leaves.flatMap((leaf) => {
      const known = served.get(keyOf(leaf))?.words
      return (leaf.words ?? [])
        .filter((word) => known?.includes(word) ?? true)
        .map((word) => `${leaf.name}=${word}`)
    })
    this.#values = new Map(this.values.map((value, place) => [value, place]))
    this.statuses = Object.keys(inForce.responses ?? {})
      .filter((status) => status !== 'default')
      .sort()
    this.cursors = Object.keys(cursors).filter((name) => this.#queryPlaces.has(name))
    this.onward = this.cursors.filter((name) => cursors[name] === 'older')
    const backwards = this.cursors.some((name) => cursors[name] === 'newer')
    this.positions =
      this.cursors.length === 0
        ? []
        : ['first', 'middle', 'last', ...(backwards ? (['backwards'] as const) : [])]
  }

  /** What the request's query and headers say, and how that breaks the document. */
  analysisOf({ search, headers }: Pick<Exchange, 'search' | 'headers'>): Analysis {
    let text = search
    // Neither has a line break in it.
    for (const name of this.headers) if (headers[name] !== undefined) text += `\n${name}: ${headers[name]}`
    if (text.length > LONGEST_REQUEST) return this.#analyse(search, headers)
    let analysis = this.#analysed.get(text)
    if (analysis === undefined) {
      analysis = this.#analyse(search, headers)
      if (this.#lately.saw(text)) this.#analysed.set(text, analysis)
    }
    return analysis
  }

  #analyse(search: string, headers: Readonly<Record<string, string>>): Analysis {
    const remarks: Remark[] = []
    const sent: number[] = []
    const values: number[] = []
    let follows = false
    let beyond = 0
    if (this.#deprecated)
      remarks.push({ kind: 'deprecated', message: 'The document marks this operation deprecated.' })
    for (const place of this.#headers) {
      const text = headers[this.leaves[place]?.name ?? '']
      if (text !== undefined) this.#judge(place, [text], { remarks, sent, values })
    }
    for (const [name, texts] of grouped(search)) {
      const place = this.#queryPlaces.get(name)
      if (place !== undefined) {
        this.#judge(place, texts, { remarks, sent, values })
        if (this.cursors.includes(name) && texts.some((text) => text !== '')) follows = true
        continue
      }
      // Runyard's additions (tokens, logins) follow standards that let clients add parameters of their own.
      if (this.action) continue
      if (remarks.length >= MOST_REMARKS) beyond++
      else
        remarks.push({
          kind: 'undeclared-parameter',
          subject: clipped(name, 100),
          message: this.#undeclaredBefore(name),
        })
    }
    for (const place of this.#required) {
      if (sent.includes(place)) continue
      const subject = this.leaves[place]?.name ?? ''
      remarks.push({
        kind: 'malformed-value',
        subject,
        message: 'The document requires it, and it did not come.',
      })
    }
    if (beyond > 0) remarks.push({ kind: 'undeclared-parameter', message: `There were ${beyond} more.` })
    return { remarks, sent, values, follows }
  }

  /** The remarks on a request that was refused because of what it says: the parameters that the refusal was about. */
  refused(exchange: Exchange, { remarks }: Analysis): Remark[] {
    const problems = refusedParameters(
      this.#provider,
      this.#inForce,
      this.#inForce.operation(this.operationId),
      exchange,
    )
    const subjects = [...new Set(problems.map((problem) => this.#spelled(problem)))]
    const others = remarks.filter(
      ({ kind, subject }) => kind !== 'malformed-value' || !subjects.includes(subject ?? ''),
    )
    if (subjects.length === 0)
      return [...others, refusal(exchange, undefined, 'The document forbids what it asks for.')]
    const refusals = subjects.map((subject) => {
      const strict = remarks.find((remark) => remark.kind === 'malformed-value' && remark.subject === subject)
      const problem = problems.find((problem) => this.#spelled(problem) === subject)
      return refusal(exchange, subject, strict?.message ?? sentence(problem))
    })
    return [...others, ...refusals.slice(0, MOST_REMARKS)]
  }

  /** The name under which a status is counted: its own, or its class's where the document has only that. */
  statusName(status: number): string {
    const name = String(status)
    const family = `${name.charAt(0)}XX`
    return !this.statuses.includes(name) && this.statuses.includes(family) ? family : name
  }

  /** Where a page stood; undefined where all is on one page. */
  position({ position, more }: PageSeen): Position | undefined {
    const place: Position =
      position === 'first' ? 'first' : position === 'newer' ? 'backwards' : more ? 'middle' : 'last'
    return this.positions.includes(place) ? place : undefined
  }

  #judge(place: number, texts: readonly string[], { remarks, sent, values }: Writable<Analysis>): void {
    const leaf = this.leaves[place]
    if (leaf === undefined) return
    sent.push(place)
    // A cursor, say, which is another each time.
    if (leaf.takesAnyText && texts.length === 1 && texts[0] !== '') return
    const judgement = this.#judgedBefore(place, leaf, texts)
    values.push(...judgement.values)
    remarks.push(...judgement.remarks)
  }

  #judgedBefore(place: number, leaf: Leaf, texts: readonly string[]): Judgement {
    // One text never looks like several.
    const key = `${place} ${texts.length === 1 ? `=${texts[0]}` : JSON.stringify(texts)}`
    let judgement = this.#judged.get(key)
    if (judgement === undefined) {
      judgement = this.#judgementOn(leaf, texts)
      if (key.length <= LONGEST_KEY) this.#judged.set(apart(key), judgement)
    }
    return judgement
  }

  #judgementOn(leaf: Leaf, texts: readonly string[]): Judgement {
    const subject = leaf.name
    const remarks: Remark[] = []
    const reading = readLeaf(leaf, texts)
    const words = [...new Set(reading.words)]
    const values = words.flatMap((word) => this.#values.get(`${subject}=${word}`) ?? [])
    if (leaf.deprecated)
      remarks.push({ kind: 'deprecated', subject, message: 'The document marks this parameter deprecated.' })
    for (const word of words.filter((word) => leaf.deprecatedWords.includes(word)))
      remarks.push({ kind: 'deprecated', subject, message: `The document marks ${quoted(word)} deprecated.` })
    const wrong = reading.wrong ?? this.#outOfBounds(leaf, texts, reading)
    if (wrong !== undefined) remarks.push({ kind: 'malformed-value', subject, message: wrong })
    return { values, remarks }
  }

  /** What the document's own validators have against a value that is of the right type. */
  #outOfBounds(leaf: Leaf, texts: readonly string[], { value }: Reading): string | undefined {
    if (!leaf.bounded || leaf.in !== 'query' || (leaf.takesEmpty && texts.join('') === '')) return undefined
    const [problem] = this.#api
      .problems(this.#documented, this.path, nested(leaf.steps, value))
      .filter((problem) => problem.in === 'query' && leaf.steps.every((step, i) => problem.path[i] === step))
    return problem && sentence(problem)
  }

  /** A client that misspells a name does so each time, and to find what may be meant takes a while. */
  #undeclaredBefore(name: string): string {
    const known = this.#strange.get(name)
    if (known !== undefined) return known
    const message = this.#undeclared(name)
    if (name.length <= LONGEST_KEY) this.#strange.set(apart(name), message)
    return message
  }

  #undeclared(name: string): string {
    if (this.#promised.has(`query ${name}`))
      return 'The document has it, but the observed service does not: it is ignored.'
    if (this.#served.has(`query ${name}`))
      return 'The document does not have it: only the observed service was seen to read it.'
    const names = this.leaves.filter((leaf) => leaf.in === 'query').map((leaf) => leaf.name)
    if (names.length === 0) return 'The document has no parameters for this operation: it is ignored.'
    const meant = nearest(name, names)
    return meant === undefined
      ? `The document does not have it, and it is ignored. There are ${some(names)}.`
      : `The document does not have it, and it is ignored: ${meant} may be meant.`
  }

  #spelled({ path }: Problem): string {
    const leaf = this.leaves.find(
      ({ in: where, steps }) => where === 'query' && steps.every((step, i) => path[i] === step),
    )
    return (
      leaf?.name ??
      clipped(
        path
          .filter((step) => !/^\d+$/.test(step))
          .map((step, i) => (i === 0 ? step : `[${step}]`))
          .join(''),
        100,
      )
    )
  }
}

/** A longer value is not remembered. */
const LONGEST_KEY = 200

type Writable<Facts> = {
  [Name in 'remarks' | 'sent' | 'values']: Name extends keyof Facts ? Mutable<Facts[Name]> : never
}
type Mutable<List> = List extends readonly (infer Item)[] ? Item[] : never

// openapi-backend's type of an operation is a union over all versions of OpenAPI, references included, which are
// resolved by now.
function shapeOf({ routed }: DocumentedOperation): OperationObject {
  return routed as unknown as OperationObject
}

/** A query and its headers may use one name each. */
function keyOf({ in: place, name }: Leaf): string {
  return `${place} ${name}`
}

function places(leaves: readonly Leaf[], wanted: (leaf: Leaf) => boolean): number[] {
  return leaves.flatMap((leaf, place) => (wanted(leaf) ? [place] : []))
}

/** What came under each name. */
function grouped(search: string): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  if (search === '') return groups
  for (const [name, text] of pairs(search)) {
    const texts = groups.get(name)
    if (texts === undefined) groups.set(name, [text])
    else texts.push(text)
  }
  return groups
}

function nested([step = '', ...inner]: readonly string[], value: unknown): Record<string, unknown> {
  return { [step]: inner.length === 0 ? value : nested(inner, value) }
}

function refusal({ status }: Exchange, subject: string | undefined, message: string): Remark {
  return {
    kind: 'invalid-request',
    ...(subject !== undefined && { subject }),
    message: `${message} It was refused with ${status}.`,
  }
}
