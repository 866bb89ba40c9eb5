import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Reply } from '../core/reply.ts'

/** A reply's body as the bytes it leaves as; undefined when it has none. */
export function bytes({ body }: Reply): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Writes a whole reply, whose body leaves as these bytes. */
export function write(to: ServerResponse, reply: Reply, body: Buffer | undefined): void {
  writeHead(to, reply, body)
  to.end(body)
}

/** Writes a reply's head, which declares the whole body. */
export function writeHead(to: ServerResponse, { status, headers }: Reply, body: Buffer | undefined): void {
  // Without a body nobody knows here how long the one is that a HEAD or a 304 speaks of (RFC 9110 §8.6).
  const hasLength = status !== 204 && (body !== undefined || (status !== 304 && to.req.method !== 'HEAD'))
  const length = String(body?.length ?? 0)
  const lines: string[] = []
  for (const name in headers)
    lines.push(name, hasLength && name === 'content-length' ? length : (headers[name] ?? ''))
  if (hasLength && headers['content-length'] === undefined) lines.push('content-length', length)
  if (to.socket instanceof Socket) {
    to.writeHead(status, lines)
    return
  }
  // Without a socket the headers are read back, and Node has only those that are set one by one.
  for (let i = 0; i < lines.length; i += 2) to.setHeader(lines[i] ?? '', lines[i + 1] ?? '')
  to.writeHead(status)
}
