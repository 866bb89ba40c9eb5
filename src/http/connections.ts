import type { Server } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/** The TCP connections that carry TLS: Node resets no TLS socket (ERR_INVALID_HANDLE_TYPE), only what is underneath. */
const carriers = new WeakMap<Duplex, Socket>()

/** Remembers which connection of an https server carries which TLS socket. */
export function trackCarriers(server: Server): void {
  const shakingHands = new Map<string, Socket>()
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    shakingHands.set(name, socket)
    socket.once('close', () => {
      if (shakingHands.get(name) === socket) shakingHands.delete(name)
    })
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const name = nameOf(socket)
    const carrier = shakingHands.get(name)
    if (carrier !== undefined) carriers.set(socket, carrier)
    shakingHands.delete(name)
  })
}

/** Both of them have the same client, and a client's port is its own as long as it is connected. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** Ends a connection with a TCP reset. False when it is none, in a request without a socket. */
export function resetConnection(connection: Duplex): boolean {
  const socket = carriers.get(connection) ?? connection
  if (!(socket instanceof Socket)) return false
  try {
    socket.resetAndDestroy()
  } catch {
    // TLS on something that is no TCP connection: cutting it off is the next best.
    socket.destroy()
  }
  return true
}
