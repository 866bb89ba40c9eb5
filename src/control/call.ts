import { EARLIEST, LATEST, parseIso } from '../core/clock.ts'
import { ApiError, problem, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { DEFAULT_SANDBOX, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import type { operations } from './wire.ts'

/** An operation of the control plane's document. */
export type OperationId = keyof operations

/** A call of the control plane that its document allows, in the types that it has there. */
export interface Call<Id extends OperationId = OperationId> {
  readonly request: ApiRequest
  /** With the document's defaults. */
  readonly query: Query<NonNullable<operations[Id]['parameters']['query']>>
  /** As parsed JSON; undefined without one. */
  readonly body: Body<operations[Id]['requestBody']>
}

/** Every `limit` in the document has a default. */
type Query<Given> = Given extends { limit?: number } ? Given & { readonly limit: number } : Given
type Body<Given> = Given extends { content: { 'application/json': infer Body } } ? Body : undefined

/** An operation of the control plane. Throws an ApiError that holds a problem (RFC 9457). */
export type Operation<Id extends OperationId> = (call: Call<Id>) => Promise<Reply>

/** An operation on one sandbox. */
export type SandboxOperation<Id extends OperationId = OperationId> = (
  sandbox: Sandbox,
  call: Call<Id>,
) => Promise<Reply>

/** What is done for each of them, by operationId. */
export type Operations<Id extends OperationId> = { readonly [Each in Id]: Operation<Each> }
export type SandboxOperations<Id extends OperationId> = { readonly [Each in Id]: SandboxOperation<Each> }

/** The reply when there is nothing to say. */
export const NOTHING: Reply = { status: 204, headers: {} }

/** The sandbox that the call's path names. Throws an ApiError when there is none. */
export function sandboxNamed(sandboxes: Sandboxes, { request }: Pick<Call, 'request'>): Sandbox {
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

/** How many wrongs a refusal tells. */
const MOST_TOLD = 100

/** The refusal of a call that is well-formed and cannot be done, with the reasons: the first hundred, and how many more. */
export function unprocessable(wrongs: readonly Wrong[]): ApiError {
  const told = wrongs.slice(0, MOST_TOLD)
  const details = told.map(({ pointer, detail }) => `${pointer || 'The body'} ${detail}`)
  const more = wrongs.length > told.length ? [`and ${wrongs.length - told.length} more`] : []
  const refusal = problem(422, 'Unprocessable Content', [...details, ...more].join('; '))
  return new ApiError({ ...refusal, body: { ...Object(refusal.body), errors: told } })
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

/** The ms of an `Instant` of the document, at that pointer: one that a clock can read. */
export function instant(text: string, pointer: string): number {
  const at = parseIso(text)
  if (at === undefined || at < EARLIEST || at > LATEST) {
    const detail = 'is no instant from 1970 to 9999; 2026-06-01T12:00:00Z is one'
    throw unprocessable([{ pointer, detail }])
  }
  return at
}
