import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { wallNow } from '../core/clock.ts'
import type { Reply } from '../core/reply.ts'
import { resetConnection } from './connections.ts'
import { bytes, write, writeHead } from './write.ts'

/** What happens to a reply on its way. */
export interface Delivery {
  /** How long it is held back. */
  readonly delayMs: number
  /** The connection is reset in its place, or in the middle of its body; in its place where it has none. */
  readonly reset?: 'before' | 'midway'
  /** How many bytes of the body are sent, and declared as all there are; `half` of them. */
  readonly truncate?: number | 'half'
  /** How long the body takes to be sent. */
  readonly slowMs?: number
}

/** Sends a reply; what happens to it on its way takes time, and resolves when it has happened. */
export type Deliver = (to: ServerResponse, reply: Reply, delivery?: Delivery) => Promise<void> | undefined

/** How many pieces of a slow body are sent in a second, at most. */
const PIECES_PER_SECOND = 20
/** How long what was sent has to reach the client before a reset. */
const HEAD_START_MS = 20

/** What sends the app's replies. When the app closes, nothing is held back any longer. */
export function deliverer(app: FastifyInstance): Deliver {
  const pauses = new Pauses()
  app.addHook('preClose', async () => pauses.end())
  return (to, reply, delivery) => {
    if (delivery === undefined) {
      write(to, reply)
      return undefined
    }
    // A client that leaves makes writes fail, which would end the process if nobody heard of it.
    to.on('error', () => {})
    return disturbed(to, reply, bytes(reply), delivery, pauses)
  }
}

async function disturbed(
  to: ServerResponse,
  reply: Reply,
  whole: Buffer | undefined,
  { delayMs, reset, truncate, slowMs }: Delivery,
  pauses: Pauses,
): Promise<void> {
  await pauses.pause(delayMs, to)
  if (to.destroyed) return
  const body = truncated(whole, truncate)
  const hasMiddle = body !== undefined && body.length > 0 && to.req.method !== 'HEAD'
  if (reset === 'midway' && hasMiddle) {
    begin(to, reply, body)
    await Promise.race([flushed(to, body.subarray(0, body.length >> 1)), emitted(to, 'close')])
    await cutOff(to, pauses)
  } else if (reset !== undefined) {
    await cutOff(to, pauses)
  } else if (slowMs !== undefined && hasMiddle) {
    begin(to, reply, body)
    await trickle(to, body, slowMs, pauses)
    to.end()
  } else {
    write(to, { ...reply, body })
  }
}

/** Sends the head ahead of the body. */
function begin(to: ServerResponse, reply: Reply, body: Buffer): void {
  writeHead(to, reply, body.length)
  to.flushHeaders()
}

function truncated(body: Buffer | undefined, at: Delivery['truncate']): Buffer | undefined {
  return at === undefined ? body : body?.subarray(0, at === 'half' ? body.length >> 1 : at)
}

/** Writes the bytes, and resolves when the system has them. */
function flushed(raw: ServerResponse, part: Buffer): Promise<void> {
  return new Promise((resolve) => raw.write(part, () => resolve()))
}

/** Unlike `once` of node:events, no rejection when the client's leaving makes an error. */
function emitted(raw: ServerResponse, event: 'close' | 'socket'): Promise<void> {
  return new Promise((resolve) => raw.once(event, () => resolve()))
}

/** Writes the body in even pieces, the last of them when the time is over. */
async function trickle(raw: ServerResponse, body: Buffer, ms: number, pauses: Pauses): Promise<void> {
  const pieces = Math.min(body.length, Math.max(2, Math.ceil((ms / 1000) * PIECES_PER_SECOND)))
  const start = wallNow()
  for (let i = 1; i <= pieces; i++) {
    await pauses.pause(start + (ms * i) / pieces - wallNow(), raw)
    if (raw.destroyed) return
    const [from = 0, to] = [i - 1, i].map((piece) => Math.floor((piece * body.length) / pieces))
    raw.write(body.subarray(from, to))
  }
}

/** Resets the connection once it is this response's turn on it. */
async function cutOff(raw: ServerResponse, pauses: Pauses): Promise<void> {
  if (raw.socket === null && !raw.destroyed)
    await Promise.race([emitted(raw, 'socket'), emitted(raw, 'close')])
  // A client that reads both at once takes what was sent for all there is.
  if (raw.socket !== null && raw.socket.bytesWritten > 0) await pauses.pause(HEAD_START_MS, raw)
  if (raw.socket !== null && resetConnection(raw.socket)) return
  // Without a connection, a request is one of this process: it fails as its `fetch` would.
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
  raw.destroy(new TypeError('fetch failed', { cause }))
}

/** Waiting that ends early when there is nobody to wait for. */
class Pauses {
  readonly #enders = new Set<() => void>()
  #areOver = false

  /** Resolves after `ms`, or at once when the client leaves or all pauses end. */
  pause(ms: number, raw: ServerResponse): Promise<void> {
    if (ms <= 0 || this.#areOver || raw.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        raw.off('close', end)
        this.#enders.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      raw.once('close', end)
      this.#enders.add(end)
    })
  }

  /** Ends all pauses, those to come too. */
  end(): void {
    this.#areOver = true
    for (const end of [...this.#enders]) end()
  }
}
