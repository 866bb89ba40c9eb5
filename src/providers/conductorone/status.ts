import { json, type Reply } from '../../core/reply.ts'
import type { components } from './wire.ts'

/** What the gateway answers every failure with; it leaves out the `details` that are empty. */
export type Status = components['schemas']['google.rpc.Status']

/** The gateway's status codes that Runyard answers with (fidelity/conductorone.md §4), by gRPC code. */
const HTTP_STATUS = { 3: 400, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401 } as const

/** A refusal in the gateway's shape: google.rpc.Status without `details`. */
export function refusal(
  code: keyof typeof HTTP_STATUS,
  message: string,
  headers?: Record<string, string>,
): Reply {
  return json(HTTP_STATUS[code], { code, message } satisfies Status, headers)
}
