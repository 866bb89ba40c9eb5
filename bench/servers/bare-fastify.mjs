// Fastify, of the version that Runyard has, sending constant replies: bare-fastify.mjs <port> <replies.json>
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

const [port, file] = process.argv.slice(2)
const app = Fastify()
for (const { path, headers, body } of JSON.parse(readFileSync(file, 'utf8'))) {
  const bytes = Buffer.from(body)
  app.get(path, (_request, reply) => {
    reply.headers(headers).send(bytes)
  })
}
await app.listen({ port: Number(port), host: '127.0.0.1' })
// Ends by itself, as a service does: only then does Node write what it compiled.
process.once('SIGTERM', () => process.exit())
