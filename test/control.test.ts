import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { controlPlane } from '../src/control/control.ts'
import type { ApiRequest } from '../src/core/request.ts'
import type { Sandboxes } from '../src/core/sandbox.ts'
import { createRunyard } from '../src/index.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { vendorDocument } from '../src/spec/document.ts'
import { type SandboxView, serve } from './serve.ts'

const controlApi = await Api.of(vendorDocument(FOLDERS.specs, 'control'), 'by document')
const JSON_BODY = { 'content-type': 'application/json' }

t.test('the control plane answers as its document says', async (t) => {
  const yard = await serve(t)
  const problem = { status: Number, title: String, detail: String }
  const clock = { now: /^2026/, frozen: true }
  const report = { sandbox: 'default', exchanges: 0, from: null, to: null, breaches: [] }
  const cases: readonly [method: string, path: string, body: unknown, status: number, answer: object][] = [
    ['GET', '/health', undefined, 200, { status: 'ok', version: /^\d+\.\d+\.\d+$/, uptimeMs: Number }],
    ['GET', '/openapi.json', undefined, 200, { openapi: '3.1.0', info: { title: 'Runyard control plane' } }],
    ['GET', '/sandboxes', undefined, 200, { sandboxes: [{ id: 'default', scenario: 'default', seed: 1 }] }],
    ['POST', '/sandboxes', undefined, 201, { id: /^sandbox-/ }],
    ['POST', '/sandboxes', { id: 'one' }, 201, { id: 'one' }],
    ['POST', '/sandboxes', { id: 'one' }, 409, problem],
    ['POST', '/sandboxes', { one: 1 }, 422, { ...problem, errors: [{ pointer: '/one', detail: /unknown/ }] }],
    ['GET', '/sandboxes/default', undefined, 200, { id: 'default', clock }],
    [
      'GET',
      '/sandboxes/nope',
      undefined,
      404,
      { detail: /no sandbox 'nope'. There are: default, sandbox-.*, one/ },
    ],
    ['GET', '/sandboxes/%', undefined, 404, { ...problem, detail: /no sandbox '%'/ }],
    ['GET', '/sandboxes/%E0%A4', undefined, 404, { ...problem, detail: /no sandbox '%E0%A4'/ }],
    ['POST', '/sandboxes/one/reset', undefined, 200, { id: 'one' }],
    ['GET', '/sandboxes/one/clock', undefined, 200, clock],
    ['PATCH', '/sandboxes/one/clock', { advance: '1s' }, 200, clock],
    ['PATCH', '/sandboxes/one/clock', undefined, 422, problem],
    ['GET', '/sandboxes/one/faults', undefined, 200, { faults: [] }],
    [
      'POST',
      '/sandboxes/one/faults',
      { status: 500 },
      201,
      { id: String, state: 'active', matched: 0, struck: 0 },
    ],
    ['POST', '/sandboxes/one/faults', {}, 422, { detail: /at least one effect/ }],
    [
      'POST',
      '/sandboxes/one/faults',
      { provider: 5 },
      422,
      {
        errors: [
          { pointer: '', detail: /at least one/ },
          { pointer: '/provider', detail: /must be string/ },
        ],
      },
    ],
    [
      'POST',
      '/sandboxes/one/faults',
      { delay: 'soon' },
      422,
      { errors: [{ pointer: '/delay', detail: /must be: .*250ms.*or a range/ }] },
    ],
    [
      'POST',
      '/sandboxes/one/faults',
      { delay: { min: 1 } },
      422,
      { errors: [{ pointer: '/delay', detail: /must be: .*or a range/ }] },
    ],
    ['GET', '/sandboxes/one/faults/fault-1', undefined, 200, { id: 'fault-1' }],
    ['GET', '/sandboxes/one/faults/fault-9', undefined, 404, problem],
    ['DELETE', '/sandboxes/one/faults/fault-1', undefined, 204, {}],
    ['DELETE', '/sandboxes/one/faults/fault-1', undefined, 404, problem],
    ['DELETE', '/sandboxes/one/faults', undefined, 204, {}],
    ['GET', '/sandboxes/one/journal', undefined, 200, { exchanges: [], more: false, recorded: 0, kept: 0 }],
    ['GET', '/sandboxes/one/journal?limit=0', undefined, 422, { detail: /limit must be >= 1/ }],
    ['GET', '/sandboxes/one/journal?status=6xx', undefined, 422, { detail: /status must match/ }],
    ['GET', '/sandboxes/one/journal?until=0001-01-01T00:00:00Z', undefined, 422, { detail: /until .* 1970/ }],
    ['GET', '/sandboxes/one/journal?since=9999-12-31T23:59:60Z', undefined, 422, { detail: /to 9999/ }],
    ['GET', '/sandboxes/one/journal?after=1e400', undefined, 200, { exchanges: [] }],
    ['DELETE', '/sandboxes/one/journal', undefined, 204, {}],
    ['GET', '/sandboxes/default/report', undefined, 200, report],
    ['GET', '/sandboxes/one/runs/trigger?limit=1', undefined, 200, { runs: [{ id: /^run_/ }], next: String }],
    ['GET', '/sandboxes/one/runs/trigger?cursor=x', undefined, 422, { detail: /`next` of a page/ }],
    ['GET', '/sandboxes/one/runs/nobody', undefined, 404, { detail: /There are: basedash, conductorone/ }],
    ['POST', '/sandboxes/one/runs/basedash', {}, 201, { runs: [{ status: 'GENERATING' }] }],
    [
      'POST',
      '/sandboxes/one/runs/nx1',
      [{}, {}],
      201,
      { runs: [{ status: 'pending' }, { status: 'pending' }] },
    ],
    [
      'POST',
      '/sandboxes/one/runs/basedash',
      { status: 'x' },
      422,
      { detail: '/status must be one of GENERATING, FINISHED, null' },
    ],
    ['PATCH', '/sandboxes/one/clock', [], 422, { detail: /must be: an object with `now` or `advance`/ }],
    ['POST', '/sandboxes/one/runs/nx1', [], 422, problem],
    ['POST', '/sandboxes/one/runs/nx1', 'x', 422, problem],
    [
      'POST',
      '/sandboxes/one/runs/nx1',
      [{}, 5],
      422,
      { errors: [{ pointer: '/1' }, { pointer: '', detail: /a list of 1 to 1000/ }] },
    ],
    ['POST', '/sandboxes/one/runs/nx1', undefined, 422, problem],
    ['DELETE', '/sandboxes/one/runs/trigger', undefined, 204, {}],
    ['DELETE', '/sandboxes/default', undefined, 409, { detail: /reset makes it new/ }],
    ['DELETE', '/sandboxes/one', undefined, 204, {}],
    ['GET', '/nope', undefined, 404, { ...problem, detail: /Its document is/ }],
    ['PUT', '/sandboxes', undefined, 405, { ...problem, detail: /takes GET, POST/ }],
    ['GET', '/sandboxes?colour=red', undefined, 422, { detail: /colour is unknown/ }],
    [
      'GET',
      '/sandboxes/default/journal?limit=1&limit=2',
      undefined,
      422,
      { detail: /limit is there more than once/ },
    ],
  ]
  const called = new Set<string>()
  for (const [method, path, body, status, answer] of cases) {
    const name = `${method} ${path} ${JSON.stringify(body) ?? ''}`
    const got = await yard.control(method, path, body)
    t.equal(got.status, status, `${name}: ${got.text.slice(0, 200)}`)
    if (status === 204) t.equal(got.text, '')
    else t.match(got.json, answer, name)
    const type = status < 400 ? 'application/json' : 'application/problem+json'
    if (status !== 204) t.equal(got.headers.get('content-type'), type, name)
    const match = controlApi.match(method, `/_runyard${path.replace(/\?.*/, '')}`)
    if (match.found !== 'operation') continue
    if (status < 400) called.add(match.operation.operationId)
    t.same(controlApi.breaches(match.operation, got.status, got.json), [], `${name}: as documented`)
  }
  t.same(
    controlApi.operationIds.filter((id) => !called.has(id)),
    [],
    'every operation was called',
  )
  const head = await yard.send('HEAD', '/_runyard/health')
  t.match(head, { status: 200, text: '' }, 'a HEAD probe')
  t.equal(yard.sandbox.baseUrl, yard.url, 'the base URL is the one the client reached')
  t.equal(yard.sandbox.env.TRIGGER_API_URL, yard.url)
})

