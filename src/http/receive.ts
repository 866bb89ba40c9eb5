import { sliceOf } from '../core/bounded-map.ts'
import type { Fidelity } from '../core/fidelity.ts'
import type { ApiRequest } from '../core/request.ts'
import { type Header, headerOf } from './headers.ts'

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

/** What arrived, as it is read under that fidelity. `header`: its headers, where somebody has read them. */
export function receive(
  arrived: Arrived,
  fidelity: Fidelity,
  header: Header = headerOf(arrived.rawHeaders),
): Parsed {
  const { method, body, scheme } = arrived
  const { authority, url } = targetOf(arrived.url)
  const query = url.indexOf('?')
  return {
    method,
    rawPath: sliceOf(url, 0, query < 0 ? undefined : query),
    search: query < 0 ? '' : sliceOf(url, query + 1),
    header,
    body: body ?? '',
    bodyIsTooLarge: body === undefined,
    scheme,
    fidelity,
    host: authority ?? header('host') ?? 'localhost',
  }
}

/** A client behind a proxy's settings sends the whole URL (RFC 9112 §3.2.2), which then counts for the host too. */
function targetOf(target: string): { readonly authority?: string; readonly url: string } {
  if (target.startsWith('/')) return { url: target }
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? []
  if (authority === undefined) return { url: target }
  const url = sliceOf(target, target.length - rest.length)
  return { authority, url: url.startsWith('/') ? url : `/${url}` }
}
