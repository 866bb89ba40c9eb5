import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { controlPlane } from '../control/control.ts'
import { wallNow } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import { httpsServer } from '../http/https.ts'
import { Limiter } from '../http/limiter.ts'
import { httpServer } from '../http/server.ts'
import { Api } from '../spec/api.ts'
import { vendorDocument } from '../spec/document.ts'
import { Database } from '../store/database.ts'
import { discoverProviders, serve } from './discover.ts'
import { docs } from './docs.ts'
import { FOLDERS } from './folders.ts'
import { type Options, withDefaults } from './options.ts'
import { StoredSandboxes } from './sandboxes.ts'
import { tlsOf, trust } from './tls.ts'

/** A Runyard in this process. It reads no options from the environment, never exits, and listens only when told. */
export interface Runyard {
  /**
   * Starts to listen, and resolves to the base URL, such as `http://127.0.0.1:4010`. Throws the system's error when it
   * cannot, and is closed then.
   */
  listen(): Promise<string>
  /** Where https is served, and the certificate (PEM file) to trust for it, unless that is the user's own. */
  readonly tls: { readonly url: string; readonly caFile: string | undefined } | undefined
  /** Answers a request without a socket. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** The sandbox as the control plane shows it: counts, credentials, environment. Undefined when there is none. */
  sandbox(id: string): Promise<JsonObject | undefined>
  /** Answers what is in flight, for at most two seconds, and lets go of port and file. */
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
  let https: HttpsServer | undefined
  let state: 'ok' | 'draining' = 'ok'
  let server = urlOf('http', options.host, options.port)
  let secure = urlOf('https', options.host, options.tlsPort)
  const reached = (): JsonObject => {
    if (tls === undefined) return {}
    const { caFile } = tls
    return { tls: { url: secure, ...(caFile !== undefined && { caFile, trust: trust(caFile) }) } }
  }
  const sandboxes = new StoredSandboxes(database, providers)
  try {
    const { fidelity } = sandboxes.openDefault(options)
    for (const { apis } of served) apis[fidelity].warm()
    const control = controlPlane({
      api: await Api.of(vendorDocument(FOLDERS.specs, 'control')),
      sandboxes,
      health: () => ({ status: state, version, uptimeMs: wallNow() - started }),
      reached,
    })
    const around = {
      sandboxes,
      limiter: new Limiter(),
      checkReplies: options.checkReplies,
      fault: (error: unknown) => logger.error(error),
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

  const close = async (): Promise<void> => {
    state = 'draining'
    await app.close()
    database.close()
    tls?.forget()
  }

  return {
    async listen() {
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
      const request = new Request(
        typeof input === 'string' && input.startsWith('/') ? server + input : input,
        init,
      )
      const { pathname, search, host } = new URL(request.url)
      const response = await app.inject({
        method: request.method as 'GET',
        url: pathname + search,
        headers: { host, ...Object.fromEntries(request.headers) },
        payload: Buffer.from(await request.arrayBuffer()),
      })
      const headers = Object.entries(response.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ])
      const body = response.rawPayload.length > 0 ? new Uint8Array(response.rawPayload) : null
      return new Response(body, { status: response.statusCode, headers })
    },
    async sandbox(id) {
      const sandbox = await sandboxes.get(id)?.describe(server)
      return sandbox && { ...sandbox, ...reached() }
    },
    close,
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
