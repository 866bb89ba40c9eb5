import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { apart } from '../core/bounded-map.ts'
import type { Reply } from '../core/reply.ts'
import { bytes } from './write.ts'

/** What Node's parser makes known of a request that it gives up on. */
export interface ParserError {
  readonly code?: string
  /** A Buffer, whatever Fastify's types say. */
  readonly rawPacket?: unknown
  /** How far into it the parser came. */
  readonly bytesParsed?: number
}

const LONGEST_METHOD = 32

/** The method, target and headers of a request whose method Node's parser does not know, or undefined. */
export function unknownMethod(
  error: ParserError,
): { method: string; url: string; rawHeaders: string[] } | undefined {
  if (error.code !== 'HPE_INVALID_METHOD' || !Buffer.isBuffer(error.rawPacket)) return undefined
  // Further on, the method is that of a request behind others in one packet.
  if ((error.bytesParsed ?? 0) > LONGEST_METHOD) return undefined
  const [requestLine = '', ...lines] = error.rawPacket.toString('latin1').split('\r\n')
  const [, method, url] = /^([!#$%&'*+.^_`|~\w-]+) (\/\S*) HTTP\/1\.[01]$/.exec(requestLine) ?? []
  if (method === undefined || url === undefined) return undefined
  const rawHeaders: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 0) break
    // Nor would Node's parser take it.
    if (line.includes('\n')) return undefined
    rawHeaders.push(apart(line.slice(0, colon)), apart(line.slice(colon + 1).trim()))
  }
  return { method: apart(method), url: apart(url), rawHeaders }
}

/** Writes a reply to a connection that Node's HTTP server has let go of, and ends it. */
export function writeRaw(socket: Duplex, reply: Reply): void {
  if (!socket.writable) return
  const body = bytes(reply) ?? Buffer.alloc(0)
  const head = [
    `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`,
    ...Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ]
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]))
}
