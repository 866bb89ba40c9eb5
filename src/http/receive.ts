import type { Fidelity } from '../core/fidelity.ts'
import type { ApiRequest } from '../core/request.ts'

/** A request before it is known whose it is. */
export type Parsed = Omit<ApiRequest, 'path' | 'params' | 'mount'> & { readonly rawPath: string }

/** A request as it arrived: data, which can be handed to another process. */
export interface Arrived {
  readonly method: string
  /** The request target, path and query. */
  readonly url: string
  readonly rawHeaders: readonly string[]
  /** As text; undefined when it is larger than is read. */
  readonly body: string | undefined
  readonly scheme: string
}

/** What arrived, as it is read under that fidelity. */
export function receive(arrived: Arrived, fidelity: Fidelity): Parsed {
  const { method, rawHeaders, body, scheme } = arrived
  const { authority, url } = targetOf(arrived.url)
  const query = url.indexOf('?')
  const headers = new Map<string, string>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? ''
    const value = rawHeaders[i + 1] ?? ''
    const before = headers.get(name)
    if (before === undefined) headers.set(name, value)
    // Runyard's own, and a list: how services read theirs when they come twice is another matter.
    else if (name === 'prefer') headers.set(name, `${before}, ${value}`)
  }
  return {
    method,
    rawPath: query < 0 ? url : url.slice(0, query),
    search: query < 0 ? '' : url.slice(query + 1),
    header: (name) => headers.get(name),
    body: body ?? '',
    bodyIsTooLarge: body === undefined,
    scheme,
    fidelity,
    host: authority ?? headers.get('host') ?? 'localhost',
  }
}

/** A client behind a proxy's settings sends the whole URL (RFC 9112 §3.2.2), which then counts for the host too. */
function targetOf(target: string): { readonly authority?: string; readonly url: string } {
  if (target.startsWith('/')) return { url: target }
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? []
  return authority === undefined ? { url: target } : { authority, url: rest.replace(/^(?!\/)/, '/') }
}
