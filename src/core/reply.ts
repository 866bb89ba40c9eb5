import type { JsonObject } from './json.ts'

/** What a request gets: plain data that one place writes to the wire (`http/write.ts`). */
export interface Reply {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** A string or a Buffer leaves as it is; anything else as compact JSON; undefined leaves nothing. */
  readonly body?: unknown
}

/** A reply that ends the walk where it is thrown. */
export class ApiError extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`refused with ${reply.status}`)
    this.name = 'ApiError'
    this.reply = reply
  }
}

/** A JSON reply whose content type carries no charset. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** RFC 9457 problem details: how Runyard itself (not a vendor) refuses. */
export function problem(status: number, title: string, detail: string): Reply {
  const body: JsonObject = { title, status, detail }
  return { status, headers: { 'content-type': 'application/problem+json' }, body }
}
