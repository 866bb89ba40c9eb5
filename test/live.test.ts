import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { importJWK, SignJWT } from 'jose'
import t from 'tap'
import { wallNow } from '../src/core/clock.ts'
import type { Fidelity } from '../src/core/fidelity.ts'
import type { JsonObject } from '../src/core/json.ts'
import type { components as BasedashComponents } from '../src/providers/basedash/wire.ts'
import { populated } from '../src/providers/conductorone/protojson.ts'
import type { components as ConductorOneComponents } from '../src/providers/conductorone/wire.ts'
import type { components as Nx1Components } from '../src/providers/nx1/wire.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { effectiveDocuments } from '../src/spec/document.ts'
import { serve, type Yard } from './serve.ts'

type Status = ConductorOneComponents['schemas']['google.rpc.Status']
type CrewRun = Required<Nx1Components['schemas']['CrewRunHistoryResponse']>
type List = BasedashComponents['schemas']['PublicAutomationRunListResponse']

const RUNS = '/api/v1/role-mining/runs'
const LATEST = `${RUNS}/latest`
const TOKEN = '/auth/v1/token'
const SERVICE = 'c1.api.role_mining_management.v1.RoleMiningManagementService'
const CREW_RUNS = '/api/crew-runs'
const FIDELITIES: readonly Fidelity[] = ['spec', 'live']

/** One yard of each fidelity for the tests that leave no trace in it, such as a count of requests. */
const yards: Readonly<Record<Fidelity, Yard>> = {
  spec: await serve(t, { fidelity: 'spec' }),
  live: await serve(t, { fidelity: 'live' }),
}
const edges: Readonly<Record<Fidelity, Yard>> = {
  spec: await serve(t, { fidelity: 'spec', scenario: 'edge' }),
  live: await serve(t, { fidelity: 'live', scenario: 'edge' }),
}

/** A run of ConductorOne as `live` sends it: every member, in this order. */
const MEMBERS = [
  'id',
  'status',
  'triggerType',
  'triggerDetail',
  'totalUsers',
  'cohortsAnalyzed',
  'suggestionsGenerated',
  'errorMessage',
  'createdAt',
  'updatedAt',
  'completedAt',
]

interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

/** The answers to requests that leave as they are given, one after the other on one connection. */
function overTheWire(yard: Yard, ...requests: string[]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = []
    let received = Buffer.alloc(0)
    const socket = connect(Number(new URL(yard.url).port), '127.0.0.1', next)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
      const headers = new Map(lines.map((line) => [name(line), line.slice(line.indexOf(':') + 1).trim()]))
      const length = Number(headers.get('content-length') ?? 0)
      if (received.length < end + 4 + length) return
      const text = received.subarray(end + 4, end + 4 + length).toString()
      received = received.subarray(end + 4 + length)
      answers.push({ status: Number(statusLine.split(' ')[1]), headers, text })
      next()
    })
    function next() {
      const request = requests[answers.length]
      if (request !== undefined) {
        socket.write(request)
      } else {
        socket.destroy()
        resolve(answers)
      }
    }
  })
  function name(line: string): string {
    return line.slice(0, line.indexOf(':')).toLowerCase()
  }
}

/** A request's bytes: its line, its headers in this order and spelling, its body. */
function bytes(line: string, headers: readonly string[], body = ''): string {
  return `${line} HTTP/1.1\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n${body}`
}

const host = (yard: Yard) => new URL(yard.url).host

type Client = { readonly clientId: string; readonly clientSecret: string }

/** A client assertion as the vendor's TypeScript and Go SDKs sign it (fidelity/conductorone.md §1): no `typ`. */
async function assertion({ clientId, clientSecret }: Client, python = false): Promise<string> {
  const now = Math.floor(wallNow() / 1000)
  const nonce = '9f86d081884c7d659a2feaa0c55ad015'
  const jwk = JSON.parse(Buffer.from(clientSecret.split(':')[3] ?? '', 'base64url').toString())
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: python ? '127.0.0.1' : ['127.0.0.1'],
    exp: now + 120,
    iat: now,
    nbf: now - 120,
    ...(python && { nonce }),
  })
    .setProtectedHeader(python ? { alg: 'EdDSA', typ: 'JWT' } : { alg: 'EdDSA', nonce })
    .sign(await importJWK(jwk, 'EdDSA'))
}

