import { ApiError } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import type { Served } from './address.ts'

/** Where a request leads. */
export interface Route {
  readonly documented: DocumentedOperation
  /** The values of the path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** The methods that the path takes, when it does not take this one: refused once the request has been counted. */
  readonly allow?: readonly string[]
}

/** The operation that the request is for. Throws an ApiError where it leads nowhere. */
export function route({ provider, apis }: Served, request: ApiRequest): Route {
  // Both documents have the same paths, and whose fidelity counts is not known before the credential is.
  const api = apis.spec
  const method = request.method === 'HEAD' && provider.servesHead ? 'GET' : request.method
  const match = api.match(method, request.path)
  if (match.found === 'operation') {
    return { documented: match.operation, params: match.params }
  }
  if (match.found === 'path') {
    if (method === 'OPTIONS' && provider.preflight) throw new ApiError(provider.preflight(request))
    return { documented: match.other, params: request.params, allow: match.allow }
  }
  const slashless = request.path.slice(0, -1)
  if (
    request.path.endsWith('/') &&
    provider.trailingSlash &&
    api.match(method, slashless).found !== 'nothing'
  ) {
    const location = `${request.mount}${slashless}${request.search && `?${request.search}`}`
    throw new ApiError(provider.trailingSlash(request, location))
  }
  throw new ApiError(provider.errors.notFound(request))
}
