import type { Fidelity } from '../core/fidelity.ts'
import type { ApiRequest } from '../core/request.ts'

/** A request before it is known whose it is. */
export type Received = Omit<ApiRequest, 'path' | 'params' | 'mount'> & { readonly rawPath: string }

/** What arrived, from the parts that every way of serving has. `url` is the request target, path and query. */
export function receive(parts: {
  method: string
  url: string
  rawHeaders: readonly string[]
  body: string
  scheme: string
  fidelity: Fidelity
}): Received {
  const { method, url, rawHeaders, body, scheme, fidelity } = parts
  const query = url.indexOf('?')
  const headers = new Map<string, string>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? ''
    if (!headers.has(name)) headers.set(name, rawHeaders[i + 1] ?? '')
  }
  return {
    method,
    rawPath: query < 0 ? url : url.slice(0, query),
    search: query < 0 ? '' : url.slice(query + 1),
    header: (name) => headers.get(name),
    body,
    scheme,
    fidelity,
    host: headers.get('host') ?? 'localhost',
  }
}
