import { readFileSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import { controlPlane } from '../control/control.ts'
import { wallNow } from '../core/clock.ts'
import type { Journal } from '../core/journal.ts'
import type { JsonObject } from '../core/json.ts'
import { DEFAULT_SANDBOX } from '../core/sandbox.ts'
import type { Served } from '../http/address.ts'
import type { Control } from '../http/answering.ts'
import { receive } from '../http/receive.ts'
import type { Surroundings } from '../http/walk.ts'
import { contractOf } from '../journal/contract.ts'
import { ContractJournal } from '../journal/journal.ts'
import type { Database } from '../store/database.ts'
import { dropAllShelves } from '../store/shelf.ts'
import { controlApi, discoverProviders, serve } from './discover.ts'
import type { Progress } from './fillings.ts'
import { FOLDERS } from './folders.ts'
import {
  type Ask,
  newSandbox,
  openSandbox,
  type SandboxHandle,
  type SandboxOptions,
  type SandboxView,
} from './handle.ts'
import { keptFillings } from './kept-fillings.ts'
import type { Options } from './options.ts'
import { StoredSandboxes } from './sandboxes.ts'
import { type Tls, tlsOf, trust } from './tls.ts'

/** The sandbox of that id, or undefined; or a new one, which throws ControlError when it cannot be made. */
export interface OpenSandbox {
  (id: string): Promise<SandboxHandle | undefined>
  (options?: SandboxOptions): Promise<SandboxHandle>
}

/** Everything of a Runyard but what listens. */
export interface Inside {
  readonly logger: Logger
  readonly served: readonly Served[]
  readonly sandboxes: StoredSandboxes
  readonly control: Control
  readonly around: Surroundings
  readonly tls: Tls | undefined
  /** The base URLs under which it is reached, once something listens. */
  readonly urls: { http: string; https: string }
  /** Through the control plane, as a client would, but without a socket. */
  readonly sandbox: OpenSandbox
  /**
   * The default sandbox as the control plane shows it, which is not asked: nothing waits for what only its callers need.
   */
  describe(): Promise<SandboxView>
  /** From now on, health says that it is draining, and who embeds it is refused. */
  drain(): void
  /** Throws an Error once it drains. */
  refuseWhenClosed(): void
  /** Lets go of the file, and of what was made for this run only. Nothing is answered from then on. */
  close(): void
}

/** What differs where several processes answer. */
export interface Apart {
  /** Opened in the last moment, since it may be in use. */
  open(): Database
  /** A new sandbox's journal, of that one which keeps so many exchanges. */
  journal?(own: Journal): Journal
  /** Told how the filling of a large scenario goes on. */
  readonly onProgress?: Progress | undefined
}

/** Reads the documents and fills the store. Throws OptionError, DatabaseError or ScenarioError. */
export async function inside(
  options: Options,
  { open, journal = (own) => own, onProgress }: Apart,
): Promise<Inside> {
  const { version } = JSON.parse(readFileSync(FOLDERS.package, 'utf8')) as { version: string }
  const started = wallNow()
  const logger = pino({ level: options.log })
  const providers = await discoverProviders()
  const served = await Promise.all(providers.map(serve))
  const hosts = providers.flatMap((provider) => provider.hosts)
  const tls = await tlsOf(options, hosts, (message) => logger.warn(message))
  const database = open()
  const { host, port, tlsPort } = options
  const urls = { http: urlOf('http', host, port), https: urlOf('https', host, tlsPort) }
  let status: 'ok' | 'draining' = 'ok'
  const reached = (): JsonObject => {
    if (tls === undefined) return {}
    const { caFile } = tls
    return { tls: { url: urls.https, ...(caFile !== undefined && { caFile, trust: trust(caFile) }) } }
  }
  const close = (): void => {
    dropAllShelves(database)
    database.close()
    tls?.forget()
  }
  try {
    const contracts = served.map(({ provider, apis }) => contractOf(provider, apis))
    const newJournal = (size: number): Journal => journal(new ContractJournal(size, contracts))
    const kept = keptFillings(providers, (message) => logger.debug(message))
    const sandboxes = await StoredSandboxes.open(database, providers, newJournal, options, {
      ...(kept !== undefined && { kept }),
      ...(onProgress !== undefined && { onProgress }),
    })
    const fidelity = sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
    for (const { apis } of served) apis[fidelity].warm()
    const report = (error: unknown): void => logger.error(error)
    const control = controlPlane({
      api: await controlApi(),
      served,
      sandboxes,
      adminToken: options.adminToken,
      health: () => ({ status, version, uptimeMs: wallNow() - started }),
      reached,
      report,
    })
    const around = { providers, sandboxes, checkReplies: options.checkReplies, report }
    const drain = (): void => {
      status = 'draining'
      sandboxes.close()
    }
    const refuseWhenClosed = (): void => {
      if (status === 'draining') throw new Error('This Runyard is closed. Make another: createRunyard().')
    }
    const sandbox = sandboxesBy(async (method, path, body) => {
      refuseWhenClosed()
      const { host, protocol } = new URL(urls.http)
      const text = body === undefined ? '' : JSON.stringify(body)
      const rawHeaders = ['host', host, 'content-type', 'application/json']
      const arrived = { method, url: path, rawHeaders, body: text, scheme: protocol.slice(0, -1) }
      const received = receive(arrived, 'spec')
      return control.answer({ ...received, mount: '', path: received.rawPath, params: {} }, undefined)
    })
    const describe = async (): Promise<SandboxView> => {
      const view = await sandboxes.get(DEFAULT_SANDBOX)?.describe(urls.http)
      // The cast: the control plane holds the same against its document.
      return { ...view, ...reached() } as unknown as SandboxView
    }
    const shown = { logger, served, sandboxes, control, around, tls, urls, sandbox, describe }
    return { ...shown, drain, refuseWhenClosed, close }
  } catch (error) {
    close()
    throw error
  }
}

/** Where a client on this machine reaches what listens on `host`: a wildcard address is where to listen only. */
export function urlOf(scheme: string, host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

function sandboxesBy(ask: Ask): OpenSandbox {
  function sandbox(id: string): Promise<SandboxHandle | undefined>
  function sandbox(options?: SandboxOptions): Promise<SandboxHandle>
  function sandbox(asked: string | SandboxOptions = {}): Promise<SandboxHandle | undefined> {
    return typeof asked === 'string' ? openSandbox(ask, asked) : newSandbox(ask, asked)
  }
  return sandbox
}
