import t from 'tap'
import { controlPlane } from '../src/control/control.ts'
import type { ApiRequest } from '../src/core/request.ts'
import type { Sandboxes } from '../src/core/sandbox.ts'
import { createRunyard } from '../src/index.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { vendorDocument } from '../src/spec/document.ts'
import { serve } from './serve.ts'

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
    ['GET', '/sandboxes/one/faults/fault-1', undefined, 200, { id: 'fault-1' }],
    ['GET', '/sandboxes/one/faults/fault-9', undefined, 404, problem],
    ['DELETE', '/sandboxes/one/faults/fault-1', undefined, 204, {}],
    ['DELETE', '/sandboxes/one/faults/fault-1', undefined, 404, problem],
    ['DELETE', '/sandboxes/one/faults', undefined, 204, {}],
    ['GET', '/sandboxes/one/journal', undefined, 200, { exchanges: [], more: false, recorded: 0, kept: 0 }],
    ['GET', '/sandboxes/one/journal?limit=0', undefined, 422, { detail: /limit must be >= 1/ }],
    ['GET', '/sandboxes/one/journal?status=6xx', undefined, 422, { detail: /status must match/ }],
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
    ['POST', '/sandboxes/one/runs/nx1', [], 422, problem],
    ['POST', '/sandboxes/one/runs/nx1', 'x', 422, problem],
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
  const cases: readonly [name: string, path: string, init: RequestInit, status: number, detail: RegExp][] = [
    ['over 1 MiB', '/sandboxes', { headers: JSON_BODY, body: tooLarge }, 413, /1 MiB/],
    ['over 1 MiB, of no type', '/sandboxes', { body: tooLarge }, 413, /1 MiB/],
    ['a form', '/sandboxes', { body: new URLSearchParams({ id: 'x' }) }, 415, /application\/json/],
    ['plain text', '/sandboxes', { body: '{}' }, 415, /application\/json/],
    ['half of it', '/sandboxes', { headers: JSON_BODY, body: '{"id":' }, 400, /no JSON/],
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
})

const nothing = (): undefined => undefined
const noSandboxes: Sandboxes = {
  list: () => [],
  get: nothing,
  keyring: () => ({ find: async () => undefined }),
  create: nothing,
  reset: nothing,
  setClock: nothing,
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
    ['[::1]:4010', 200, 'this machine'],
    ['127.0.0.1', 200, 'this machine'],
    ['api.localhost', 200, 'this machine, by definition'],
    ['evil.example', 403, 'a name that may be led here'],
    ['127.0.0.1.evil.example:4010', 403, 'the same'],
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