for (const fidelity of FIDELITIES) {
  t.test(`ConductorOne's clients, as they send it: ${fidelity}`, async (t) => {
    const yard = yards[fidelity]
    const { admin } = yard.sandbox.credentials.conductorone
    const signed = {
      client_id: admin.clientId,
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(admin),
    }
    // Go's url.Values.Encode writes a form in the order of its names.
    const sorted = Object.entries(signed).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const byPython = { ...signed, client_assertion: await assertion(admin, true) }
    const basic = {
      grant_type: 'client_credentials',
      client_id: admin.clientId,
      client_secret: admin.clientSecret,
    }
    const typescript = [
      'accept-language: *',
      'sec-fetch-mode: cors',
      'user-agent: node',
      'accept-encoding: gzip, deflate',
    ]
    const tokens: readonly [client: string, headers: readonly string[], form: URLSearchParams][] = [
      [
        'TypeScript SDK',
        [
          'connection: keep-alive',
          'Content-Type: application/x-www-form-urlencoded',
          'accept: */*',
          ...typescript,
        ],
        new URLSearchParams(signed),
      ],
      [
        'Go SDK, cone, Terraform',
        [
          'User-Agent: cone-c1-credential-provider cone',
          'Content-Type: application/x-www-form-urlencoded',
          'Accept-Encoding: gzip',
        ],
        new URLSearchParams(sorted),
      ],
      [
        'Python SDK',
        [
          'User-Agent: python-requests/2.32.3',
          'Accept-Encoding: gzip, deflate',
          'Accept: */*',
          'Connection: keep-alive',
          'Content-Type: application/x-www-form-urlencoded',
        ],
        new URLSearchParams(byPython),
      ],
      [
        'curl, as the docs have it',
        ['User-Agent: curl/8.5.0', 'Accept: */*', 'Content-Type: application/x-www-form-urlencoded'],
        new URLSearchParams(basic),
      ],
    ]
    const bearers: string[] = [admin.bearer]
    for (const [client, headers, form] of tokens) {
      const body = form.toString()
      const all = [`Host: ${host(yard)}`, ...headers, `Content-Length: ${body.length}`]
      const [got] = await overTheWire(yard, bytes(`POST ${TOKEN}`, all, body))
      t.equal(got?.status, 200, `${client} gets a token: ${got?.text.slice(0, 80)}`)
      const { access_token: token = '' } = JSON.parse(got?.text ?? '') as { access_token?: string }
      t.match(token, /^eyJ/, `${client}: one that its SDK does not take apart`)
      bearers.push(token)
    }

    const reads = (
      bearer: string,
    ): readonly [client: string, headers: readonly string[], query?: string][] => [
      [
        'TypeScript SDK',
        [
          'connection: keep-alive',
          'Accept: application/json',
          `authorization: Bearer ${bearer}`,
          'cookie: ',
          'user-agent: conductorone-sdk-typescript/1.1.0',
          'accept-language: *',
          'sec-fetch-mode: cors',
          'accept-encoding: gzip, deflate',
        ],
      ],
      [
        'Go SDK',
        [
          'User-Agent: speakeasy-sdk/go 1.29.0 2.918.3 0.1.0-alpha github.com/conductorone/conductorone-sdk-go',
          'Accept: application/json',
          `Authorization: Bearer ${bearer}`,
          'Accept-Encoding: gzip',
        ],
      ],
      [
        'cone',
        [
          'User-Agent: cone',
          `Authorization: Bearer ${bearer}`,
          'C1-Request-Source: cone:role-mining',
          'Accept-Encoding: gzip',
        ],
        '?page_token=',
      ],
    ]
    for (const bearer of bearers) {
      for (const [client, headers, query = ''] of reads(bearer)) {
        const all = [`Host: ${host(yard)}`, ...headers]
        const [list, latest] = await overTheWire(
          yard,
          bytes(`GET ${RUNS}${query}`, all),
          bytes(`GET ${LATEST}`, all),
        )
        for (const got of [list, latest]) {
          t.equal(got?.status, 200, client)
          t.equal(got?.headers.get('content-type'), 'application/json', `${client}: what its SDK asks for`)
          t.equal(got?.headers.get('content-encoding'), undefined, `${client}: not compressed`)
          // Its zod takes no null (§3), so that it throws at what the real service sends of a run under way.
          t.equal(
            got?.text.includes('"completedAt":null'),
            fidelity === 'live',
            `${client}: nulls in live only`,
          )
        }
        const { list: runs } = JSON.parse(list?.text ?? '') as { list: unknown[] }
        t.same(JSON.parse(latest?.text ?? ''), { run: runs[0] }, `${client}: latest is the first of the list`)
      }
    }
  })

  t.test(`Nx1's Python SDK, as it sends it: ${fidelity}`, async (t) => {
    const yard = yards[fidelity]
    const { psk } = yard.sandbox.credentials.nx1
    /** `client.get("api", "crew-runs", params=…)` of nx1-sdk, over requests. */
    const get = async (key: string, query: string) => {
      const headers = [
        `Host: ${host(yard)}`,
        'User-Agent: python-requests/2.32.3',
        'Accept-Encoding: gzip, deflate',
        'Accept: */*',
        'Connection: keep-alive',
        `Authorization-PSK: ${key}`,
        'Content-Type: application/json',
      ]
      const [got] = await overTheWire(yard, bytes(`GET ${CREW_RUNS}${query}`, headers))
      if (got === undefined) throw new Error('no answer')
      const isJson = got.headers.get('content-type') === 'application/json'
      return { status: got.status, body: isJson ? JSON.parse(got.text) : { text: got.text } }
    }
    const refused = (input: string) => ({
      detail: [
        {
          type: 'int_parsing',
          loc: ['query', 'limit'],
          msg: 'Input should be a valid integer, unable to parse string as an integer',
          input,
        },
      ],
    })
    t.equal((await get(psk.admin, '?limit=5')).body.length, 5)
    t.equal((await get(psk.admin, '')).body.length, 100)
    t.match(
      await get('wrong', '?limit=5'),
      { status: 401, body: { detail: String } },
      'HTTP 401, with its detail',
    )
    t.same(await get(psk.admin, '?limit=abc'), { status: 422, body: refused('abc') })
    const minus = await get(psk.admin, '?limit=-1')
    if (fidelity === 'spec') t.equal(minus.body.length, 150)
    else
      t.same(minus, { status: 500, body: { text: 'Internal Server Error' } }, 'which the SDK shows as text')
  })

  t.test(`Basedash's Python client, as it sends it: ${fidelity}`, async (t) => {
    const yard = yards[fidelity]
    const view = yard.sandbox.credentials.basedash
    const [automation] = view.automations
    /** The workflow node's request (fidelity/basedash.md §B6) over httpx: text in the query, empty values left out. */
    const get = async (query: Record<string, string>) => {
      const given = Object.entries(query).filter(([, value]) => value !== '')
      const search = given.length > 0 ? `?${new URLSearchParams(given)}` : ''
      const path = `/api/public/organizations/${view.organizationId}/automations/${automation?.id}/runs${search}`
      const headers = [
        `Host: ${host(yard)}`,
        'Accept: application/json',
        'Accept-Encoding: gzip, deflate',
        'Connection: keep-alive',
        'User-Agent: python-httpx/0.28.1',
        `Authorization: Bearer ${view.admin.apiKey}`,
      ]
      const [got] = await overTheWire(yard, bytes(`GET ${path}`, headers))
      if (got === undefined) throw new Error('no answer')
      return { status: got.status, body: JSON.parse(got.text) as List & { error?: { detail: string } } }
    }
    const ids: string[] = []
    let cursor = ''
    do {
      const { status, body } = await get({ limit: '50', cursor })
      t.equal(status, 200)
      ids.push(...body.data.map(({ id }) => id))
      cursor = body.pagination.nextCursor ?? ''
    } while (cursor)
    t.equal(new Set(ids).size, automation?.runs, 'it reads every run')
    t.equal(ids.length, automation?.runs, 'once')
    const { status, body } = await get({ limit: '0', cursor: '' })
    t.same(
      [status, body.error?.detail],
      [400, 'limit: Too small: expected number to be >=1'],
      'and shows the detail',
    )
  })
}

