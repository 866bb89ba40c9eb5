import type { components, operations } from '../control/wire.ts'
import { dateOf } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import type { Reply } from '../core/reply.ts'

type Schemas = components['schemas']

/** A sandbox as the control plane shows it. */
export type SandboxView = Omit<Schemas['Sandbox'], 'credentials'> & { credentials: Credentials }
/** Without what an API of your own would add, so that a mistyped name is an error of types. */
type Credentials = Named<Schemas['Credentials']>
type Named<T> = { [Name in keyof T as string extends Name ? never : Name]: T[Name] }
/** ISO 8601, ms or a Date. */
export type Instant = string | number | Date
/** What a new sandbox is to be. `clock`: `live`, the instant at which it stands, or one to tick on from. */
export type SandboxOptions = Omit<Schemas['NewSandbox'], 'clock'> & {
  readonly clock?: Instant | { readonly now: Instant; readonly frozen?: boolean }
}
export type ClockView = Schemas['Clock']
export type FaultOptions = Schemas['NewFault']
export type FaultView = Schemas['Fault']
export type JournalView = Schemas['Journal']
export type JournalQuery = NonNullable<operations['getJournal']['parameters']['query']>
export type ContractReport = Schemas['Report']
export type ProviderName = 'conductorone' | 'trigger' | 'nx1' | 'basedash'
/** A run in the form in which the vendor's list shows it. */
export type VendorRun = Record<string, unknown>

/** A refusal by the control plane, in its words. */
export class ControlError extends Error {
  override name = 'ControlError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * A sandbox in the hands of a test. Everything is a call of the control plane, documented there; each method throws
 * ControlError when it is refused. `await using` deletes it in the end (not `default`, which always exists).
 */
export interface SandboxHandle extends AsyncDisposable {
  readonly id: string
  /** In the vendors' formats, by provider. */
  readonly credentials: SandboxView['credentials']
  /** What the vendors' clients read from their environment. */
  readonly env: Readonly<Record<string, string>>
  readonly baseUrl: string
  /** The sandbox as it is now: its clock and counts too. */
  describe(): Promise<SandboxView>
  readonly clock: {
    get(): Promise<ClockView>
    /** Set back, its runs are as they were at that time. */
    set(now: Instant, frozen?: boolean): Promise<ClockView>
    /** `5m`, `1h30m`, or ms. */
    advance(by: string | number): Promise<ClockView>
    freeze(): Promise<ClockView>
    /** It ticks on from its present. */
    thaw(): Promise<ClockView>
  }
  readonly faults: {
    add(fault: FaultOptions): Promise<FaultView>
    list(): Promise<FaultView[]>
    get(id: string): Promise<FaultView>
    remove(id: string): Promise<void>
    clear(): Promise<void>
  }
  readonly journal: {
    list(filter?: Partial<JournalQuery>): Promise<JournalView>
    clear(): Promise<void>
  }
  readonly runs: {
    /** At most so many, the newest of each scope first; `next` is the `cursor` of the next page. */
    list(
      provider: ProviderName,
      page?: { readonly limit?: number; readonly cursor?: string },
    ): Promise<{ runs: VendorRun[]; next: string | null }>
    /** All of them, or none; what they lack is drawn. The runs as lists show them. */
    insert(provider: ProviderName, runs: VendorRun | readonly VendorRun[]): Promise<VendorRun[]>
    clear(provider: ProviderName): Promise<void>
  }
  report(): Promise<ContractReport>
  /** As at its creation. */
  reset(): Promise<SandboxView>
  delete(): Promise<void>
}

/** Asks the control plane. `body` leaves as JSON. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<Reply>

/** The sandbox of that id, or undefined. */
export async function openSandbox(ask: Ask, id: string): Promise<SandboxHandle | undefined> {
  const reply = await ask('GET', pathOf(id))
  return reply.status === 404 ? undefined : handle(ask, bodyOf<SandboxView>(reply))
}

/** A new sandbox. Throws ControlError. */
export async function newSandbox(ask: Ask, { clock, ...options }: SandboxOptions): Promise<SandboxHandle> {
  const body = { ...options, ...(clock !== undefined && { clock: settingOf(clock) }) }
  return handle(ask, bodyOf<SandboxView>(await ask('POST', '/_runyard/sandboxes', body)))
}

function handle(ask: Ask, { id, credentials, env, baseUrl }: SandboxView): SandboxHandle {
  const path = pathOf(id)
  const call = async <Body>(method: string, rest: string, body?: unknown): Promise<Body> =>
    bodyOf<Body>(await ask(method, path + rest, body))
  const setClock = (change: object): Promise<ClockView> => call('PATCH', '/clock', change)
  const remove = (): Promise<void> => call('DELETE', '')
  return {
    id,
    credentials,
    env,
    baseUrl,
    describe: () => call('GET', ''),
    clock: {
      get: () => call('GET', '/clock'),
      set: (now, frozen) => setClock({ now: textOf(now), ...(frozen !== undefined && { frozen }) }),
      advance: (by) => setClock({ advance: by }),
      freeze: () => setClock({ frozen: true }),
      thaw: () => setClock({ frozen: false }),
    },
    faults: {
      add: (fault) => call('POST', '/faults', fault),
      list: async () => (await call<{ faults: FaultView[] }>('GET', '/faults')).faults,
      get: (fault) => call('GET', `/faults/${encodeURIComponent(fault)}`),
      remove: (fault) => call('DELETE', `/faults/${encodeURIComponent(fault)}`),
      clear: () => call('DELETE', '/faults'),
    },
    journal: {
      list: (filter = {}) => call('GET', `/journal${queryOf(filter)}`),
      clear: () => call('DELETE', '/journal'),
    },
    runs: {
      list: (provider, page = {}) => call('GET', `/runs/${provider}${queryOf(page)}`),
      insert: async (provider, runs) =>
        (await call<{ runs: VendorRun[] }>('POST', `/runs/${provider}`, runs)).runs,
      clear: (provider) => call('DELETE', `/runs/${provider}`),
    },
    report: () => call('GET', '/report'),
    reset: () => call('POST', '/reset'),
    delete: remove,
    async [Symbol.asyncDispose]() {
      const reply = await ask('DELETE', path)
      // Who has deleted it already, or was given `default`, has nothing left to do.
      if (reply.status !== 404 && reply.status !== 409) bodyOf(reply)
    },
  }
}

function pathOf(id: string): string {
  return `/_runyard/sandboxes/${encodeURIComponent(id)}`
}

function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** The body of a reply, which the control plane's document describes. Throws ControlError. */
function bodyOf<Body>({ status, body }: Reply): Body {
  if (status < 400) return body as Body
  const { title, detail }: { title?: Json; detail?: Json } = Object(body)
  throw new ControlError(status, `${title}: ${detail}`)
}

function settingOf(clock: NonNullable<SandboxOptions['clock']>): Schemas['NewSandbox']['clock'] {
  const isInstant = typeof clock !== 'object' || clock instanceof Date
  return isInstant ? textOf(clock) : { ...clock, now: textOf(clock.now) }
}

/** As the control plane reads it, which is to refuse what is no instant. */
function textOf(instant: Instant): string {
  if (typeof instant === 'string') return instant
  const date = typeof instant === 'number' ? dateOf(instant) : instant
  return Number.isNaN(date.getTime()) ? String(instant) : date.toISOString()
}
