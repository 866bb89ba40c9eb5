import { wallNow } from '../core/clock.ts'
import type { Exchange, PageSeen, Step } from '../core/journal.ts'
import type { Caller, Provider, Quota } from '../core/provider.ts'
import type { Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Sandbox } from '../core/sandbox.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import type { Served } from './address.ts'
import type { Delivery } from './deliver.ts'
import { REDACTED, type Redactor } from './redact.ts'

/** What is known of a request that was answered. */
export interface Answered {
  readonly step: Step
  readonly request: ApiRequest
  readonly reply: Reply
  /** Absent when path or method are none of the document's. */
  readonly documented?: DocumentedOperation
  readonly caller?: Caller<unknown>
  readonly quota?: Quota
  readonly page?: PageSeen
  readonly faults: readonly string[]
  readonly delivery?: Delivery | undefined
}

/** What the journal is told of a request and its reply, without anything that could be used as a credential. */
export async function exchangeOf(
  { provider }: Served,
  sandbox: Sandbox,
  redactor: Redactor,
  answered: Answered,
): Promise<Exchange> {
  const { step, request, reply, documented, caller, quota, page, faults, delivery } = answered
  const { known, parameters } = declaredBy(documented, provider.operations)
  const isLost = delivery?.reset !== undefined || delivery?.truncate !== undefined
  const credential = caller && sandbox.credentials(provider.name).labels.get(caller.name)
  return {
    provider: provider.name,
    ...(documented && { operationId: documented.operationId }),
    step,
    fidelity: request.fidelity,
    method: await redactor.text(request.method),
    path: await redactor.path(request.path),
    search: await redactor.search(request.search, parameters),
    headers: await habits(request, known, redactor),
    // A client of a token endpoint is known by its id, and may be refused for want of a proof.
    ...(credential !== undefined && (reply.status !== 401 || step === 'fault') && { credential }),
    status: reply.status,
    ...(isLost && { lost: true }),
    ...(page && reply.status < 300 && !isLost && { page }),
    ...(reply.status === 429 && quota && !isLost && { retryAfterMs: wait(provider, quota) }),
    ...(faults.length > 0 && { faults }),
  }
}

/** How long (ms) the client was told to wait, as it reads what it was told. */
function wait({ hintsAtInstants }: Provider, { resetAt, retryAfterMs }: Quota): number {
  return hintsAtInstants ? Math.max(0, resetAt - wallNow()) : retryAfterMs
}

const HABITS = ['user-agent', 'accept', 'content-type', 'content-length', 'prefer']
const CREDENTIALS = ['authorization', 'authorization-psk', 'cookie']

/** Those headers that say something of the client's habits. */
async function habits(
  request: ApiRequest,
  known: readonly string[],
  redactor: Redactor,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const name of known) {
    const value = request.header(name)
    if (value !== undefined)
      headers[name] = CREDENTIALS.includes(name) ? REDACTED : await redactor.text(value)
  }
  return headers
}

/** What an operation's document says of its parameters. */
interface Declared {
  /** The headers that are kept, lower case: always the same, and those that the document has. */
  readonly known: readonly string[]
  /** The query parameters of a list operation; of another, which may take secrets, none. */
  readonly parameters: ReadonlySet<string>
}

const NOTHING: Declared = { known: [...HABITS, ...CREDENTIALS], parameters: new Set() }
const seen = new WeakMap<DocumentedOperation, Declared>()

function declaredBy(
  documented: DocumentedOperation | undefined,
  operations: Served['provider']['operations'],
): Declared {
  if (documented === undefined) return NOTHING
  let declared = seen.get(documented)
  if (declared === undefined) {
    // The cast: Api.of has dereferenced the document.
    const parameters = (documented.routed.parameters ?? []) as readonly { in: string; name: string }[]
    const named = (place: string): string[] =>
      parameters.filter((parameter) => parameter.in === place).map(({ name }) => name)
    const isList = operations[documented.operationId]?.kind === 'list'
    declared = {
      known: [...new Set([...NOTHING.known, ...named('header').map((name) => name.toLowerCase())])],
      parameters: new Set(isList ? named('query') : []),
    }
    seen.set(documented, declared)
  }
  return declared
}
