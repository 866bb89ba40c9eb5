import { apart, BoundedMap, sliceOf } from './bounded-map.ts'

/**
 * Readers of a query string or form body, which read it as URLSearchParams does and never throw: malformed
 * percent-encoding stays as text, bad UTF-8 becomes U+FFFD, `+` is a space.
 */

/** One `name=value`, decoded. */
export type Pair = readonly [name: string, value: string]

/** Each name's last value: what `Object.fromEntries(url.searchParams)` and Starlette read. */
export function lastValues(search: string): Map<string, string> {
  return new Map(pairs(search))
}

/** Each name's first value: what Go's `url.Values.Get` reads. */
export function firstValues(search: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of pairs(search)) if (!values.has(name)) values.set(name, value)
  return values
}

/** Names that occur more than once. */
export function repeatedNames(search: string): string[] {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const [name] of pairs(search)) (seen.has(name) ? repeated : seen).add(name)
  return [...repeated]
}

/** What was read last: a request's query is read by its provider, and again for its journal. */
let latest: { readonly search: string; readonly pairs: readonly Pair[] } = { search: '', pairs: [] }

/** The pairs of a query or form, in its order. In half the time that URLSearchParams takes. */
export function pairs(search: string): readonly Pair[] {
  if (latest.search !== search) latest = { search, pairs: read(search) }
  return latest.pairs
}

function read(search: string): readonly Pair[] {
  const found: Pair[] = []
  for (let at = 0; at < search.length; ) {
    const ampersand = search.indexOf('&', at)
    const end = ampersand < 0 ? search.length : ampersand
    const equals = search.indexOf('=', at)
    if (equals >= 0 && equals < end)
      found.push([nameIn(sliceOf(search, at, equals)), formDecoded(sliceOf(search, equals + 1, end))])
    else if (at < end) found.push([nameIn(sliceOf(search, at, end)), ''])
    at = end + 1
  }
  return found
}

/** Names that had to be decoded: there are few, and many clients encode the brackets in each. */
const names = new BoundedMap<string>(1_000)
const LONGEST_NAME = 100

function nameIn(text: string): string {
  if (!text.includes('%') || text.length > LONGEST_NAME) return formDecoded(text)
  let name = names.get(text)
  if (name === undefined) {
    name = formDecoded(text)
    names.set(apart(text), name)
  }
  return name
}

function formDecoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return new URLSearchParams(`text=${text}`).get('text') ?? ''
  }
}

/** Percent-decoding that leaves a text as it is when it cannot be decoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