/** ConductorOne's two clients, and a reader as the admin. */
function conductorone(yard: Yard) {
  const { admin, basic } = yard.sandbox.credentials.conductorone
  const authorization = `Bearer ${admin.bearer}`
  const get = (path: string) => yard.get<JsonObject>(path, { authorization })
  return { admin, basic, authorization, get }
}

t.test('ConductorOne in live: all runs on one page, every member there', async (t) => {
  for (const [scenario, worlds] of Object.entries({ default: yards, edge: edges })) {
    const { get } = conductorone(worlds.live)
    const documented = await conductorone(worlds.spec).get(`${RUNS}?page_size=100`)
    const spec = documented.json.list as JsonObject[]

    const got = await get(RUNS)
    const runs = got.json.list as JsonObject[]
    t.equal(got.status, 200)
    t.equal(got.headers.get('content-type'), 'application/json')
    t.strictSame(Object.keys(got.json), ['list', 'nextPageToken'])
    t.equal(got.json.nextPageToken, '')
    t.ok(runs.length >= 25 && runs.length === spec.length, `${scenario}: all ${runs.length} of them`)
    for (const run of runs) {
      t.strictSame(Object.keys(run), MEMBERS, `${run.id}: every member, in order`)
      t.equal(run.completedAt === null, run.status === 'RUN_STATUS_RUNNING', `${run.id}: null until it ends`)
    }
    const known = (run: JsonObject) =>
      Object.fromEntries(Object.entries(run).filter(([, value]) => value !== null))
    t.strictSame(runs.map(known), spec, `${scenario}: the runs of spec, but for the nulls`)
    t.ok(
      runs.some((run) => run.completedAt === null),
      `${scenario}: one is under way`,
    )
    t.strictSame((await get(LATEST)).json, { run: runs[0] }, `${scenario}: latest is the first`)

    const ignored = [
      'page_size=10',
      'page_size=abc',
      'page_size=-1',
      'page_token=',
      'page_token=samplepagetoken1',
      'page_size=10&page_token=%00',
      'page_size=1&page_size=2&foo=1&%zz',
    ]
    for (const query of ignored) {
      const page = await get(`${RUNS}?${query}`)
      t.equal(page.status, 200, `${query} is ignored`)
      t.equal(page.text, got.text, `${query}: the same page`)
      t.equal((await get(`${LATEST}?${query}`)).status, 200)
    }
  }
  const { get } = conductorone(await serve(t, { fidelity: 'live', scenario: 'empty' }))
  t.equal((await get(RUNS)).text, '{"list":[],"nextPageToken":""}')
  t.equal((await get(LATEST)).text, '{"run":null}')
})

