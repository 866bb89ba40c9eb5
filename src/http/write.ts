import type { Reply } from '../core/reply.ts'

/** A reply's body as the bytes it leaves as; undefined when it has none. */
export function bytes(reply: Reply): Buffer | undefined {
  if (reply.body === undefined) return undefined
  return Buffer.from(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body))
}