t.test('a body is small JSON, or refused', async (t) => {
  const yard = await serve(t)
  const tooLarge = JSON.stringify({ id: 'x'.repeat(1024 * 1024) })
  const nested = (levels: number) => ({
    headers: JSON_BODY,
    body: `{"metadata":${'{"a":'.repeat(levels - 2)}{}${'}'.repeat(levels - 2)}}`,
  })
  const runs = '/sandboxes/default/runs/trigger'
  const cases: readonly [name: string, path: string, init: RequestInit, status: number, detail: RegExp][] = [
    ['over 1 MiB', '/sandboxes', { headers: JSON_BODY, body: tooLarge }, 413, /1 MiB/],
    ['over 1 MiB, of no type', '/sandboxes', { body: tooLarge }, 413, /1 MiB/],
    ['a form', '/sandboxes', { body: new URLSearchParams({ id: 'x' }) }, 415, /application\/json/],
    ['plain text', '/sandboxes', { body: '{}' }, 415, /application\/json/],
    ['half of it', '/sandboxes', { headers: JSON_BODY, body: '{"id":' }, 400, /no JSON/],
    ['101 levels', runs, nested(101), 422, /deeper than 100 levels/],
    ['as many as JSON.stringify cannot take', runs, nested(10_000), 422, /deeper than 100 levels/],
    ['100,000 levels', runs, nested(100_000), 422, /deeper than 100 levels/],
    [
      'where none is taken',
      '/sandboxes/default/reset',
      { headers: JSON_BODY, body: '{}' },
      400,
      /takes no body/,
    ],
  ]
  for (const [name, path, init, status, detail] of cases) {
    const got = await yard.send('POST', `/_runyard${path}`, init)
    t.match(got, { status, json: { status, detail } }, name)
  }
  const just = await yard.send('POST', '/_runyard/sandboxes', {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `${' '.repeat(1024 * 1024 - 2)}{}`,
  })
  t.equal(just.status, 201, 'exactly 1 MiB')
  t.equal((await yard.send('POST', `/_runyard${runs}`, nested(100))).status, 201, '100 levels')
})

