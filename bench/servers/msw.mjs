// msw with handlers made from a document by @mswjs/source, behind node:http: msw.mjs <port> <document>
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fromOpenApi } from '@mswjs/source/open-api'
import { getResponse } from 'msw'
import { parse } from 'yaml'

const [port, file] = process.argv.slice(2)
const origin = `http://127.0.0.1:${port}`
// Handlers are for the document's own host; here it is this one.
const document = { ...parse(readFileSync(file, 'utf8')), servers: [{ url: origin }] }
const handlers = await fromOpenApi(document)

createServer(async (request, response) => {
  const answer = await getResponse(handlers, new Request(origin + request.url, { headers: request.headers }))
  if (answer === undefined) return response.writeHead(404).end()
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), 'content-length': body.length })
  response.end(body)
}).listen(Number(port), '127.0.0.1')
