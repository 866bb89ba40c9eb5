import { METHODS } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Fidelity } from '../core/fidelity.ts'
import type { Problem } from '../core/provider.ts'
import { problem, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { DEFAULT_SANDBOX } from '../core/sandbox.ts'
import { addressee, type Served } from './address.ts'
import { type Received, receive } from './receive.ts'
import { type ParserError, unknownMethod, writeRaw } from './unparsed.ts'
import { type Surroundings, walk } from './walk.ts'
import { bytes } from './write.ts'

/** The control plane, as the server reaches it; `peer` is the remote address. */
export interface Control {
  answer(request: ApiRequest, peer: string): Promise<Reply>
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

/** The Fastify server in front of the walk. Everything comes to one place: no reply is a framework's own. */
export function httpServer({ served, around, control, logger }: HttpOptions): FastifyInstance {
  // Until a credential has named another, a request is the default sandbox's.
  const fidelity = (): Fidelity => around.sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
  const answer = async (received: Received, peer: string): Promise<Reply> => {
    const addressed = addressee(served, received.host, received.rawPath)
    if (addressed !== undefined) {
      const { mount, path } = addressed
      const exchange = await walk(addressed.served, { ...received, mount, path, params: {} }, around)
      const { reply, ...facts } = exchange
      logger.info(
        { ...facts, method: received.method, path: received.rawPath, status: reply.status },
        'exchange',
      )
      return reply
    }
    const request = { ...received, mount: '', path: received.rawPath, params: {} }
    if (received.rawPath.startsWith('/_runyard/')) return control.answer(request, peer)
    return problem(404, 'Not Found', `Nothing is served at ${received.rawPath}. GET /docs lists what is.`)
  }

  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Fastify's 503 while closing has a body of its own: what is in flight is answered instead.
    return503OnClosing: false,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    // Reached when a path has a malformed percent escape, which the vendors' servers take or refuse in their own way.
    frameworkErrors: (_error, request, reply) => {
      void handle(request, reply)
    },
    clientErrorHandler: (error, socket) => {
      const parts = unknownMethod(error)
      if (parts === undefined) return writeRaw(socket, malformed(error))
      answer(
        receive({ ...parts, body: '', scheme: schemeOf(socket), fidelity: fidelity() }),
        socket.remoteAddress ?? '',
      ).then(
        (reply) => writeRaw(socket, reply),
        (failure) => logger.error(failure),
      )
    },
  })

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    send(reply, await answer(arrived(request, fidelity()), request.ip))

  for (const method of METHODS)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.all('/*', handle)
  app.setNotFoundHandler(handle)
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const received = arrived(request, fidelity())
    const addressed = addressee(served, received.host, received.rawPath)
    const status = error.statusCode ?? 500
    if (status >= 500) logger.error(error)
    if (addressed === undefined) return send(reply, problem(status, error.name, error.message))
    const { provider } = addressed.served
    const apiRequest = { ...received, mount: addressed.mount, path: addressed.path, params: {} }
    const refusal =
      status >= 500
        ? provider.errors.internal(apiRequest)
        : provider.errors.invalid(apiRequest, [unreadableBody(error)])
    return send(reply, provider.finish?.(apiRequest, refusal) ?? refusal)
  })
  app.addHook('preClose', async () => {
    // One half-sent request was measured to hold close() for 73 s (docs/decisions.md).
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref()
  })
  return app
}

function schemeOf(socket: Socket): string {
  return socket instanceof TLSSocket ? 'https' : 'http'
}

function arrived(request: FastifyRequest, fidelity: Fidelity): Received {
  return receive({
    method: request.method,
    url: request.raw.url ?? '/',
    rawHeaders: request.raw.rawHeaders,
    body: Buffer.isBuffer(request.body) ? request.body.toString() : '',
    scheme: request.protocol,
    fidelity,
  })
}

/** As a Buffer, since Fastify adds a charset to the content type of text. */
function send(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  return reply.code(status).headers(headers).send(bytes({ status, headers, body }))
}

function unreadableBody(error: FastifyError): Problem {
  return { in: 'body', path: [], rule: error.code, facts: {}, value: undefined, message: error.message }
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
