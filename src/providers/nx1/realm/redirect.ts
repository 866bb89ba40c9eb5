import type { Reply } from '../../../core/reply.ts'
import { type ApiRequest, hostName } from '../../../core/request.ts'
import { formPostPage } from './pages.ts'

/**
 * Where the clients may be sent back to: to this machine, to a neighbour in a compose network (a name without a dot),
 * to the host that Runyard is reached under, and to the vendor's own hosts. Undefined for anything else. What comes
 * back is the URI normalised, so that it is safe in a header.
 */
export function allowedRedirect(uri: string | undefined, request: ApiRequest): string | undefined {
  if (uri === undefined || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  if (!['http:', 'https:'].includes(url.protocol) || uri.includes('#')) return undefined
  const { hostname } = url
  const local = /^(127\.\d+\.\d+\.\d+|\[::1\]|[^.:]+|.+\.localhost|host\.docker\.internal)$/.test(hostname)
  const ours = hostname === hostName(request.host).toLowerCase() || hostname.endsWith('.nx1cloud.com')
  return local || ours ? url.href : undefined
}

export type ResponseMode = 'query' | 'fragment' | 'form_post'

/** Sends the browser back to the client with the parameters, in the mode it asked for. */
export function sendBack(
  redirect: string,
  mode: ResponseMode,
  params: readonly (readonly [string, string])[],
): Reply {
  if (mode === 'form_post') return formPostPage(redirect, params)
  const added = new URLSearchParams(Object.fromEntries(params)).toString()
  const join = mode === 'fragment' ? '#' : redirect.includes('?') ? '&' : '?'
  return {
    status: 302,
    headers: {
      location: `${redirect}${join}${added}`,
      'cache-control': 'no-store, must-revalidate, max-age=0',
    },
  }
}
