import { isDeepStrictEqual } from 'node:util'
import { type Expectation, type Finding, NotApplicable } from './contract.ts'
import { at } from './json.ts'

/** For a header or member that must not be there. */
export const ABSENT = Symbol('absent')

/**
 * What a value has to look like: a member that is listed must be there and match, others may be; RegExp tests text;
 * String, Number and Boolean stand for any of their kind; anything else stands for itself.
 */
export type Pattern =
  | string
  | number
  | boolean
  | null
  | RegExp
  | typeof ABSENT
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | readonly Pattern[]
  | { readonly [member: string]: Pattern }

export function status(...codes: readonly number[]): Expectation {
  return {
    says: `status ${codes.join(' or ')}`,
    check: (reply) => (codes.includes(reply.status) ? undefined : `status ${reply.status}`),
  }
}

export function header(name: string, value: string | RegExp | typeof ABSENT): Expectation {
  return {
    says: value === ABSENT ? `no header ${name}` : `header ${name}: ${value}`,
    check({ headers }) {
      const came = headers[name]
      if (came === undefined) return value === ABSENT ? undefined : `no header ${name}`
      const matches = value instanceof RegExp ? value.test(came) : came === value
      return matches ? undefined : `header ${name}: ${came}`
    },
  }
}

/** A JSON body that matches the pattern. */
export function body(pattern: Pattern): Expectation {
  return {
    says: `a body like ${shown(pattern)}`,
    check: ({ json, text }) => (json === undefined ? noJson(text) : mismatch(json, pattern, 'body')),
  }
}

/** A JSON body that is this one, whatever the order of its members. */
export function bodyIs(value: unknown): Expectation {
  return {
    says: `the body ${JSON.stringify(value)}`,
    check: ({ json, text }) => (isDeepStrictEqual(json, value) ? undefined : text || 'an empty body'),
  }
}

/** A body that is this text, byte for byte. */
export function textIs(expected: string): Expectation {
  return {
    says: `the text ${JSON.stringify(expected)}`,
    check: ({ text }) => (text === expected ? undefined : JSON.stringify(text)),
  }
}

/** A reply that the provider's own document, with the overlays of this fidelity, allows. */
export const keepsToDocument: Expectation = {
  says: 'a reply that keeps to the document',
  check({ path, status, json, text }, { api }) {
    if (json === undefined) return noJson(text)
    const match = api.match('GET', path)
    if (match.found !== 'operation') throw new Error(`${path} is no operation of the document`)
    const breaches = api.breaches(match.operation, status, json)
    return breaches.length === 0 ? undefined : breaches.slice(0, 5).join('; ')
  },
}

/** Not applicable to a page without runs: for what can be seen only where there are some. */
export const someRuns: Expectation = eachRun('anything', () => true)

/** What each run on the page must be. A page without any decides nothing. */
export function eachRun(says: string, holds: (run: unknown) => boolean): Expectation {
  return {
    says: `each run: ${says}`,
    check({ json }, { contract }) {
      const runs = contract.list.runs(json)
      if (runs.length === 0) throw new NotApplicable('the service lists no run to look at')
      const other = runs.find((run) => !holds(run))
      return other === undefined ? undefined : `a run ${JSON.stringify(other)}`
    },
  }
}

/** Where the value departs from the pattern, or undefined. */
export function mismatch(value: unknown, pattern: Pattern, place: string): Finding {
  const came = `${place} is ${value === undefined ? 'not there' : JSON.stringify(value)}`
  if (pattern === ABSENT) return value === undefined ? undefined : came
  if (pattern === String) return typeof value === 'string' ? undefined : came
  if (pattern === Number) return typeof value === 'number' ? undefined : came
  if (pattern === Boolean) return typeof value === 'boolean' ? undefined : came
  if (pattern instanceof RegExp) return typeof value === 'string' && pattern.test(value) ? undefined : came
  if (typeof pattern !== 'object' || pattern === null) return value === pattern ? undefined : came
  if (Array.isArray(pattern) && (!Array.isArray(value) || value.length !== pattern.length)) return came
  if (typeof value !== 'object' || value === null) return came
  for (const [name, inner] of Object.entries(pattern)) {
    const found = mismatch(at(value, name), inner, `${place}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function noJson(text: string): string {
  return text === '' ? 'an empty body' : `no JSON: ${text}`
}

/** A pattern as a person would write it. */
function shown(pattern: Pattern): string {
  if (pattern === ABSENT) return 'absent'
  if (pattern === String || pattern === Number || pattern === Boolean) return pattern.name.toLowerCase()
  if (pattern instanceof RegExp) return String(pattern)
  if (Array.isArray(pattern)) return `[${pattern.map(shown).join(',')}]`
  if (typeof pattern !== 'object' || pattern === null) return JSON.stringify(pattern)
  const members = Object.entries(pattern).map(([name, inner]) => `${JSON.stringify(name)}:${shown(inner)}`)
  return `{${members.join(',')}}`
}
