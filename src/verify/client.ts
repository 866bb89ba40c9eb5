import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { Departure } from './contract.ts'
import { parseJson } from './json.ts'
import type { Received } from './request.ts'

/** A reply, before anybody says which path of a document it answers. */
export type Reply = Omit<Received, 'path'>

export interface ClientOptions {
  /** The base URL; its path goes before every path. */
  readonly target: URL
  /** Between the end of one request and the start of the next, in ms. */
  readonly delayMs: number
  /** How long one request may take, in ms. */
  readonly timeoutMs: number
}

/** What leaves: `target` is path and query. */
export interface Outgoing {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** More than any page of runs. */
const MOST_BYTES = 64 * 1024 * 1024

/** Sends one request after the other, headers as given and none added, and follows no redirect. */
export class Client {
  readonly #options: ClientOptions
  #sent = 0

  constructor(options: ClientOptions) {
    this.#options = options
  }

  get target(): URL {
    return this.#options.target
  }

  /** Throws a Departure when no whole reply comes. */
  async send(outgoing: Outgoing): Promise<Reply> {
    const { target, delayMs, timeoutMs } = this.#options
    if (this.#sent++ > 0 && delayMs > 0) await sleep(delayMs)
    const path = target.pathname.replace(/\/$/, '') + outgoing.target
    const line = `${outgoing.method} ${path}`
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const { status, headers, text } = await exchange(target, { ...outgoing, target: path }, signal)
      return { request: line, status, headers: flat(headers), text, json: parseJson(text) }
    } catch (error) {
      const cause = signal.aborted ? `no reply within ${timeoutMs / 1000} s` : reason(error)
      throw new Departure(`${line}: ${cause}`)
    }
  }
}

function exchange(base: URL, outgoing: Outgoing, signal: AbortSignal) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const send = base.protocol === 'https:' ? httpsRequest : httpRequest
    const { method, target, headers, body = '' } = outgoing
    const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
    let answered = false
    const request: ClientRequest = send(
      {
        // A URL keeps the brackets of an IPv6 address, and sockets take it without.
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port,
        path: target,
        method,
        // A connection of its own: one that the server has just given up would look like a failure.
        agent: false,
        headers: { accept: 'application/json', ...headers, ...length },
        signal,
      },
      (response) => {
        answered = true
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size > MOST_BYTES) request.destroy(new Error(`the reply is larger than ${MOST_BYTES} bytes`))
        })
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        })
      },
    )
    request.on('error', reject)
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      reject(new Error(`${response.statusCode} ${response.statusMessage}, which nobody asked for`))
    })
    request.on('close', () => {
      if (!answered) reject(new Error('the connection closed before a reply'))
    })
    request.end(body)
  })
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )
}

/** The error as a person would say it. Node wraps several attempts (IPv4, IPv6) into one error without words. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ')
  return error instanceof Error ? error.message || error.name : String(error)
}
