import type { Server as HttpsServer } from 'node:https'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { httpsServer } from '../http/https.ts'
import { DRAIN_MS, httpServer, listen } from '../http/server.ts'
import { Database } from '../store/database.ts'
import { docs } from './docs.ts'
import { fetchFrom } from './fetch.ts'
import type { Progress } from './fillings.ts'
import type { SandboxHandle, SandboxOptions } from './handle.ts'
import { type Inside, inside, urlOf } from './inside.ts'
import { OptionError, type Options, withDefaults } from './options.ts'

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
  if (options.workers > 1) {
    const how = `runyard --workers ${options.workers}`
    throw new OptionError(
      `The option workers is for the command line (${how}): nothing here forks processes.`,
    )
  }
  return (await openRunyard(options)).runyard
}

/** A Runyard, and what it is to begin with. `onProgress` is told how far it is where there are many runs to be made. */
export async function openRunyard(
  options: Options,
  onProgress?: Progress,
): Promise<{ readonly runyard: Runyard; readonly describe: Inside['describe'] }> {
  const made = await inside(options, { open: () => new Database(options.db), onProgress })
  const { served, sandboxes, control, around, logger, tls, urls, refuseWhenClosed } = made
  let app: FastifyInstance
  let https: HttpsServer | undefined
  try {
    app = httpServer({ served, around, control, logger })
    if (tls !== undefined) https = httpsServer(app, tls.identity)
    docs(app, served, sandboxes)
    await app.ready()
  } catch (error) {
    made.close()
    throw error
  }

  /** Requests without a socket, of which the app knows nothing when it closes. */
  const fetching = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= (async () => {
      made.drain()
      // What was fetched just before is on its way to the app once its body has been read.
      await setImmediate()
      await app.close()
      const drained = Promise.allSettled(fetching)
      await Promise.race([drained, setTimeout(DRAIN_MS, undefined, { ref: false })])
      made.close()
    })()
    return closed
  }

  const runyard: Runyard = {
    async listen() {
      refuseWhenClosed()
      try {
        const { port, tlsPort } = await listen(app, https, options)
        urls.http = urlOf('http', options.host, port)
        urls.https = urlOf('https', options.host, tlsPort)
      } catch (error) {
        await close()
        throw error
      }
      return urls.http
    },
    get tls() {
      return tls && { url: urls.https, caFile: tls.caFile }
    },
    async fetch(input, init) {
      refuseWhenClosed()
      const isPath = typeof input === 'string' && input.startsWith('/')
      const answer = fetchFrom(app, new Request(isPath ? urls.http + input : input, init))
      fetching.add(answer)
      return answer.finally(() => fetching.delete(answer))
    },
    sandbox: made.sandbox,
    close,
    [Symbol.asyncDispose]: close,
  }
  return { runyard, describe: made.describe }
}
