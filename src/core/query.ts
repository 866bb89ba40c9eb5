/**
 * Readers of a query string or form body. Malformed percent-encoding stays as text, bad UTF-8 becomes U+FFFD, `+` is
 * a space: URLSearchParams never throws.
 */

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
  for (const name of pairs(search).keys()) (seen.has(name) ? repeated : seen).add(name)
  return [...repeated]
}

/** The pairs of a query or form. URLSearchParams takes one `?` in front for a query's own: the `&` keeps it a name's. */
export function pairs(search: string): URLSearchParams {
  return new URLSearchParams(`&${search}`)
}

/** Percent-decoding that leaves a text as it is when it cannot be decoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