t.test('ConductorOne in live: errors name the request', async (t) => {
  const yard = yards.live
  const { admin, basic, authorization } = conductorone(yard)
  const missing = (method: string) => `Permission denied, missing permission/${SERVICE}.${method}`
  const cases: readonly [
    method: string,
    path: string,
    authorization: string | undefined,
    status: number,
    code: number,
    message: string,
  ][] = [
    ['GET', RUNS, undefined, 401, 16, 'unauthenticated'],
    ['GET', LATEST, undefined, 401, 16, 'unauthenticated'],
    ['GET', RUNS, 'Bearer nonsense', 401, 16, 'unauthenticated'],
    ['GET', `${RUNS}?page_size=abc`, undefined, 401, 16, 'unauthenticated'],
    ['GET', RUNS, `Bearer ${basic.bearer}`, 403, 7, missing('ListRuns')],
    ['GET', LATEST, `Bearer ${basic.bearer}`, 403, 7, missing('GetLatestRun')],
    ['GET', `${RUNS}?page_size=abc`, `Bearer ${basic.bearer}`, 403, 7, missing('ListRuns')],
    ['GET', `${RUNS}/nosuch`, authorization, 404, 5, 'not found'],
    ['GET', '/api/v1/role-mining/config', authorization, 404, 5, 'not found'],
    ['GET', '/conductorone/api/v1/nosuch', authorization, 404, 5, 'not found'],
    ['POST', RUNS, authorization, 404, 5, 'not found'],
    ['GET', TOKEN, authorization, 404, 5, 'not found'],
  ]
  const ids = new Set<string>()
  for (const [method, path, credential, status, code, message] of cases) {
    const init = { headers: credential === undefined ? {} : { authorization: credential } }
    const got = await yard.send<Status>(method, path, init)
    const id = got.headers.get('c1-trace-id') ?? ''
    t.equal(got.status, status, `${method} ${path} → ${status}`)
    t.match(id, /^[0-9a-f]{32}$/)
    t.equal(got.text, JSON.stringify({ code, message: `${message} (request-id: ${id})` }))
    t.equal(got.headers.get('content-type'), 'application/json')
    const again = await yard.send<Status>(method, path, init)
    t.equal(again.text, got.text, 'the same request, the same bytes')
    ids.add(id)
  }
  t.equal(ids.size, cases.length, 'another request, another id')

  const served = await yard.get(RUNS, { authorization })
  t.match(served.headers.get('c1-trace-id'), /^[0-9a-f]{32}$/, 'replies that are no errors are marked too')
  t.notMatch(served.text, 'request-id')
  const slash = await yard.get(`${RUNS}/?page_size=1`, { authorization })
  t.equal(slash.status, 301)
  t.match(slash.headers.get('c1-trace-id'), /^[0-9a-f]{32}$/)

  const mint = (form: Record<string, string>) =>
    yard.send<JsonObject>('POST', TOKEN, { body: new URLSearchParams(form) })
  const refused = await mint({ grant_type: 'password' })
  t.match(refused.json, { error: 'unsupported_grant_type', error_description: String })
  t.notMatch(refused.text, 'request-id', "OAuth's errors are not the gateway's")
  const minted = await mint({
    grant_type: 'client_credentials',
    client_id: admin.clientId,
    client_secret: admin.clientSecret,
  })
  for (const got of [refused, minted]) {
    t.match(got.headers.get('c1-trace-id'), /^[0-9a-f]{32}$/)
    t.equal(got.headers.get('cache-control'), 'no-store')
  }

  const unmarked = await yards.spec.get(RUNS)
  t.equal(unmarked.text, '{"code":16,"message":"unauthenticated"}', 'none of it in spec')
  t.equal(unmarked.headers.get('c1-trace-id'), null)
})

