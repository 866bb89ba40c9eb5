import type { Fidelity } from '../core/fidelity.ts'
import type { ApiRequest } from '../core/request.ts'

/** A request before it is known whose it is. */
export type Received = Omit<ApiRequest, 'path' | 'params' | 'mount'> & { readonly rawPath: string }

/** What arrived, from the parts that every way of serving has. `url` is the request target, path and query. */
export function receive(parts: {
  method: string
  url: string
  rawHeaders: readonly string[]
  /** Undefined when it is larger than is read. */
  body: string | undefined
  scheme: string
  fidelity: Fidelity
}): Received {
  const { method, rawHeaders, body, scheme, fidelity } = parts
  // A client behind a proxy's settings sends the whole URL (RFC 9112 §3.2.2), which then counts for the host too.
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(parts.url) ?? []
  const url = authority === undefined ? parts.url : rest.replace(/^(?!\/)/, '/')
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
    ...(body === undefined && { bodyIsTooLarge: true }),
    scheme,
    fidelity,
    host: authority ?? headers.get('host') ?? 'localhost',
  }
}
