import { type IncomingMessage, METHODS, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Fidelity } from '../core/fidelity.ts'
import { problem, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { DEFAULT_SANDBOX } from '../core/sandbox.ts'
import { addressee, normalPath, type Served } from './address.ts'
import { type Delivery, deliverer } from './deliver.ts'
import { type Received, receive } from './receive.ts'
import { type ParserError, unknownMethod, writeRaw } from './unparsed.ts'
import { type Surroundings, walk } from './walk.ts'

/** The control plane. `peer` is the remote address; undefined for the process that Runyard runs in. */
export interface Control {
  answer(request: ApiRequest, peer: string | undefined): Promise<Reply>
}

/** A reply, and what happens to it on its way. */
interface Answer {
  readonly reply: Reply
  readonly delivery?: Delivery
}

export interface HttpOptions {
  readonly served: readonly Served[]
  readonly around: Surroundings
  readonly control: Control
  readonly logger: FastifyBaseLogger
}

/** How long (ms) closing waits for requests that are half sent before it cuts them off. */
export const DRAIN_MS = 2_000
/** Node's own bound is 16 kB of headers; the services take longer queries than that. */
export const MAX_HEADER_BYTES = 256 * 1024
/** No operation has use for a larger body. */
const MOST_BODY_BYTES = 1024 * 1024

/** The Fastify server in front of the walk. Everything comes to one place: no reply is a framework's own. */
export function httpServer({ served, around, control, logger }: HttpOptions): FastifyInstance {
  // Until a credential has named another, a request is the default sandbox's.
  const fidelity = (): Fidelity => around.sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
  const answer = async (received: Received, peer: string): Promise<Answer> => {
    const addressed = addressee(served, received.host, received.rawPath)
    if (addressed !== undefined) {
      const { mount, path } = addressed
      const walked = await walk(addressed.served, { ...received, mount, path, params: {} }, around)
      const { reply, delivery, ...facts } = walked
      logger.info({ ...facts, status: reply.status }, 'exchange')
      return { reply, ...(delivery && { delivery }) }
    }
    const request = { ...received, mount: '', path: normalPath(received.rawPath), params: {} }
    if (received.rawPath.startsWith('/_runyard/')) return { reply: await control.answer(request, peer) }
    return {
      reply: problem(404, 'Not Found', `Nothing is served at ${received.rawPath}. GET /docs lists what is.`),
    }
  }

  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Fastify's 503 while closing has a body of its own: what is in flight is answered instead.
    return503OnClosing: false,
    // Without a Host header, a request is this machine's.
    http: { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false },
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    // Reached when a path has a malformed percent escape, which the vendors' servers take or refuse in their own way.
    frameworkErrors: (_error, request, reply) => {
      handle(request, reply).catch((failure) => deliver(reply, fault(failure)))
    },
    clientErrorHandler: (error, socket) => {
      const parts = unknownMethod(error)
      if (parts === undefined) return writeRaw(socket, malformed(error))
      answer(
        receive({ ...parts, body: '', scheme: schemeOf(socket), fidelity: fidelity() }),
        socket.remoteAddress ?? '',
      ).then(
        ({ reply }) => writeRaw(socket, reply),
        (failure) => writeRaw(socket, fault(failure)),
      )
    },
  })

  const deliver = deliverer(app)
  /** For an error of Runyard's own outside the walk, which has the vendor's words for one. */
  const fault = (error: unknown): Reply => {
    logger.error(error)
    return problem(500, 'Internal Server Error', 'This is an error of Runyard. Its log says more.')
  }
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const body = await readBody(request.raw)
    if (body === undefined) reply.header('connection', 'close')
    const answered = await answer(arrived(request, body, fidelity()), request.ip)
    return deliver(reply, answered.reply, answered.delivery)
  }

  // No method has a body for Fastify to parse: it would refuse one, in its own words, before anybody is asked whose
  // request it is.
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  app.all('/*', handle)
  app.setNotFoundHandler(handle)
  app.setErrorHandler(async (error, _request, reply) => deliver(reply, fault(error)))
  answerAll(app, app.server)
  app.addHook('preClose', async () => {
    // One half-sent request was measured to hold close() for 73 s (docs/decisions.md).
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref()
  })
  return app
}

function schemeOf(socket: Socket): string {
  return socket instanceof TLSSocket ? 'https' : 'http'
}

/**
 * Has a server of the app answer what Node would answer itself, with nothing in it: an unknown `Expect` is ignored, and
 * `CONNECT` is for proxies.
 */
export function answerAll(app: FastifyInstance, server: Server): void {
  server.on('checkExpectation', app.routing)
  server.on('connect', (_request, socket) =>
    writeRaw(socket, problem(405, 'Method Not Allowed', 'CONNECT is for proxies, and this is none.')),
  )
}

/** The body as text, or undefined when it is larger than is read. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') return ''
  if (Number(request.headers['content-length']) > MOST_BODY_BYTES) return undefined
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > MOST_BODY_BYTES) return undefined
      chunks.push(chunk)
    }
  } catch {
    // The client has gone, which is no error of ours; nobody is left to read what this would be answered with.
  }
  return Buffer.concat(chunks).toString()
}

function arrived(request: FastifyRequest, body: string | undefined, fidelity: Fidelity): Received {
  return receive({
    method: request.method,
    url: request.raw.url ?? '/',
    rawHeaders: request.raw.rawHeaders,
    body,
    scheme: request.protocol,
    fidelity,
  })
}

/** Not HTTP: no vendor's words apply, since nothing says whose request it is. */
function malformed(error: ParserError): Reply {
  return error.code === 'HPE_HEADER_OVERFLOW'
    ? problem(
        431,
        'Request Header Fields Too Large',
        `Headers and query may take ${MAX_HEADER_BYTES} bytes together.`,
      )
    : problem(400, 'Bad Request', 'This is not an HTTP request that can be read.')
}
