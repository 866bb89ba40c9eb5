// node:http sending constant replies: bare-http.mjs <port> <replies.json>
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, file] = process.argv.slice(2)
const replies = new Map(
  JSON.parse(readFileSync(file, 'utf8')).map(({ path, headers, body }) => {
    const bytes = Buffer.from(body)
    return [path, { headers: { ...headers, 'content-length': bytes.length }, bytes }]
  }),
)

createServer((request, response) => {
  const end = request.url.indexOf('?')
  const reply = replies.get(end === -1 ? request.url : request.url.slice(0, end))
  if (reply === undefined) return response.writeHead(404).end()
  response.writeHead(200, reply.headers)
  response.end(reply.bytes)
}).listen(Number(port), '127.0.0.1')
// Ends by itself, as a service does: only then does Node write what it compiled.
process.once('SIGTERM', () => process.exit())