t.test('of many wrongs a hundred are told, and how many more there are', async (t) => {
  const yard = await serve(t)
  const names = Array.from({ length: 20_000 }, (_, i) => `n${i}`)
  const unknown = Object.fromEntries(names.map((name) => [name, 0]))
  const query = names.map((name) => `${name}=1`).join('&')
  const cases: readonly [method: string, path: string, body: unknown, more: number][] = [
    ['POST', '/sandboxes', unknown, 19_900],
    ['POST', '/sandboxes/default/faults', unknown, 19_901],
    ['GET', `/sandboxes?${query}`, undefined, 19_900],
    ['GET', `/sandboxes?${names.map((name) => `${name}&${name}`).join('&')}`, undefined, 19_900],
    ['POST', '/sandboxes/default/runs/nx1', Array(20_000).fill(5), 19_901],
  ]
  for (const [method, path, body, more] of cases) {
    const name = `${method} ${path.slice(0, 40)}`
    const got = await yard.control(method, path, body)
    t.equal(got.status, 422, name)
    t.equal(got.json.errors.length, 100, name)
    t.ok(got.json.detail.endsWith(`; and ${more} more`), `${name}: ${got.json.detail.slice(-80)}`)
    t.ok(got.text.length < 50_000, `${name}: ${got.text.length} bytes`)
  }
  const runs = (count: number) => yard.control('POST', '/sandboxes/default/runs/nx1', Array(count).fill({}))
  t.match(await runs(1001), { status: 422, json: { detail: /a list of 1 to 1000 of them$/ } })
  t.equal((await runs(1000)).status, 201)
})

