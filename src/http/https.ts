import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { trackCarriers } from './connections.ts'
import { answerAll, DRAIN_MS, MAX_HEADER_BYTES } from './server.ts'

/**
 * A server that answers over TLS what the app answers without, with the same handlers and bounds, and closes with it.
 * It does not listen yet. `identity`: PEM texts.
 */
export function httpsServer(app: FastifyInstance, identity: { cert: string; key: string }): Server {
  const server = createServer(
    { ...identity, maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false },
    app.routing,
  )
  answerAll(app, server)
  trackCarriers(server)
  server.keepAliveTimeout = app.server.keepAliveTimeout
  server.requestTimeout = app.server.requestTimeout
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Node reports failed handshakes here too: there is nothing that could be answered.
    if (error.code?.startsWith('HPE_') || error.code?.startsWith('ERR_HTTP_'))
      app.server.emit('clientError', error, socket)
    else socket.destroy()
  })
  server.on('tlsClientError', (error) => app.log.info({ reason: error.message }, 'no TLS handshake'))

  // The HTTP server underneath knows nothing of a connection whose handshake is not over.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  let closed: Promise<void> | undefined
  app.addHook('preClose', async () => {
    closed = new Promise((resolve) => server.close(() => resolve()))
    setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, DRAIN_MS).unref()
  })
  app.addHook('onClose', async () => closed)
  return server
}