t.test('ConductorOne in live: a body is taken in before anybody is asked', async (t) => {
  const MIB = 1024 * 1024
  const cases: readonly [fidelity: Fidelity, size: number, known: boolean, status: number][] = [
    ['live', 4 * MIB, true, 200],
    ['live', 4 * MIB + 1, true, 400],
    ['live', 5 * MIB, false, 400],
    ['live', 11 * MIB, true, 400],
    ['live', 2 * MIB, false, 401],
    ['spec', 5 * MIB, true, 200],
    ['spec', 5 * MIB, false, 401],
  ]
  for (const [fidelity, size, known, status] of cases) {
    const { authorization } = conductorone(yards[fidelity])
    const headers = [
      'Host: x',
      `Content-Length: ${size}`,
      ...(known ? [`Authorization: ${authorization}`] : []),
    ]
    const [got] = await overTheWire(yards[fidelity], bytes(`GET ${LATEST}`, headers, 'x'.repeat(size)))
    t.equal(got?.status, status, `${fidelity}, ${size} bytes${known ? '' : ' of nobody'} → ${status}`)
    if (status !== 400) continue
    const { code, message } = JSON.parse(got?.text ?? '') as Status
    t.equal(code, 3)
    t.match(message, /^request body too large \(request-id: [0-9a-f]{32}\)$/)
  }
})

t.test('ConductorOne in live: the web application has the same host', async (t) => {
  const cases: readonly [fidelity: Fidelity, method: string, path: string, status: number, type: RegExp][] = [
    ['live', 'GET', '/conductorone/apps', 200, /^text\/html/],
    ['live', 'GET', '/conductorone/', 200, /^text\/html/],
    ['live', 'GET', '/conductorone//auth/v1/token', 200, /^text\/html/],
    ['live', 'POST', '/conductorone/apps', 404, /^application\/json$/],
    ['live', 'GET', '/conductorone/api/v1/apps', 404, /^application\/json$/],
    ['live', 'GET', '/conductorone/auth/v1/nosuch', 404, /^application\/json$/],
    ['spec', 'GET', '/conductorone/apps', 404, /^application\/json$/],
  ]
  for (const [fidelity, method, path, status, type] of cases) {
    const got = await yards[fidelity].send(method, path)
    t.equal(got.status, status, `${fidelity}: ${method} ${path} → ${status}`)
    t.match(got.headers.get('content-type'), type)
  }
  const byHost = await yards.live.runyard.fetch('http://acme.conductor.one/dashboard')
  t.match(await byHost.text(), /^<!doctype html>/, 'by host too')
})

