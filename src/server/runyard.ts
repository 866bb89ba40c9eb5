import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { controlPlane } from '../control/control.ts'
import { wallNow } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
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

/** A Runyard in this process. It reads no environment, never exits, and listens only when told. */
export interface Runyard {
  /** Starts to listen, and resolves to the base URL, such as `http://127.0.0.1:4010`. */
  listen(): Promise<string>
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
  const database = new Database(options.db)
  let app: FastifyInstance
  let state: 'ok' | 'draining' = 'ok'
  let server = `http://${options.host}:${options.port}`
  const sandboxes = new StoredSandboxes(database, providers)
  try {
    sandboxes.openDefault(options)
    const control = controlPlane({
      api: await Api.of(vendorDocument(FOLDERS.specs, 'control')),
      sandboxes,
      health: () => ({ status: state, version, uptimeMs: wallNow() - started }),
    })
    const yard = {
      sandboxes,
      limiter: new Limiter(),
      checkReplies: options.checkReplies,
      fault: (error: unknown) => logger.error(error),
    }
    app = httpServer({ served, yard, control, logger })
    await docs(app, served, sandboxes)
    await app.ready()
  } catch (error) {
    database.close()
    throw error
  }

  return {
    async listen() {
      await app.listen({ host: options.host, port: options.port })
      // A listening TCP server has an address with a port.
      const { port } = app.server.address() as AddressInfo
      // A wildcard address is where to listen, and not where to reach.
      const reached = options.host === '0.0.0.0' ? '127.0.0.1' : options.host === '::' ? '::1' : options.host
      const host = reached.includes(':') ? `[${reached}]` : reached
      server = `http://${host}:${port}`
      return server
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
      return sandboxes.get(id)?.describe(server)
    },
    async close() {
      state = 'draining'
      await app.close()
      database.close()
    },
  }
}
