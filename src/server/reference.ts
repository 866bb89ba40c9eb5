import type { IncomingMessage } from 'node:http'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance } from 'fastify'

/** A document that the page lists. */
export interface Listed {
  readonly name: string
  readonly url: string
  /** What the page fills in: a credential by security scheme. */
  readonly keys: Readonly<Record<string, string>>
}

/** Who answers what the page cannot. */
export interface Otherwise {
  nothing(request: IncomingMessage): void
  failed(request: IncomingMessage, error: Error): void
}

/**
 * The reference page of all documents, at `/docs`, as an app of its own: the one that serves cannot take plugins once it
 * does. Requests come to its `routing`; it never listens.
 */
export async function reference(listed: readonly Listed[], otherwise: Otherwise): Promise<FastifyInstance> {
  const app = Fastify({ routerOptions: { maxParamLength: 65_536 } })
  app.setNotFoundHandler((request, reply) => {
    reply.hijack()
    otherwise.nothing(request.raw)
  })
  app.setErrorHandler((error, request, reply) => {
    reply.hijack()
    otherwise.failed(request.raw, error instanceof Error ? error : new Error(String(error)))
  })
  const documents = [...listed, { name: 'Runyard control plane', url: '/_runyard/openapi.json' }]
  const keys = Object.fromEntries(listed.map(({ url, keys }) => [url, keys]))
  await app.register(swagger, { openapi: { info: { title: 'Runyard', version: '0' } } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Runyard', css: [{ filename: 'runyard.css', content: TABLES }] },
    logo: { type: 'image/svg+xml', content: LOGO, href: '/docs' },
    uiConfig: {
      urls: documents.map(({ name, url }) => ({ name, url })),
      'urls.primaryName': documents[0]?.name,
      onComplete: browserFunction(FILL_IN.replace('KEYS', JSON.stringify(keys))),
    } as object,
  })
  await app.ready()
  return app
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
