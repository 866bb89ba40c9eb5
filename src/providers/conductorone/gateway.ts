import { createHash } from 'node:crypto'
import type { Fidelity } from '../../core/fidelity.ts'
import type { SecurityScheme } from '../../core/provider.ts'
import { ApiError, type Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import type { Grant } from './credentials.ts'
import { refusal, type Status } from './status.ts'

/** What the gateway in front of the API does to every request, which no document says. */
interface Gateway {
  /** The largest body it takes in, in bytes, whatever the method. */
  readonly largestBody: number
  /** What a path gets that has no route. */
  lost(request: ApiRequest): Reply
  /** The reply as it leaves. */
  mark(request: ApiRequest, reply: Reply): Reply
}

const notFound = () => refusal(5, 'not found')

const gateways: Readonly<Record<Fidelity, Gateway>> = {
  spec: { largestBody: Number.POSITIVE_INFINITY, lost: notFound, mark: (_request, reply) => reply },
  live: {
    // fidelity/conductorone.md §4, 400.
    largestBody: 4 * 1024 * 1024,
    // The API's host is the web application's too, which answers whatever is not the API's (§4, 404).
    lost: (request) => (request.method === 'GET' && !isApi(request) ? WEB_APPLICATION : notFound()),
    mark: traced,
  },
}

/** What a path gets that has no route, or none of this method: gin knows no 405. */
export function lost(request: ApiRequest): Reply {
  return gateways[request.fidelity].lost(request)
}

/** The reply as it leaves the gateway. */
export function mark(request: ApiRequest, reply: Reply): Reply {
  return gateways[request.fidelity].mark(request, reply)
}

/** A scheme behind the gateway, which takes a body in before anybody is asked who sends it (§4, "Order"). */
export function behindGateway(scheme: SecurityScheme<Grant>): SecurityScheme<Grant> {
  return {
    authenticate(request, ...rest) {
      const bytes = request.header('content-length')
      if (bytes !== undefined && Number(bytes) > gateways[request.fidelity].largestBody) {
        throw new ApiError(refusal(3, 'request body too large'))
      }
      return scheme.authenticate(request, ...rest)
    },
  }
}

/** The reply with the trace id, which an error repeats at the end of its message (§0.4). */
function traced(request: ApiRequest, reply: Reply): Reply {
  if (!isApi(request)) return reply
  const id = traceId(request)
  const marked = { ...reply, headers: { ...reply.headers, 'c1-trace-id': id } }
  if (!isStatus(reply.body)) return marked
  const { code, message } = reply.body
  return { ...marked, body: { code, message: `${message} (request-id: ${id})` } satisfies Status }
}

/**
 * The vendor's form is unknown: 32 hex digits, as OpenTelemetry's trace ids have. They follow from the request, so that
 * the same request gets the same bytes.
 */
function traceId({ method, path, search, body, header }: ApiRequest): string {
  const request = [method, path, search, header('authorization') ?? '', body]
  return createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 32)
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && 'code' in body && 'message' in body
}

function isApi({ path }: ApiRequest): boolean {
  return path.startsWith('/api/') || path.startsWith('/auth/')
}

/** A stand-in for the vendor's page: what matters to a client is that it is no JSON and no 404. */
const WEB_APPLICATION: Reply = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html>\n<html lang="en"><head><title>ConductorOne</title></head><body></body></html>\n',
}
