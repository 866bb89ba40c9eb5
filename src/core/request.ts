import type { Fidelity } from './fidelity.ts'

/** A request as a provider meets it, whichever way it was addressed. */
export interface ApiRequest {
  /** Upper case. */
  readonly method: string
  /** Decoded and encoded again segment by segment, without query and without the mount. */
  readonly path: string
  /** The values of the path template's parameters, decoded; empty before routing. */
  readonly params: Readonly<Record<string, string>>
  /** The raw query string, without `?`. */
  readonly search: string
  /** The first header of that name (lower case), or undefined. */
  header(name: string): string | undefined
  /** The body as text; empty when there is none, or when it is larger than is read. */
  readonly body: string
  readonly bodyIsTooLarge?: boolean
  /** `http` or `https`. */
  readonly scheme: string
  /** The `Host` header, with port: `127.0.0.1:4010`. */
  readonly host: string
  /** Under which fidelity it is answered: its sandbox's, or the default sandbox's until a credential has named one. */
  readonly fidelity: Fidelity
  /** `/<provider>` when the client came in under the prefix, else empty. */
  readonly mount: string
}

/** The server's own URL as this client addressed it, mount included, without a trailing slash. */
export function baseUrl(request: ApiRequest): string {
  return `${request.scheme}://${request.host}${request.mount}`
}

/** The `Host` header's name, without its port and without the dot that may end a name. */
export function hostName(host: string): string {
  return host.replace(/:\d*$/, '').replace(/\.$/, '')
}
