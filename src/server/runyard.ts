import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { controlPlane } from '../control/control.ts'
import { wallNow } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import { DEFAULT_SANDBOX } from '../core/sandbox.ts'
import { httpsServer } from '../http/https.ts'
import { receive } from '../http/receive.ts'
import { type Control, DRAIN_MS, httpServer } from '../http/server.ts'
import { contractOf } from '../journal/contract.ts'
import { Database } from '../store/database.ts'
import { controlApi, discoverProviders, serve } from './discover.ts'
import { docs } from './docs.ts'
import { fetchFrom } from './fetch.ts'
import { FOLDERS } from './folders.ts'
import { type Ask, newSandbox, openSandbox, type SandboxHandle, type SandboxOptions } from './handle.ts'
import { type Options, withDefaults } from './options.ts'
import { StoredSandboxes } from './sandboxes.ts'
import { tlsOf, trust } from './tls.ts'

/** A Runyard in this process. It reads no options from the environment, never exits, and listens only when told. */
export interface Runyard extends AsyncDisposable {
  /**
   * Starts to listen, and resolves to the base URL, such as `http://127.0.0.1:4010`. Throws the system's error when it
   * cannot, and is closed then.
   */
  listen(): Promise<string>
  /** Where https is served, and the certificate (PEM file) to trust for it, unless that is the user's own. */
  readonly tls: { readonly url: string; readonly caFile: string | undefined } | undefined
  /**
   * Answers a request without a socket; a path is one of this server's. As the web's `fetch`, but for redirects, which
   * are given and not followed, and for the body, which is there at once.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** The sandbox of that id, or undefined. */
  sandbox(id: string): Promise<SandboxHandle | undefined>
  /**
   * A new sandbox, which knows the server's URL: listen first, if you are to listen. Throws ControlError when there is
   * one of that id, or the scenario cannot be used.
   */
  sandbox(options?: SandboxOptions): Promise<SandboxHandle>
  /**
   * Answers what is in flight, for at most two seconds, and lets go of port and file. Once is enough; whatever else is
   * called from then on throws an Error.
   */
  close(): Promise<void>
}

/**
 * Makes a Runyard: documents read, validators ready, store filled. Throws OptionError, DatabaseError or ScenarioError,
 * each with a message for people.
 */
export async function createRunyard(
  given: { readonly [Name in keyof Options]?: Options[Name] } = {},
): Promise<Runyard> {
  const options = withDefaults(given)
  const { version } = JSON.parse(readFileSync(FOLDERS.package, 'utf8')) as { version: string }
  const started = wallNow()
  const logger = pino({ level: options.log })
  const providers = await discoverProviders()
  const served = await Promise.all(providers.map(serve))
  const hosts = providers.flatMap((provider) => provider.hosts)
  const tls = await tlsOf(options, hosts, (message) => logger.warn(message))
  const database = new Database(options.db)
  let app: FastifyInstance
  let control: Control
  let https: HttpsServer | undefined
  let state: 'ok' | 'draining' = 'ok'
  let server = urlOf('http', options.host, options.port)
  let secure = urlOf('https', options.host, options.tlsPort)
  const reached = (): JsonObject => {
    if (tls === undefined) return {}
    const { caFile } = tls
    return { tls: { url: secure, ...(caFile !== undefined && { caFile, trust: trust(caFile) }) } }
  }
  const contracts = served.map(({ provider, apis }) => contractOf(provider, apis))
  let sandboxes: StoredSandboxes
  try {
    sandboxes = new StoredSandboxes(database, providers, contracts, options)
    const fidelity = sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
    for (const { apis } of served) apis[fidelity].warm()
    control = controlPlane({
      api: await controlApi(),
      served,
      sandboxes,
      adminToken: options.adminToken,
      health: () => ({ status: state, version, uptimeMs: wallNow() - started }),
      reached,
      report: (error) => logger.error(error),
    })
    const around = {
      providers,
      sandboxes,
      checkReplies: options.checkReplies,
      report: (error: unknown) => logger.error(error),
    }
    app = httpServer({ served, around, control, logger })
    if (tls !== undefined) https = httpsServer(app, tls.identity)
    await docs(app, served, sandboxes)
    await app.ready()
  } catch (error) {
    database.close()
    tls?.forget()
    throw error
  }

  /** Requests without a socket, of which the app knows nothing when it closes. */
  const fetching = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= (async () => {
      state = 'draining'
      // What was fetched just before is on its way to the app once its body has been read.
      await setImmediate()
      await app.close()
      const drained = Promise.allSettled(fetching)
      await Promise.race([drained, setTimeout(DRAIN_MS, undefined, { ref: false })])
      database.close()
      tls?.forget()
    })()
    return closed
  }

  const refuseWhenClosed = (): void => {
    if (closed !== undefined) throw new Error('This Runyard is closed. Make another: createRunyard().')
  }

  /** The control plane, asked by the process that Runyard runs in. */
  const ask: Ask = async (method, path, body) => {
    refuseWhenClosed()
    const { host, protocol } = new URL(server)
    const received = receive({
      method,
      url: path,
      rawHeaders: ['host', host, 'content-type', 'application/json'],
      body: body === undefined ? '' : JSON.stringify(body),
      scheme: protocol.slice(0, -1),
      fidelity: 'spec',
    })
    return control.answer({ ...received, mount: '', path: received.rawPath, params: {} }, undefined)
  }
  function sandbox(id: string): Promise<SandboxHandle | undefined>
  function sandbox(options?: SandboxOptions): Promise<SandboxHandle>
  function sandbox(asked: string | SandboxOptions = {}): Promise<SandboxHandle | undefined> {
    return typeof asked === 'string' ? openSandbox(ask, asked) : newSandbox(ask, asked)
  }

  return {
    async listen() {
      refuseWhenClosed()
      const { host, port, tlsPort } = options
      try {
        await app.listen({ host, port })
        server = urlOf('http', host, portOf(app.server))
        if (https !== undefined) {
          await once(https.listen(tlsPort, host), 'listening')
          secure = urlOf('https', host, portOf(https))
        }
      } catch (error) {
        await close()
        throw error
      }
      return server
    },
    get tls() {
      return tls && { url: secure, caFile: tls.caFile }
    },
    async fetch(input, init) {
      refuseWhenClosed()
      const isPath = typeof input === 'string' && input.startsWith('/')
      const answer = fetchFrom(app, new Request(isPath ? server + input : input, init))
      fetching.add(answer)
      return answer.finally(() => fetching.delete(answer))
    },
    sandbox,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Where a client on this machine reaches what listens on `host`: a wildcard address is where to listen only. */
function urlOf(scheme: string, host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** Of a server that listens: it has an address with a port then. */
function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port
}