t.test('a scenario is read from a file of at most 1 MiB that ends in .json', async (t) => {
  const sized = (bytes: number) => `{"description":"${'x'.repeat(bytes - 18)}"}`
  const folder = t.testdir({
    'just.json': sized(1024 * 1024),
    'large.json': sized(1024 * 1024 + 1),
    'named.txt': '{}',
    'folder.json': {},
    'zero.json': t.fixture('symlink', '/dev/zero'),
  })
  execFileSync('mkfifo', [`${folder}/pipe.json`])
  const yard = await serve(t, { scenario: 'empty' })
  const none = ['large.json', 'named.txt', 'folder.json', 'pipe.json', 'zero.json', 'just.json/', '.json']
  for (const scenario of [...none.map((name) => `${folder}/${name}`), '/dev/zero', '/dev/null', '/']) {
    const got = await yard.control('POST', '/sandboxes', { scenario })
    t.match(got, { status: 422, json: { errors: [{ pointer: '/scenario' }] } }, scenario)
    t.match(got.json.detail, /no scenario '.*ends in \.json and leads to a file of at most 1 MiB/, scenario)
  }
  t.equal((await yard.control('POST', '/sandboxes', { scenario: `${folder}/just.json` })).status, 201)
})

t.test('what is no call of it is answered as such', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const methods = /takes GET, POST/
  const cases: readonly [line: string, status: number, detail: RegExp][] = [
    ['OPTIONS /_runyard/sandboxes', 405, methods],
    ['TRACE /_runyard/sandboxes', 405, methods],
    ['PUT /_runyard/sandboxes', 405, methods],
    ['BREW /_runyard/sandboxes', 405, methods],
    ['get /_runyard/sandboxes', 405, methods],
    ['Get /_runyard/sandboxes', 405, methods],
    ['post /_runyard/sandboxes', 405, methods],
    ['delete /_runyard/sandboxes/default/runs/nx1', 405, /takes GET, POST, DELETE/],
    ['OPTIONS /_runyard/health', 405, /takes GET/],
    ['OPTIONS *', 404, /Nothing is served/],
    ['GET /_runyard', 404, /Nothing is served/],
    ['GET /_runyard/', 404, /has no \/_runyard\//],
    ['GET /_runyard//', 404, /control plane has no/],
    ['GET //', 404, /Nothing is served/],
    ['GET //_runyard/sandboxes', 404, /Nothing is served/],
    ['GET /_runyard//sandboxes', 404, /control plane has no/],
    ['GET /_runyard/sandboxes/', 404, /control plane has no/],
    ['GET /_runyard/sandboxes/default/', 404, /control plane has no/],
    ['GET /_runyard/../_runyard/sandboxes', 404, /control plane has no/],
    ['GET /_runyard%2Fsandboxes', 404, /Nothing is served/],
    ['GET /_runyard/sandboxes/default%2Fclock', 404, /no sandbox 'default\/clock'/],
    ['GET /_runyard/sandboxes/..%2F', 404, /no sandbox '\.\.\/'/],
    ['GET /_runyard/sandboxes/%00', 404, /no sandbox '\0'/],
    ['GET /_runyard/sandboxes/__proto__/clock', 404, /no sandbox '__proto__'/],
    ['GET /_runyard/sandboxes/default/runs/a%2Fb', 404, /no provider 'a\/b'/],
    ['GET /_runyard/sandboxes/default/faults/a%2Fb', 404, /no fault 'a\/b'/],
    ['GET /_runyard/sandboxes/default/journal?__proto__=1', 422, /__proto__ is unknown/],
    ['GET http://evil/_runyard/sandboxes', 403, /asking for evil/],
  ]
  for (const [line, status, detail] of cases) {
    const socket = connect(Number(new URL(yard.url).port), '127.0.0.1')
    socket.write(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), line)
    t.match(head.toLowerCase(), 'content-type: application/problem+json', line)
    t.match(JSON.parse(body), { title: String, status, detail }, line)
  }
  const { json } = await yard.control<{ sandboxes: SandboxView[] }>('GET', '/sandboxes')
  t.equal(json.sandboxes.length, 1, 'and none of them did anything')
})

