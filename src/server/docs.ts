import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { Fidelity } from '../core/fidelity.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'
import { DEFAULT_SANDBOX, type Sandboxes } from '../core/sandbox.ts'
import type { Served } from '../http/address.ts'
import { differencesOf } from './differences.ts'

/** What the page fills in for one document: a credential by security scheme. */
type Keys = Readonly<Record<string, string>>

/**
 * Serves each document at `/<provider>/openapi.json` and all of them in one reference page at `/docs`, whose assets
 * come from node_modules and whose "try it" is ready with the default sandbox's credentials.
 */
export async function docs(
  app: FastifyInstance,
  served: readonly Served[],
  sandboxes: Sandboxes,
): Promise<void> {
  const urls: { name: string; url: string }[] = []
  const keys: Record<string, Keys> = {}
  const fidelity = sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
  for (const { provider, apis } of served) {
    const url = `/${provider.name}/openapi.json`
    const { schemes = {}, parameters = {} } =
      sandboxes.get(DEFAULT_SANDBOX)?.credentials(provider.name).tryIt ?? {}
    // Made for whoever asks first: the table reads the overlays again, which nobody who starts a server waits for.
    let document: string | undefined
    app.get(url, async (_request, reply) => {
      document ??= local(withTable(apis[fidelity].document, provider, fidelity), parameters)
      return reply.header('content-type', 'application/json').send(document)
    })
    urls.push({ name: provider.title, url })
    keys[url] = schemes
  }
  urls.push({ name: 'Runyard control plane', url: '/_runyard/openapi.json' })
  await app.register(swagger, { openapi: { info: { title: 'Runyard', version: '0' } } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Runyard', css: [{ filename: 'runyard.css', content: TABLES }] },
    logo: { type: 'image/svg+xml', content: LOGO, href: '/docs' },
    uiConfig: {
      urls,
      'urls.primaryName': urls[0]?.name,
      onComplete: browserFunction(FILL_IN.replace('KEYS', JSON.stringify(keys))),
    } as object,
  })
}

/** The document with the table of differences at the end of its description. */
function withTable(document: JsonObject, provider: Provider, fidelity: Fidelity): JsonObject {
  const { info } = document
  if (typeof info !== 'object' || info === null || Array.isArray(info)) return document
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

/** Swagger UI gives the cells of a description's table no room between them. */
const TABLES =
  '.swagger-ui .renderedMarkdown table tbody tr td:nth-child(n) { padding: 6px 16px 6px 0; vertical-align: top }'

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="140" height="40"><text x="0" y="28"
  font-family="system-ui, sans-serif" font-size="26" font-weight="600" fill="#fff">Runyard</text></svg>`

/** Runs in the browser, where the page's script has `ui` in scope, each time a document has been drawn. */
const FILL_IN = `() => {
  const keys = KEYS
  for (const [scheme, value] of Object.entries(keys[ui.specSelectors.url()] ?? {})) ui.preauthorizeApiKey(scheme, value)
}`

/** A function that the page's script gets as this text: it is never called here. */
function browserFunction(text: string): () => void {
  return Object.assign(() => {}, { toString: () => text })
}
