import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Fidelity } from '../core/fidelity.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'
import { DEFAULT_SANDBOX, type Sandboxes } from '../core/sandbox.ts'
import type { Served } from '../http/address.ts'
import type { Listed } from './reference.ts'

/**
 * Serves each document at `/<provider>/openapi.json` and all of them in one reference page at `/docs`, whose assets
 * come from node_modules and whose "try it" is ready with the default sandbox's credentials. Made for whoever asks
 * first: nobody who starts a server waits for what the page is made with.
 */
export function docs(app: FastifyInstance, served: readonly Served[], sandboxes: Sandboxes): void {
  const fidelity = sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
  const listed = served.map(({ provider, apis }): Listed => {
    const url = `/${provider.name}/openapi.json`
    const { schemes = {}, parameters = {} } =
      sandboxes.get(DEFAULT_SANDBOX)?.credentials(provider.name).tryIt ?? {}
    let document: Promise<string> | undefined
    app.get(url, async (_request, reply) => {
      document ??= withTable(apis[fidelity].document, provider, fidelity).then((it) => local(it, parameters))
      return reply.header('content-type', 'application/json').send(await document)
    })
    return { name: provider.title, url, keys: schemes }
  })

  const asking = new WeakMap<IncomingMessage, FastifyReply>()
  let page: Promise<FastifyInstance> | undefined
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    page ??= import('./reference.ts').then(({ reference }) =>
      // What the page does not have, and what goes wrong there, is answered as it is anywhere else.
      reference(listed, {
        nothing: (raw) => void asking.get(raw)?.callNotFound(),
        failed: (raw, error) => void asking.get(raw)?.send(error),
      }),
    )
    const { routing } = await page
    asking.set(request.raw, reply)
    routing(request.raw, reply.raw)
    return reply
  }
  for (const url of ['/docs', '/docs/*']) app.get(url, show)
}

/** The document with the table of differences at the end of its description. */
async function withTable(document: JsonObject, provider: Provider, fidelity: Fidelity): Promise<JsonObject> {
  const { info } = document
  if (typeof info !== 'object' || info === null || Array.isArray(info)) return document
  const { differencesOf } = await import('./differences.ts')
  const rows = differencesOf(provider).map(
    ({ topic, spec, live, evidence }) => `| ${topic} | ${spec} | ${live ?? 'the same'} | ${evidence} |`,
  )
  const table = ['| topic | `spec` | `live` | evidence |', '|---|---|---|---|', ...rows].join('\n')
  const heading = `### How faithful Runyard is (this one serves \`${fidelity}\`)`
  return {
    ...document,
    info: { ...info, description: `${info.description ?? ''}\n\n${heading}\n\n${table}\n` },
  }
}

/** The document with this server as its only one, and an example for each parameter that has a value here. */
function local(document: JsonObject, parameters: Readonly<Record<string, Json>>): string {
  const withExamples = (_name: string, value: Json): Json => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const example = 'in' in value && typeof value.name === 'string' ? parameters[value.name] : undefined
    return example === undefined ? value : { ...value, example }
  }
  return JSON.stringify({ ...document, servers: [{ url: '/', description: 'This Runyard' }] }, withExamples)
}
