import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Reply } from '../core/reply.ts'
import { ListBody } from './list-body.ts'

/** A reply's body as the bytes it leaves as; undefined when it has none. */
export function bytes({ body }: Reply): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  if (body instanceof ListBody) return body.toBuffer()
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** How many bytes of a body are short. */
const SHORT = 2048
/** How many bytes there are to put pages together in, and how many there may be. */
const SHEET = 64 * 1024
const LARGEST_SHEET = 8 * 1024 * 1024
let sheet = Buffer.allocUnsafeSlow(SHEET)

/** Writes a whole reply. */
export function write(to: ServerResponse, reply: Reply): void {
  const { body } = reply
  const { socket } = to
  if (body instanceof ListBody && socket instanceof Socket && body.most <= LARGEST_SHEET) {
    writeList(to, socket, reply, body)
    return
  }
  const whole = bytes(reply)
  writeHead(to, reply, whole?.length)
  // What is short leaves with its head as one text: Node would write the two one by one else, which takes longer than to copy it.
  if (whole !== undefined && whole.length <= SHORT) to.end(whole.toString('latin1'), 'latin1')
  else to.end(whole)
}

/** Pages are put together one after the other in the same place, which spares the collector most of what a request leaves. */
function writeList(to: ServerResponse, socket: Socket, reply: Reply, list: ListBody): void {
  if (list.most > sheet.length) sheet = Buffer.allocUnsafeSlow(list.most)
  const size = list.writeTo(sheet)
  writeHead(to, reply, size)
  to.end(sheet.subarray(0, size))
  // Nearly always the system has taken all of it by now. Otherwise it is read from there later: the next page gets another.
  if (socket.writableLength > 0) sheet = Buffer.allocUnsafeSlow(SHEET)
}

/** Writes a reply's head, which declares a body of so many bytes. */
export function writeHead(to: ServerResponse, { status, headers }: Reply, size: number | undefined): void {
  // Without a body nobody knows here how long the one is that a HEAD or a 304 speaks of (RFC 9110 §8.6).
  const hasLength = status !== 204 && (size !== undefined || (status !== 304 && to.req.method !== 'HEAD'))
  const length = String(size ?? 0)
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
