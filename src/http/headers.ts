import { BoundedMap } from '../core/bounded-map.ts'
import { Lately } from '../core/lately.ts'
import { isSame } from '../core/remembered.ts'
import type { ApiRequest } from '../core/request.ts'

/** Gives the first header of a name (lower case). */
export type Header = ApiRequest['header']

/** Reads headers as they arrived, names and values in turn. */
export function headerOf(raw: readonly string[]): Header {
  const headers = new Map<string, string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? ''
    const value = raw[i + 1] ?? ''
    const before = headers.get(name)
    if (before === undefined) headers.set(name, value)
    // Runyard's own, and a list: how services read theirs when they come twice is another matter.
    else if (name === 'prefer') headers.set(name, `${before}, ${value}`)
  }
  return (name) => headers.get(name)
}

/** How many characters headers may have that are remembered: all together, and those of one request. */
const MOST_CHARACTERS = 2_000_000
const LONGEST = 4_000
/** What headers take beside their characters, as if in characters. */
const OVERHEAD = 1_000

/**
 * Headers that were read before. A client asks for many things with the same headers, and gets the same object for them, so
 * that whatever follows from them alone has to be worked out once.
 */
export class KnownHeaders {
  readonly #known = new BoundedMap<Header>(MOST_CHARACTERS)
  readonly #lately = new Lately()
  #latest: { readonly raw: readonly string[]; readonly header: Header } = { raw: [], header: headerOf([]) }

  of(raw: readonly string[]): Header {
    if (isSame(raw, this.#latest.raw)) return this.#latest.header
    const text = raw.join('\n')
    let header = this.#known.get(text)
    if (header === undefined) {
      header = headerOf(raw)
      if (text.length <= LONGEST && this.#lately.saw(text))
        this.#known.set(text, header, text.length + OVERHEAD)
    }
    this.#latest = { raw, header }
    return header
  }
}
