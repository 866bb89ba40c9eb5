import { parseIso } from '../core/clock.ts'
import { ApiError, problem, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { DEFAULT_SANDBOX, type Sandbox, type Sandboxes } from '../core/sandbox.ts'

/** A call of the control plane that its document allows. */
export interface Call {
  readonly request: ApiRequest
  /** The query's parameters, typed as the document types them, with its defaults. */
  readonly query: Readonly<Record<string, unknown>>
  /** The body as parsed JSON; undefined without one. Its members are what the document says they are. */
  readonly body: unknown
}

/** An operation of the control plane. Throws an ApiError that holds a problem (RFC 9457). */
export type Operation = (call: Call) => Promise<Reply>

/** An operation on one sandbox. */
export type SandboxOperation = (sandbox: Sandbox, call: Call) => Promise<Reply>

/** The sandbox that the call's path names. Throws an ApiError when there is none. */
export function sandboxNamed(sandboxes: Sandboxes, { request }: Call): Sandbox {
  const { id = DEFAULT_SANDBOX } = request.params
  const sandbox = sandboxes.get(id)
  if (sandbox !== undefined) return sandbox
  const ids = sandboxes.list().map((other) => other.id)
  const some = ids.length > 10 ? [...ids.slice(0, 10), `${ids.length - 10} more`] : ids
  throw new ApiError(
    problem(404, 'No such sandbox', `There is no sandbox '${id}'. There are: ${some.join(', ')}.`),
  )
}

/** One thing that is wrong with a call. */
export interface Wrong {
  /** A JSON pointer into the body (`/clock/now`), or the name of a parameter. */
  readonly pointer: string
  /** Why, and what would be right. */
  readonly detail: string
}

/** The refusal of a call that is well-formed and cannot be done, with every reason. */
export function unprocessable(wrongs: readonly Wrong[]): ApiError {
  const detail = wrongs.map(({ pointer, detail }) => `${pointer || 'The body'} ${detail}`).join('; ')
  const refusal = problem(422, 'Unprocessable Content', detail)
  return new ApiError({ ...refusal, body: { ...Object(refusal.body), errors: wrongs } })
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** The ms of a `Duration` of the document: a number of them, or a text such as `1h30m`. */
export function milliseconds(duration: string | number): number {
  if (typeof duration === 'number') return duration
  let sum = 0
  for (const [, count = '', unit = ''] of duration.matchAll(/([\d.]+)(ms|[smhdw])/g))
    sum += Number(count) * (UNITS[unit] ?? 0)
  return Math.round(sum)
}

/** The ms of an `Instant` of the document, at that pointer. */
export function instant(text: string, pointer: string): number {
  const at = parseIso(text)
  if (at === undefined)
    throw unprocessable([{ pointer, detail: 'is no instant; 2026-06-01T12:00:00Z is one' }])
  return at
}