t.test('a page of another origin gets nothing', async (t) => {
  const yard = await serve(t)
  const cases: readonly [origin: string | undefined, status: number][] = [
    [undefined, 200],
    [yard.url, 200],
    ['https://evil.example', 403],
    ['null', 403],
    [yard.url.replace('http:', 'https:'), 403],
    ['http://127.0.0.1:1', 403],
  ]
  for (const [origin, status] of cases) {
    const got = await yard.send('POST', '/_runyard/sandboxes/default/reset', {
      headers: origin ? { origin } : {},
    })
    t.equal(got.status, status, `${origin}`)
  }
  const control = controlPlane({ api: controlApi, served: [], sandboxes: noSandboxes, health })
  const sites: readonly [site: string, status: number, why: string][] = [
    ['cross-site', 403, 'a link, an image'],
    ['Cross-Site', 403, 'the same'],
    ['same-site', 403, 'another port of this machine'],
    ['same-origin', 200, 'the reference page'],
    ['none', 200, 'typed in'],
  ]
  for (const [site, status, why] of sites) {
    const request = asking('/_runyard/sandboxes', '127.0.0.1:4010', { 'sec-fetch-site': site })
    const reply = await control.answer(request, '127.0.0.1')
    t.equal(reply.status, status, `${site}: ${why}`)
    if (status === 403) t.match(reply.body, { detail: `this is ${site}, asking for 127.0.0.1:4010` })
  }
})

const nothing = (): undefined => undefined
const noSandboxes: Sandboxes = {
  list: () => [],
  get: nothing,
  keyring: () => ({ find: () => undefined }),
  holder: nothing,
  isCredential: () => false,
  credentialsEdition: 0,
  create: async () => undefined,
  reset: async () => undefined,
  setClock: async () => undefined,
  delete: () => false,
}

function asking(path: string, host = '127.0.0.1:4010', headers: Record<string, string> = {}): ApiRequest {
  return {
    method: 'GET',
    path,
    params: {},
    search: '',
    header: (name) => headers[name],
    body: '',
    scheme: 'http',
    host,
    mount: '',
    fidelity: 'spec',
  }
}

const health = () => ({ status: 'draining', version: '0', uptimeMs: 0 }) as const