t.test('ConductorOne in live: its document', async (t) => {
  const { spec, live } = effectiveDocuments(FOLDERS.specs, 'conductorone')
  const [documented, observed] = [await Api.of(spec), await Api.of(live)]
  const run = {
    id: '3F96Wa1In8PvfGnv8lBiW8QFctN',
    status: 'RUN_STATUS_RUNNING',
    triggerType: 'TRIGGER_TYPE_MANUAL',
    triggerDetail: '',
    totalUsers: 0,
    cohortsAnalyzed: 0,
    suggestionsGenerated: 0,
    errorMessage: '',
    createdAt: '2026-06-14T22:09:29.123456Z',
    updatedAt: '2026-06-14T22:09:29.123456Z',
  }
  const full = { ...run, completedAt: null }
  const cases: readonly [what: string, operation: string, body: object, spec: boolean, live: boolean][] = [
    ['no null', 'GetLatestRun', { run }, true, false],
    ['a null', 'GetLatestRun', { run: full }, false, true],
    ['no run', 'GetLatestRun', {}, true, false],
    ['a null for a run', 'GetLatestRun', { run: null }, false, true],
    ['a text for a run', 'GetLatestRun', { run: 'x' }, false, false],
    ['a null for a text', 'GetLatestRun', { run: { ...full, id: null } }, false, false],
    ['no runs', 'ListRuns', { list: [], nextPageToken: '' }, true, true],
    ['a page without a token', 'ListRuns', { list: [full] }, false, false],
    ['a page', 'ListRuns', { list: [full], nextPageToken: '' }, false, true],
    ['a page of documented runs', 'ListRuns', { list: [run], nextPageToken: '' }, true, false],
  ]
  for (const [what, method, body, inSpec, inLive] of cases) {
    const keeps = (api: Api) => api.breaches(api.operation(`${SERVICE}.${method}`), 200, body).length === 0
    t.same([keeps(documented), keeps(observed)], [inSpec, inLive], `${what}: spec ${inSpec}, live ${inLive}`)
  }
  const bare = populated({ id: 'x' })
  t.strictSame(Object.keys(bare), MEMBERS, 'a run of which only the id is known has every member too')
  t.match(bare, {
    id: 'x',
    status: 'RUN_STATUS_UNSPECIFIED',
    totalUsers: 0,
    errorMessage: '',
    createdAt: null,
  })
  const { json } = await yards.live.get<{ paths: Record<string, { get: JsonObject }> }>(
    '/conductorone/openapi.json',
  )
  t.equal(json.paths[RUNS]?.get.parameters, undefined, 'the reference page shows no parameters')
})

const psk = (yard: Yard, who: 'general' | 'admin' | 'alice' | 'bob' = 'admin') => ({
  'authorization-psk': yard.sandbox.credentials.nx1.psk[who],
})

t.test('Nx1 in live: what the database refuses is a 500', async (t) => {
  const yard = yards.live
  const rows: readonly [query: string, status: number, runs?: number][] = [
    ['', 200, 100],
    ['limit=0', 200, 0],
    ['limit=-0', 200, 0],
    ['limit=007', 200, 7],
    ['limit=1_2', 200, 12],
    ['limit=150', 200, 150],
    ['limit=1000000000000', 200, 150],
    ['limit=9007199254740993', 200, 150],
    ['limit=9223372036854775807', 200, 150],
    ['limit=9223372036854775808', 500],
    ['limit=99999999999999999999', 500],
    [`limit=${'9'.repeat(4300)}`, 500],
    [`limit=${'9'.repeat(4301)}`, 422],
    ['limit=-1', 500],
    ['limit=-007', 500],
    ['limit=+-1', 500],
    ['limit=-1.0', 500],
    ['limit=-9223372036854775809', 500],
    ['limit=5&limit=-1', 500],
    ['limit=-1&limit=5', 200, 5],
    ['limit=abc', 422],
    ['limit=', 422],
    ['Limit=-1', 200, 100],
  ]
  for (const [query, status, runs] of rows) {
    const got = await yard.get<CrewRun[]>(`${CREW_RUNS}?${query}`, psk(yard))
    const name = query.length > 60 ? `${query.slice(0, 12)}… (${query.length})` : query || '(absent)'
    t.equal(got.status, status, `${name} → ${status}`)
    if (runs !== undefined) t.equal(got.json.length, runs, `${name} → ${runs} runs`)
    if (status !== 500) continue
    t.equal(got.text, 'Internal Server Error', name)
    t.equal(got.headers.get('content-type'), 'text/plain; charset=utf-8', name)
    t.equal(got.headers.get('content-length'), '21', name)
  }
  t.equal((await yard.get(`${CREW_RUNS}?limit=-1`)).status, 401, 'who asks comes first')
  t.equal((await yard.get(`${CREW_RUNS}?limit=-1`, psk(yard, 'bob'))).status, 500, 'nobody is spared')
})

