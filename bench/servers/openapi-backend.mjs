// openapi-backend's own mock behind Fastify, both of the versions that Runyard has: openapi-backend.mjs <port> <document>
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { OpenAPIBackend } from 'openapi-backend'
import { parse } from 'yaml'

const [port, file] = process.argv.slice(2)
const definition = parse(readFileSync(file, 'utf8'))
for (const [path, methods] of Object.entries(definition.paths)) {
  // It throws at operations without a name, of which Basedash's document has one.
  for (const [method, operation] of Object.entries(methods)) operation.operationId ??= `${method} ${path}`
}
const refuse = (status) => (_context, _request, reply) => reply.code(status).send({ status })
const api = new OpenAPIBackend({
  definition,
  quick: true,
  ajvOpts: { strict: false, logger: false },
  handlers: {
    notFound: refuse(404),
    methodNotAllowed: refuse(405),
    validationFail: refuse(400),
    unauthorizedHandler: refuse(401),
    notImplemented: (context, _request, reply) => {
      const { status, mock } = api.mockResponseForOperation(context.operation.operationId)
      return reply.code(status).send(mock)
    },
  },
})
for (const scheme of Object.keys(definition.components?.securitySchemes ?? {})) {
  const isSent = ({ request: { headers } }) => 'authorization' in headers || 'authorization-psk' in headers
  api.registerSecurityHandler(scheme, isSent)
}
await api.init()

const app = Fastify()
app.get('/*', (request, reply) => {
  const [path, query] = request.url.split('?')
  return api.handleRequest({ method: 'GET', path, query, headers: request.headers }, request, reply)
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