t.test('credentials are shown to loopback peers only', async (t) => {
  const control = controlPlane({ api: controlApi, served: [], sandboxes: noSandboxes, health })
  const cases: readonly [peer: string, path: string, status: number][] = [
    ['127.0.0.1', '/_runyard/sandboxes', 200],
    ['127.8.9.1', '/_runyard/sandboxes', 200],
    ['::1', '/_runyard/sandboxes', 200],
    ['::ffff:127.0.0.1', '/_runyard/sandboxes', 200],
    ['172.17.0.5', '/_runyard/sandboxes', 403],
    ['::ffff:172.17.0.5', '/_runyard/sandboxes', 403],
    ['172.17.0.5', '/_runyard/sandboxes/default', 403],
    ['1270.0.0.1', '/_runyard/sandboxes', 403],
    ['172.17.0.5', '/_runyard/health', 503],
    ['172.17.0.5', '/_runyard/openapi.json', 200],
  ]
  for (const [peer, path, status] of cases)
    t.equal((await control.answer(asking(path), peer)).status, status, `${peer} ${path}`)
  const hosts: readonly [host: string, status: number, why: string][] = [
    ['localhost:4010', 200, 'this machine'],
    ['LocalHost', 200, 'this machine'],
    ['localhost.:4010', 200, 'this machine, with the root'],
    ['[::1]:4010', 200, 'this machine'],
    ['[::1]', 200, 'this machine'],
    ['[::FFFF:127.0.0.1]:4010', 200, 'this machine'],
    ['127.0.0.1', 200, 'this machine'],
    ['192.168.1.7:4010', 200, 'an address is no name'],
    ['api.localhost', 200, 'this machine, by definition'],
    ['a.b.LOCALHOST.:4010', 200, 'the same'],
    ['evil.example', 403, 'a name that may be led here'],
    ['127.0.0.1.evil.example:4010', 403, 'the same'],
    ['evil', 403, 'the same, in a network that has such names'],
    ['runyard:4010', 403, 'the same'],
    ['evillocalhost', 403, 'the same'],
    ['localhost.evil', 403, 'the same'],
    ['localhost..', 403, 'no name'],
    ['.localhost', 403, 'no name'],
    ['evil@x.localhost', 403, 'no name'],
    ['localhost:x', 403, 'no port'],
    ['[evil]', 403, 'no address'],
    ['::1', 403, 'no host: without brackets'],
    ['', 403, 'none'],
  ]
  for (const [host, status, why] of hosts) {
    const { status: came } = await control.answer(asking('/_runyard/sandboxes', host), '127.0.0.1')
    t.equal(came, status, `${host}: ${why}`)
  }
})

t.test('with an admin token, who has it is let in from everywhere, and nobody else', async (t) => {
  const adminToken = 'correct-horse-battery'
  const control = controlPlane({ api: controlApi, served: [], sandboxes: noSandboxes, adminToken, health })
  const cases: readonly [peer: string, host: string, authorization: string | undefined, status: number][] = [
    ['127.0.0.1', '127.0.0.1:4010', undefined, 401],
    ['127.0.0.1', '127.0.0.1:4010', 'Bearer wrong', 401],
    ['127.0.0.1', '127.0.0.1:4010', `Bearer ${adminToken}x`, 401],
    ['127.0.0.1', '127.0.0.1:4010', `Basic ${adminToken}`, 401],
    ['127.0.0.1', '127.0.0.1:4010', adminToken, 401],
    ['127.0.0.1', '127.0.0.1:4010', `Bearer ${adminToken}`, 200],
    ['172.17.0.5', 'runyard:4010', `Bearer ${adminToken}`, 200],
    ['172.17.0.5', 'runyard.internal.example', `bearer ${adminToken}`, 200],
    ['172.17.0.5', 'runyard:4010', undefined, 401],
  ]
  for (const [peer, host, authorization, status] of cases) {
    const request = asking('/_runyard/sandboxes', host, authorization === undefined ? {} : { authorization })
    const reply = await control.answer(request, peer)
    t.equal(reply.status, status, `${peer}, ${host}, ${authorization}`)
    if (status === 401) t.equal(reply.headers['www-authenticate'], 'Bearer')
  }
  t.equal((await control.answer(asking('/_runyard/health'), '172.17.0.5')).status, 503, 'probes need none')

  const runyard = await createRunyard({ port: 0, clock: 0, log: 'silent', scenario: 'empty', adminToken })
  t.teardown(() => runyard.close())
  const url = `${await runyard.listen()}/_runyard/sandboxes`
  t.equal((await fetch(url)).status, 401)
  const known = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })
  t.equal(known.status, 200)
  t.notMatch(await known.text(), adminToken, 'and it is shown nowhere')
  t.equal((await runyard.sandbox('default'))?.id, 'default', 'the process that it runs in needs none')
})