t.test('Nx1 in live: 401', async (t) => {
  const missing = '{"detail":"Not authenticated"}'
  const wrong = '{"detail":"Invalid authentication credentials"}'
  const cases: readonly [what: string, headers: Record<string, string>, text: string][] = [
    ['nothing', {}, missing],
    ['an empty key', { 'authorization-psk': '' }, missing],
    ['another scheme', { authorization: 'Basic YTpi' }, missing],
    ['a scheme without a token', { authorization: 'Bearer' }, missing],
    ['a wrong key', { 'authorization-psk': 'psk_prod_xxxxx' }, wrong],
    ['a wrong token', { authorization: 'Bearer a.b.c' }, wrong],
  ]
  for (const fidelity of FIDELITIES) {
    const yard = yards[fidelity]
    for (const [what, headers, text] of cases) {
      const got = await yard.get(`${CREW_RUNS}?limit=abc`, headers)
      t.same([got.status, got.text], [401, text], `${fidelity}: ${what}`)
      t.equal(got.headers.get('www-authenticate'), 'Bearer')
    }
  }
})

t.test('Nx1 in live: times without an offset', async (t) => {
  for (const [scenario, worlds] of Object.entries({ default: yards, edge: edges })) {
    const read = async (yard: Yard) => (await yard.get<CrewRun[]>(`${CREW_RUNS}?limit=1000`, psk(yard))).json
    const [spec, live] = [await read(worlds.spec), await read(worlds.live)]
    const naive = (time: string | null) => time?.replace(/\+00:00$/, '') ?? null
    t.strictSame(
      live,
      spec.map((run) => ({
        ...run,
        created_at: naive(run.created_at),
        started_at: naive(run.started_at),
        completed_at: naive(run.completed_at),
      })),
      `${scenario}: the runs of spec, but for the offset`,
    )
    t.strictSame(Object.keys(live[0] ?? {}), Object.keys(spec[0] ?? {}), 'in the same order')
    const times = live.flatMap((run) => [run.created_at, run.started_at, run.completed_at])
    for (const time of times) {
      if (time !== null) t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/)
    }
    const whole = times.filter((time) => time?.length === 'yyyy-mm-ddThh:mm:ss'.length)
    if (scenario === 'edge') t.ok(whole.length > 0, 'no fraction where it is zero')
    if (scenario === 'default') t.ok(times.includes(null), 'null as ever')
  }
})

t.test('Nx1 in live: the server names itself, the realm does not', async (t) => {
  const cases: readonly [method: string, path: string, status: number, server: string | null][] = [
    ['GET', CREW_RUNS, 200, 'uvicorn'],
    ['GET', `${CREW_RUNS}?limit=x`, 422, 'uvicorn'],
    ['GET', `${CREW_RUNS}?limit=-1`, 500, 'uvicorn'],
    ['POST', CREW_RUNS, 405, 'uvicorn'],
    ['OPTIONS', CREW_RUNS, 405, 'uvicorn'],
    ['GET', `${CREW_RUNS}/`, 307, 'uvicorn'],
    ['GET', '/api/crews', 404, 'uvicorn'],
    ['GET', '/realms/rapid/.well-known/openid-configuration', 200, null],
    ['GET', '/realms/nope', 404, null],
  ]
  for (const fidelity of FIDELITIES) {
    const yard = yards[fidelity]
    for (const [method, path, status, server] of cases) {
      const got = await yard.send(method, path, { headers: psk(yard) })
      t.equal(
        got.headers.get('server'),
        fidelity === 'live' ? server : null,
        `${fidelity}: ${method} ${path}`,
      )
      if (fidelity === 'live') t.equal(got.status, status, `${method} ${path} → ${status}`)
    }
    t.equal((await yard.get(CREW_RUNS)).headers.get('server'), fidelity === 'live' ? 'uvicorn' : null, '401')
  }
})

/** Readers of an automation's runs, with the admin's key and any other. */
function basedash(yard: Yard) {
  const view = yard.sandbox.credentials.basedash
  const path = (query = '', place = 0) =>
    `/api/public/organizations/${view.organizationId}/automations/${view.automations[place]?.id}/runs?${query}`
  const as = (apiKey: string) => (query?: string, place?: number) =>
    yard.get<List>(path(query, place), { authorization: `Bearer ${apiKey}` })
  return { view, path, as, list: as(view.admin.apiKey) }
}

