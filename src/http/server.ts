import { once } from 'node:events'
import { type IncomingMessage, METHODS, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { problem, type Reply } from '../core/reply.ts'
import { type AnsweringOptions, answering } from './answering.ts'
import { deliverer } from './deliver.ts'
import { Load } from './load.ts'
import type { Arrived } from './receive.ts'
import { type ParserError, unknownMethod, writeRaw } from './unparsed.ts'

/** How long (ms) closing waits for requests that are half sent before it cuts them off. */
export const DRAIN_MS = 2_000
/** Node's own bound is 16 kB of headers; the services take longer queries than that. */
export const MAX_HEADER_BYTES = 256 * 1024

/** How many connections may wait to be accepted, as far as the system lets them: others are tried again after a second. */
const BACKLOG = 4096
/** No operation has use for a larger body. */
const MOST_BODY_BYTES = 1024 * 1024

/** Paths that may be a route of Fastify's, the reference page and the documents, perhaps spelled with escapes. */
const FASTIFYS = /^[^?]*(?:docs|openapi|%)/i

/** The Fastify server in front of the walk. Everything comes to one place: no reply is a framework's own. */
export function httpServer(options: AnsweringOptions): FastifyInstance {
  const { logger } = options
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Fastify's 503 while closing has a body of its own: what is in flight is answered instead.
    return503OnClosing: false,
    // Without a Host header, a request is this machine's.
    http: { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false },
    // The walk reads queries, each provider its own way.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES, querystringParser: () => ({}) },
    childLoggerFactory: (logger) => logger,
    // Reached when a path has a malformed percent escape, which the vendors' servers take or refuse in their own way.
    frameworkErrors: (_error, request, reply) => handle(request, reply),
    clientErrorHandler: (error, socket) => {
      const parts = unknownMethod(error)
      if (parts === undefined) return writeRaw(socket, malformed(error))
      void respondRaw({ ...parts, body: '', scheme: schemeOf(socket) }, socket)
    },
  })

  const load = new Load(app)
  const answer = answering({ ...options, load })
  const deliver = deliverer(app)
  /** For an error of Runyard's own outside the walk, which has the vendor's words for one. */
  const fault = (error: unknown): Reply => {
    logger.error(error)
    return problem(500, 'Internal Server Error', 'This is an error of Runyard. Its log says more.')
  }
  const respondRaw = async (arrived: Arrived, socket: Socket): Promise<void> => {
    try {
      const { reply } = await answer(arrived, socket.remoteAddress ?? '')
      writeRaw(socket, reply)
    } catch (error) {
      writeRaw(socket, fault(error))
    }
  }
  const respond = async (request: IncomingMessage, to: ServerResponse): Promise<void> => {
    load.begin()
    try {
      const body = hasBody(request) ? await readBody(request) : ''
      if (body === undefined) to.setHeader('connection', 'close')
      const { reply, delivery } = await answer(arrived(request, body), peerOf(request))
      if (delivery === undefined) await turnIsOver()
      await deliver(to, reply, delivery)
    } catch (error) {
      const failure = fault(error)
      if (to.headersSent) to.destroy()
      else deliver(to, failure)
    } finally {
      load.end()
    }
  }
  /** Replies are plain data that one place writes: Fastify's own writing of them is left out. */
  const handle = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack()
    void respond(request.raw, reply.raw)
  }

  // No method has a body for Fastify to parse: it would refuse one, in its own words, before anybody is asked whose
  // request it is.
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  app.all('/*', handle)
  app.setNotFoundHandler(handle)
  app.setErrorHandler((error, _request, reply) => {
    reply.hijack()
    deliver(reply.raw, fault(error))
  })
  answerAll(app, app.server)
  // Fastify's way to a handler takes as long as the whole walk, and has nothing that the walk needs.
  let isClosing = false
  app.server.removeAllListeners('request').on('request', (request: IncomingMessage, to: ServerResponse) => {
    if (FASTIFYS.test(request.url ?? '')) return app.routing(request, to)
    if (isClosing) to.setHeader('Connection', 'close')
    return void respond(request, to)
  })
  app.addHook('preClose', async () => {
    isClosing = true
    // One half-sent request was measured to hold close() for 73 s (docs/decisions.md).
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref()
  })
  return app
}

/** Has the app, and the server of it beside, listen. Resolves to their ports. Throws the system's error when one cannot. */
export async function listen(
  app: FastifyInstance,
  https: NetServer | undefined,
  { host, port, tlsPort }: { readonly host: string; readonly port: number; readonly tlsPort: number },
): Promise<{ readonly port: number; readonly tlsPort: number }> {
  await app.listen({ host, port, backlog: BACKLOG })
  if (https !== undefined) await once(https.listen(tlsPort, host, BACKLOG), 'listening')
  return { port: portOf(app.server), tlsPort: https === undefined ? tlsPort : portOf(https) }
}

/** Of a server that listens: it has an address with a port then. */
function portOf(listening: NetServer): number {
  return (listening.address() as AddressInfo).port
}

let turn: Promise<void> | undefined

/**
 * Resolves when all is read that has arrived: replies leave together then. To write one wakes its client up, which takes
 * as long as all the rest of a request; one that has been woken up reads the others' too (docs/decisions.md).
 */
function turnIsOver(): Promise<void> {
  turn ??= new Promise((resolve) =>
    setImmediate(() => {
      turn = undefined
      resolve()
    }),
  )
  return turn
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

function hasBody({ method }: IncomingMessage): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? ''
}

/** The body as text, or undefined when it is larger than is read. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
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

function arrived(request: IncomingMessage, body: string | undefined): Arrived {
  const { method = '', url = '/', rawHeaders, socket } = request
  return { method, url, rawHeaders, body, scheme: schemeOf(socket) }
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
