import { METHODS } from 'node:http'
import { apart } from '../core/bounded-map.ts'
import { wallNow } from '../core/clock.ts'
import type { Exchange } from '../core/journal.ts'
import type { Provider, Quota } from '../core/provider.ts'
import type { Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Sandboxes } from '../core/sandbox.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import { REDACTED, type Redactor, redactor } from './redact.ts'
import type { Received } from './requests.ts'
import type { Trace } from './trace.ts'

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** What the journal is told of a request alone, which follows from it, its operation and the credentials that there are. */
export interface Told extends Pick<Exchange, 'method' | 'path' | 'search' | 'headers'> {
  readonly documented: DocumentedOperation | undefined
  readonly edition: number
  /** The latest exchange that it was told in, if nothing but the request and its answer counted, and whose it was. */
  exchange?: Exchange
  credential?: string | undefined
}

interface HeadersTold extends Pick<Exchange, 'headers'> {
  readonly known: readonly string[]
  readonly edition: number
}

/** Tells journals of requests and their replies, without anything that could be used as a credential. */
export class Recorder {
  readonly #redactor: Redactor
  readonly #sandboxes: Sandboxes
  /** What was told of headers, and for which of them and which credentials. */
  readonly #headersTold = new WeakMap<ApiRequest['header'], HeadersTold>()

  /** A key that came to the wrong API is a secret too: `providers` are all there are. */
  constructor(providers: readonly Provider[], sandboxes: Sandboxes) {
    this.#redactor = redactor(providers, sandboxes)
    this.#sandboxes = sandboxes
  }

  /** The same exchange again is the same object, since journals keep thousands. */
  exchangeOf(provider: Provider, trace: Trace, { status }: Reply): Exchange {
    const { step, received, request, sandbox, documented, caller, quota, page, interference } = trace
    const told = this.#tell(received, documented, provider)
    const credential = caller && sandbox.credentials(provider.name).labels.get(caller.name)
    const isPlain = interference === undefined && quota === undefined
    const before = isPlain ? told.exchange : undefined
    if (
      before !== undefined &&
      before.status === status &&
      before.page === page &&
      before.step === step &&
      before.fidelity === request.fidelity &&
      told.credential === credential
    )
      return before
    const { method, path, search, headers } = told
    const { fidelity } = request
    const { name } = provider
    const exchange: Writable<Exchange> = {
      provider: name,
      step,
      fidelity,
      method,
      path,
      search,
      headers,
      status,
    }
    if (documented !== undefined) exchange.operationId = documented.operationId
    // A client of a token endpoint is known by its id, and may be refused for want of a proof.
    if (credential !== undefined && (status !== 401 || step === 'fault')) exchange.credential = credential
    const { faults = [], delivery } = interference ?? {}
    const isLost = delivery?.reset !== undefined || delivery?.truncate !== undefined
    if (isLost) exchange.lost = true
    else if (page !== undefined && status < 300) exchange.page = page
    else if (quota !== undefined && status === 429) exchange.retryAfterMs = wait(provider, quota)
    if (faults.length > 0) exchange.faults = faults
    if (isPlain) {
      told.exchange = exchange
      told.credential = credential
    }
    return exchange
  }

  /** What it told of the same request before, as long as the credentials are the same. */
  #tell(request: Received, documented: DocumentedOperation | undefined, { operations }: Provider): Told {
    const edition = this.#sandboxes.credentialsEdition
    const before = request.told
    if (before?.edition === edition && before.documented === documented) return before
    const { method, path, search, header } = request
    const { known, parameters } = declaredBy(documented, operations)
    const told: Told = {
      edition,
      documented,
      method: KNOWN_METHODS.has(method) ? method : this.#redactor.text(method),
      path: this.#redactor.path(path),
      search: this.#redactor.search(search, parameters),
      headers: this.#habits(header, known, edition),
    }
    if (request.isKept) request.told = told
    return told
  }

  /** Those headers that say something of the client's habits. Most requests have the same as one before. */
  #habits(header: ApiRequest['header'], known: readonly string[], edition: number): Exchange['headers'] {
    const before = this.#headersTold.get(header)
    if (before?.known === known && before.edition === edition) return before.headers
    const headers: Record<string, string> = {}
    for (const name of known) {
      const value = header(name)
      if (value !== undefined)
        headers[name] = CREDENTIALS.has(name) ? REDACTED : apart(this.#redactor.text(value))
    }
    this.#headersTold.set(header, { known, edition, headers })
    return headers
  }
}

/** How long (ms) the client was told to wait, as it reads what it was told. */
function wait({ hintsAtInstants }: Provider, { resetAt, retryAfterMs }: Quota): number {
  return hintsAtInstants ? Math.max(0, resetAt - wallNow()) : retryAfterMs
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)
const HABITS = ['user-agent', 'accept', 'content-type', 'content-length', 'prefer']
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'authorization-psk', 'cookie'])

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
  operations: Provider['operations'],
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