t.test('Basedash in live: limit as zod 4.6.7 reads it', async (t) => {
  const { list } = basedash(await serve(t, { fidelity: 'live' }))
  const accepted: readonly [query: string, runs: number][] = [
    ['', 50],
    ['limit=1', 1],
    ['limit=100', 100],
    ['limit=5.0', 5],
    ['limit=%205%20', 5],
    ['limit=%2B5', 5],
    ['limit=1e1', 10],
    ['limit=0x10', 16],
    ['limit=0b11', 3],
    ['limit=0&limit=7', 7],
    ['Limit=0', 50],
  ]
  for (const [query, runs] of accepted) {
    const got = await list(query)
    t.same([got.status, got.json.data?.length], [200, runs], `'${query}' reads ${runs}`)
  }
  const small = 'limit: Too small: expected number to be >=1'
  const big = 'limit: Too big: expected number to be <=100'
  const fraction = 'limit: Invalid input: expected int, received number'
  const received = (what: string) => `limit: Invalid input: expected number, received ${what}`
  const unsafe = 'limit: Too big: expected int to be <=9007199254740991'
  const unsafeMinus = 'limit: Too small: expected int to be >=-9007199254740991'
  const refused: readonly [text: string, detail: string][] = [
    ['0', small],
    ['-0', small],
    ['-1', small],
    ['', small],
    ['101', big],
    ['9007199254740991', big],
    ['1.5', fraction],
    ['0.5', fraction],
    ['-1.5', fraction],
    ['100.5', fraction],
    ['1e-7', fraction],
    ['abc', received('NaN')],
    ['true', received('NaN')],
    ['NaN', received('NaN')],
    ['1_000', received('NaN')],
    ['0x', received('NaN')],
    ['%D9%A3', received('NaN')],
    ['Infinity', received('Infinity')],
    ['-Infinity', received('-Infinity')],
    ['1e400', received('Infinity')],
    ['1e20', `${unsafe}; ${big}`],
    ['9007199254740993', `${unsafe}; ${big}`],
    ['-1e20', `${unsafeMinus}; ${small}`],
    ['7&limit=0', small],
  ]
  for (const [text, detail] of refused) {
    const got = await list(`limit=${text}`)
    const body = JSON.stringify({ error: { title: 'ValidationError', detail } })
    t.same([got.status, got.text], [400, body], `'${text}': ${detail}`)
    t.equal(got.headers.get('content-type'), 'application/json')
  }
})

t.test('Basedash in live: the rate limit is on', async (t) => {
  const yard = await serve(t, { fidelity: 'live' })
  const { path, view, as, list } = basedash(yard)
  for (let i = 0; i < 120; i++) {
    const { status } = await yard.get(path())
    if (status !== 401) t.fail(`nobody got ${status}`)
  }
  for (let i = 0; i < 100; i++) {
    const { status } = await list(i % 10 === 9 ? 'limit=0' : 'limit=1')
    if (status !== (i % 10 === 9 ? 400 : 200)) t.fail(`request ${i + 1} got ${status}`)
  }
  for (const query of ['limit=1', 'limit=0', 'cursor=x']) {
    const got = await list(query)
    t.equal(got.status, 429, `the hundred-and-first, and on: ${query}`)
    t.equal(
      got.text,
      '{"error":{"title":"RateLimitExceeded","detail":"Too many requests","retryAfterMs":60000}}',
      'the whole window is left, since the clock stands',
    )
  }
  t.equal((await yard.get(path())).status, 401, '401 before 429')
  t.equal((await as(view.member.apiKey)()).status, 404, 'each key has its own count')

  const off = basedash(await serve(t, { fidelity: 'live', rateLimits: false }))
  const replies = await Promise.all(Array.from({ length: 120 }, () => off.list('limit=1')))
  t.ok(
    replies.every(({ status }) => status === 200),
    'off where it is turned off',
  )
})

t.test('Basedash: a cursor that names no run here', async (t) => {
  for (const fidelity of FIDELITIES) {
    const { list } = basedash(yards[fidelity])
    const other = (await list('', 1)).json.data[0]?.id
    const oldest = (await list('limit=100&cursor=', 1)).json.data.at(-1)?.id
    const cases: readonly [what: string, cursor: string | undefined, place: number][] = [
      ["another automation's run", other, 0],
      ['the oldest run', oldest, 1],
      ['an unknown id', 'c000000000000000000000000', 0],
      ['no id', "%00'", 0],
    ]
    for (const [what, cursor, place] of cases) {
      const got = await list(`cursor=${cursor}`, place)
      t.equal(
        got.text,
        '{"data":[],"pagination":{"nextCursor":null,"hasMore":false}}',
        `${fidelity}, ${what}: an empty page`,
      )
    }
  }
})
