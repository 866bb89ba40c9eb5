import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Exchange } from '../src/core/journal.ts'
import type { JsonObject } from '../src/core/json.ts'
import type { FaultOptions, SandboxHandle, SandboxOptions } from '../src/index.ts'
import { contractOf } from '../src/journal/contract.ts'
import { ContractJournal } from '../src/journal/journal.ts'
import { Api } from '../src/spec/api.ts'
import { NOW, type Problem, serve, type Yard } from './serve.ts'
import { provider as toy } from './toy/provider.ts'

type Fidelity = 'spec' | 'live'
type Provider = 'conductorone' | 'trigger' | 'nx1' | 'basedash'

/** A sandbox, and requests to each of the four with a credential of it. */
interface Desk {
  readonly sandbox: SandboxHandle
  /** `query` after the path of the provider's list. */
  list(provider: Provider, query?: string, headers?: Record<string, string>): Promise<Response>
  send(provider: Provider, method: string, path: string, headers?: Record<string, string>): Promise<Response>
  path(provider: Provider): string
}

async function desk(t: Test, yard: Yard, options: SandboxOptions = {}): Promise<Desk> {
  const sandbox = await yard.runyard.sandbox({
    clock: { now: '2026-06-01T12:00:00Z', frozen: true },
    rateLimits: false,
    ...options,
  })
  t.teardown(() => sandbox.delete())
  const { conductorone, trigger, nx1, basedash } = sandbox.credentials
  const { organizationId, automations } = basedash
  const paths: Record<Provider, string> = {
    conductorone: '/api/v1/role-mining/runs',
    trigger: '/api/v1/runs',
    nx1: '/api/crew-runs',
    basedash: `/api/public/organizations/${organizationId}/automations/${automations[0]?.id}/runs`,
  }
  const keys: Record<Provider, Record<string, string>> = {
    conductorone: { authorization: `Bearer ${conductorone.admin?.bearer}` },
    trigger: { authorization: `Bearer ${trigger.prod?.secretKey}` },
    nx1: { 'authorization-psk': nx1.psk.admin ?? '' },
    basedash: { authorization: `Bearer ${basedash.admin.apiKey}` },
  }
  const send: Desk['send'] = async (provider, method, path, headers = {}) => {
    const response = await fetch(yard.url + path, {
      method,
      redirect: 'manual',
      headers: { ...keys[provider], ...headers },
    })
    await response.arrayBuffer()
    return response
  }
  return {
    sandbox,
    path: (provider) => paths[provider],
    send,
    list: (provider, query = '', headers = {}) =>
      send(provider, 'GET', `${paths[provider]}${query && `?${query}`}`, headers),
  }
}

/** The remarks of every exchange, as `kind subject`. */
async function remarks({ journal }: SandboxHandle): Promise<string[][]> {
  const { exchanges } = await journal.list()
  return exchanges.map(({ remarks }) => remarks.map(({ kind, subject }) => [kind, subject].join(' ').trim()))
}

/** Without those on pages that were not read on, which say nothing of the query. */
function onQuery(all: readonly string[][]): string[][] {
  return all.map((some) => some.filter((remark) => !remark.startsWith('ignored-pagination')))
}

t.test('what a query says against the document', async (t) => {
  const yard = await serve(t)
  const desks = { spec: await desk(t, yard), live: await desk(t, yard, { fidelity: 'live' }) }
  const both: readonly Fidelity[] = ['spec', 'live']
  type Row = readonly [
    provider: Provider,
    query: string,
    fidelities: readonly Fidelity[],
    remarks: readonly string[],
    headers?: Record<string, string>,
  ]
  const rows: readonly Row[] = [
    // Nothing wrong
    ['trigger', '', both, []],
    ['trigger', 'page[size]=10&filter[status]=QUEUED,EXECUTING', both, []],
    ['trigger', 'page%5Bsize%5D=10&filter%5Btag%5D=a+b', both, []],
    ['trigger', 'filter[createdAt][from]=2026-05-01T00:00:00Z&filter[createdAt][period]=1d', both, []],
    ['trigger', 'filter[isTest]=true&page[after]=', both, []],
    ['basedash', 'limit=5&cursor=', both, []],
    ['basedash', 'cursor=nobody', both, []],
    ['nx1', 'limit=5', both, []],
    ['conductorone', 'page_size=10&page_token=', ['spec'], []],
    // Parameters that the document does not declare
    ['trigger', 'limit=5', both, ['undeclared-parameter limit']],
    ['trigger', 'page=2', both, ['undeclared-parameter page']],
    ['trigger', 'filter[status][]=QUEUED', both, ['undeclared-parameter filter[status][]']],
    ['trigger', 'filter[createdAt]=1d', both, ['undeclared-parameter filter[createdAt]']],
    ['trigger', 'filter[queue]=a', both, ['undeclared-parameter filter[queue]']],
    ['basedash', 'a=1&b=2&a=3', both, ['undeclared-parameter a', 'undeclared-parameter b']],
    ['nx1', 'cursor=x', both, ['undeclared-parameter cursor']],
    ['conductorone', 'pageSize=10', both, ['undeclared-parameter pageSize']],
    [
      'conductorone',
      'page_size=10&page_token=',
      ['live'],
      ['undeclared-parameter page_size', 'undeclared-parameter page_token'],
    ],
    // Values that the service takes, and the document does not have
    ...['5.0', '%205', '0x10', '+5', '05', '1e1', '5&limit=6'].map(
      (value): Row => ['basedash', `limit=${value}`, both, ['malformed-value limit']],
    ),
    ['nx1', 'limit=%205', both, ['malformed-value limit']],
    ['nx1', 'limit=5.0', both, ['malformed-value limit']],
    ['conductorone', 'page_size=', ['spec'], ['malformed-value page_size']],
    ['conductorone', 'page_size=%2B10', ['spec'], ['malformed-value page_size']],
    ['trigger', 'page[size]=1e1', both, ['malformed-value page[size]']],
    ['trigger', 'page[size]=5', ['live'], ['malformed-value page[size]']],
    ['trigger', 'filter[status]=', both, ['malformed-value filter[status]']],
    ['trigger', 'filter[schedule]=', both, ['malformed-value filter[schedule]']],
    ['trigger', 'filter[status]=FAILED&filter[status]=CRASHED', both, ['malformed-value filter[status]']],
    ['trigger', 'filter[createdAt][from]=2026-05-01', both, ['malformed-value filter[createdAt][from]']],
    ['trigger', 'filter[createdAt][to]=1780000000000', both, ['malformed-value filter[createdAt][to]']],
    // What it refuses
    ['basedash', 'limit=0', both, ['invalid-request limit']],
    ['basedash', 'limit=101&x=1', both, ['undeclared-parameter x', 'invalid-request limit']],
    ['basedash', 'limit=', both, ['invalid-request limit']],
    ['nx1', 'limit=ten', both, ['invalid-request limit']],
    ['conductorone', 'page_size=ten', ['spec'], ['invalid-request page_size']],
    ['conductorone', 'page_size=99999999999999999999', ['spec'], ['invalid-request page_size']],
    ['trigger', 'page[size]=5', ['spec'], ['invalid-request page[size]']],
    ['trigger', 'page[size]=101', both, ['invalid-request page[size]']],
    ['trigger', 'filter[status]=FAILD', both, ['invalid-request filter[status]']],
    ['trigger', 'filter[isTest]=1', both, ['invalid-request filter[isTest]']],
    [
      'trigger',
      'filter[machine]=huge',
      ['live'],
      ['undeclared-parameter filter[machine]', 'invalid-request filter[machine]'],
    ],
    [
      // Each word is the document's, and this one is not the version's that was asked for.
      'trigger',
      'filter[status]=WAITING',
      ['spec'],
      ['invalid-request filter[status]'],
    ],
    ['trigger', 'filter[status]=WAITING', ['spec'], [], { 'x-trigger-api-version': '2025-07-16' }],
    [
      'trigger',
      'page[size]=101&filter[createdAt][from]=2026-05-01',
      both,
      ['malformed-value filter[createdAt][from]', 'invalid-request page[size]'],
    ],
    // What is refused for another reason is as wrong as before
    [
      'trigger',
      'page[size]=5&x=1',
      both,
      ['malformed-value page[size]', 'undeclared-parameter x'],
      { prefer: 'code=500' },
    ],
    ['trigger', '', both, [], { prefer: 'code=500' }],
  ]
  for (const [provider, query, fidelities, expected, headers = {}] of rows) {
    for (const fidelity of fidelities) {
      const { sandbox, list } = desks[fidelity]
      await sandbox.journal.clear()
      await list(provider, query, headers)
      t.same(
        onQuery(await remarks(sandbox)),
        [expected],
        `${fidelity}: ${provider} ${query} ${JSON.stringify(headers)}: ${expected.join(', ') || 'nothing'}`,
      )
    }
  }
})

t.test('paths and methods that the document does not have', async (t) => {
  const yard = await serve(t)
  const { sandbox, send, path: pathOf } = await desk(t, yard)
  const basedash = pathOf('basedash')
  const conductorone = pathOf('conductorone')
  const rows: readonly [method: string, provider: Provider, path: string, remark: string | undefined][] = [
    ['GET', 'trigger', '/api/v1/runs?page[after]=x', undefined],
    ['HEAD', 'trigger', '/api/v1/runs', undefined],
    ['OPTIONS', 'trigger', '/api/v1/runs', undefined],
    ['POST', 'trigger', '/api/v1/runs', 'undocumented-operation POST /api/v1/runs'],
    ['DELETE', 'basedash', basedash, `undocumented-operation DELETE ${basedash}`],
    ['HEAD', 'nx1', '/api/crew-runs', 'undocumented-operation HEAD /api/crew-runs'],
    ['PUT', 'conductorone', conductorone, `undocumented-operation PUT ${conductorone}`],
  ]
  for (const [method, provider, path, remark] of rows) {
    await sandbox.journal.clear()
    await send(provider, method, path)
    const own = await remarks(sandbox)
    t.same(own.flat(), remark === undefined ? [] : [remark], `${method} ${path}`)
  }

  for (const [provider, path, answer] of [
    ['trigger', '/api/v1/runs/', 301],
    ['trigger', '/trigger/api/v3/runs/run_1', 404],
    ['nx1', '/api/crew-runs/', 307],
    ['basedash', `${basedash}/`, undefined],
  ] as const) {
    await sandbox.journal.clear()
    const { status } = await send(provider, 'GET', path)
    if (answer !== undefined) t.equal(status, answer, path)
    const journal = await sandbox.journal.list({ remark: 'undocumented-operation' })
    t.equal(journal.exchanges.length, 1, path)
  }
})

t.test('an exchange says who asked, what, and which step answered', async (t) => {
  const yard = await serve(t)
  const { sandbox, list, path } = await desk(t, yard)
  await list('basedash', 'limit=2&frist=1', { 'user-agent': 'a client' })
  const { exchanges, ...sums } = await sandbox.journal.list()
  t.same(sums, { more: false, recorded: 1, kept: 1 })
  t.match(exchanges[0], {
    id: 1,
    at: '2026-06-01T12:00:00.000Z',
    wall: /^20\d\d-/,
    provider: 'basedash',
    operation: 'listAutomationRuns',
    step: 'present',
    method: 'GET',
    path: path('basedash'),
    search: 'limit=2&frist=1',
    headers: { 'user-agent': 'a client' },
    credential: 'admin',
    status: 200,
    page: { position: 'first', more: true, items: 2 },
  })
  const { apiKey } = sandbox.credentials.basedash.admin
  t.notMatch(JSON.stringify(exchanges), apiKey, 'its credential is not in it')
  const [remark] = exchanges[0]?.remarks ?? []
  t.equal(remark?.message, 'The document does not have it, and it is ignored. There are limit, cursor.')
})

t.test('a message says what may be meant', async (t) => {
  const yard = await serve(t)
  const { sandbox, list } = await desk(t, yard)
  const rows: readonly [provider: Provider, query: string, message: RegExp][] = [
    ['basedash', 'limt=5', /: limit may be meant\.$/],
    ['basedash', 'LIMIT=5', /: limit may be meant\.$/],
    ['conductorone', 'pageToken=x', /: page_token may be meant\.$/],
    ['trigger', 'status=FAILED', /: filter\[status\] may be meant\.$/],
    ['trigger', 'page[sise]=10', /: page\[size\] may be meant\.$/],
    ['trigger', 'filter[status]=failed', /: FAILED may be meant\. It was refused with 400\.$/],
    [
      'trigger',
      'filter[status]=x',
      /which has PENDING_VERSION, .+ and \d+ more\. It was refused with 400\.$/,
    ],
    [
      'trigger',
      'page[size]=101',
      /^'101' is more than 100, the most that the document allows\. It was refused/,
    ],
    [
      'trigger',
      'filter[status]=["FAILED","CRASHED"]',
      /^'\["FAILED"' is no word of the document: FAILED may be meant\. It was refused with 400\.$/,
    ],
    [
      'trigger',
      'filter[status]=FAILED&filter[status]=CRASHED',
      /^It came 2 times: .+ one list, with commas\.$/,
    ],
    ['nx1', `${'x'.repeat(3_000)}=1`, /There are limit\.$/],
  ]
  for (const [provider, query, message] of rows) {
    await sandbox.journal.clear()
    await list(provider, query)
    const { exchanges } = await sandbox.journal.list()
    t.match(exchanges[0]?.remarks[0]?.message, message, query.slice(0, 50))
  }
})

t.test('hints to wait', async (t) => {
  const yard = await serve(t)
  const hint: FaultOptions = { status: 429, retryAfter: '30s', count: 1 }
  type Act = (desk: Desk) => Promise<unknown>
  const call: Act = ({ list }) => list('basedash')
  const other: Act = ({ list }) => list('trigger')
  const pass =
    (ms: number): Act =>
    ({ sandbox }) =>
      sandbox.clock.advance(ms)
  const rows: readonly [does: string, acts: readonly Act[], remarks: readonly string[][]][] = [
    ['calls again at once', [call], [[], ['early-retry admin']]],
    ['calls again a second too early', [pass(29_000), call], [[], ['early-retry admin']]],
    ['calls again in time', [pass(30_000), call], [[], []]],
    ['calls again, a timer too early', [pass(29_960), call], [[], []]],
    ['has not called again yet', [], [[]]],
    ['never calls again', [pass(31_000)], [['unused-retry-hint admin']]],
    ['calls something else', [other, pass(31_000)], [['unused-retry-hint admin'], []]],
    ['calls again too early, and no more', [call, pass(31_000)], [[], ['early-retry admin']]],
    ['calls again twice after an answer', [call, call], [[], ['early-retry admin'], []]],
  ]
  for (const [does, acts, expected] of rows) {
    const own = await desk(t, yard)
    await own.sandbox.faults.add({ ...hint, provider: 'basedash' })
    t.equal((await own.list('basedash', 'limit=100')).status, 429)
    for (const act of acts) await act(own)
    const seen = await remarks(own.sandbox)
    t.same(onQuery(seen), expected, `a client that ${does}`)
    const { breaches } = await own.sandbox.report()
    const kinds = breaches.filter(({ kind }) => kind !== 'ignored-pagination').map(({ kind }) => kind)
    t.same(
      kinds,
      expected.flat().map((remark) => remark.split(' ')[0]),
      `the report on a client that ${does}`,
    )
  }

  const patient = await desk(t, yard)
  await patient.sandbox.faults.add({ status: 429, retryAfter: '1s', count: 1, provider: 'basedash' })
  await patient.list('basedash')
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const [unused] = (await remarks(patient.sandbox))[0] ?? []
  t.equal(unused, 'unused-retry-hint admin', 'the wall clock counts where the sandbox stands still')
  await patient.list('basedash', 'limit=100')
  t.same(
    (await remarks(patient.sandbox)).flat().filter((remark) => !remark.startsWith('ignored')),
    [],
  )

  const minting = await desk(t, yard)
  const { clientId, clientSecret } = minting.sandbox.credentials.conductorone.admin ?? {}
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId ?? '',
    client_secret: clientSecret ?? '',
  })
  await minting.sandbox.faults.add({ status: 429, retryAfter: '30s', count: 1 })
  for (const status of [429, 200]) {
    t.equal((await fetch(`${yard.url}/auth/v1/token`, { method: 'POST', body })).status, status)
  }
  t.same((await remarks(minting.sandbox)).at(-1), ['early-retry admin'], 'a token endpoint has hints too')
})

t.test('pages that nobody reads', async (t) => {
  const yard = await serve(t)
  const rows: readonly [provider: Provider, queries: readonly string[], remarks: readonly string[][]][] = [
    ['basedash', ['limit=2'], [['ignored-pagination cursor']]],
    ['basedash', ['limit=2', 'limit=3'], [['ignored-pagination cursor'], []]],
    ['basedash', ['limit=2', 'limit=2&cursor=nobody'], [[], []]],
    ['trigger', ['filter[version]=none'], [[]]],
    ['trigger', ['page[size]=10'], [['ignored-pagination page[after]']]],
    ['trigger', ['page[size]=10', 'page[size]=10&page[after]=run_1'], [[], []]],
    ['conductorone', ['page_size=10'], [['ignored-pagination page_token']]],
    // The document has no way to read on.
    ['nx1', ['limit=2'], [[]]],
  ]
  for (const [provider, queries, expected] of rows) {
    const own = await desk(t, yard)
    for (const query of queries) await own.list(provider, query)
    t.same(await remarks(own.sandbox), expected, `${provider} ${queries.join(', ')}`)
  }
  const live = await desk(t, yard, { fidelity: 'live' })
  await live.list('conductorone')
  t.same(await remarks(live.sandbox), [[]], 'all on one page')
})

t.test('what the document marks deprecated', async (t) => {
  const parameters = [
    { name: 'old', in: 'query', deprecated: true, schema: { type: 'string' } },
    { name: 'older', in: 'query', schema: { type: 'string', deprecated: true } },
    {
      name: 'order',
      in: 'query',
      schema: { type: 'string', enum: ['up', 'down'], 'x-deprecated': ['down'] },
    },
    {
      name: 'kind',
      in: 'query',
      schema: { oneOf: [{ const: 'a' }, { const: 'b', deprecated: true }] },
    },
    {
      name: 'opt',
      in: 'query',
      style: 'deepObject',
      explode: true,
      schema: { type: 'object', properties: { was: { type: 'boolean', deprecated: true } } },
    },
    { name: 'X-Old', in: 'header', deprecated: true, schema: { type: 'string' } },
    { name: 'ids', in: 'query', schema: { type: 'array', items: { type: 'integer' } } },
    { name: 'limit', in: 'query', schema: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
    { name: 'must', in: 'query', required: true, schema: { type: 'number', maximum: 5 } },
  ]
  const operation = { operationId: 'listJobs', parameters, responses: { 200: { description: 'Jobs' } } }
  const document: JsonObject = {
    openapi: '3.1.0',
    info: { title: 'Toy', version: '1' },
    paths: { '/jobs': { get: operation } },
  }
  const api = await Api.of(document)
  const journal = new ContractJournal(1, [contractOf(toy, { spec: api, live: api })])
  const rows: readonly [search: string, remarks: readonly string[], headers?: Record<string, string>][] = [
    ['old=1', ['deprecated old']],
    ['older=1', ['deprecated older']],
    ['order=up', []],
    ['order=down', ['deprecated order']],
    ['kind=a', []],
    ['kind=b', ['deprecated kind']],
    ['kind=c', ['malformed-value kind']],
    ['opt[was]=true', ['deprecated opt[was]']],
    ['opt[was]=1', ['deprecated opt[was]', 'malformed-value opt[was]']],
    ['', ['deprecated x-old'], { 'x-old': '1' }],
    // The same query as above: what is remembered of it is not this.
    ['order=up', ['deprecated x-old'], { 'x-old': '1' }],
    ['ids=1&ids=2,3', []],
    ['ids=1,x', ['malformed-value ids']],
    ['limit=5', []],
    ['limit=x', ['malformed-value limit']],
    ['limit=', ['malformed-value limit']],
    ['must=6', ['malformed-value must']],
  ]
  for (const [search, expected, headers = {}] of rows) {
    const exchange: Exchange = {
      provider: 'toy',
      operationId: 'listJobs',
      step: 'present',
      fidelity: 'spec',
      method: 'GET',
      path: '/jobs',
      search: search.startsWith('must') ? search : `must=2.5&${search}`,
      headers,
      status: 200,
    }
    journal.record(exchange, NOW, NOW)
    const [entry] = journal.list({ limit: 1 }).entries
    t.same(
      entry?.remarks.map(({ kind, subject }) => `${kind} ${subject}`),
      expected,
      search,
    )
  }
  journal.record(
    {
      provider: 'toy',
      operationId: 'listJobs',
      step: 'authenticate',
      fidelity: 'spec',
      method: 'GET',
      path: '/jobs',
      search: '',
      headers: {},
      status: 401,
    },
    NOW,
    NOW,
  )
  t.match(journal.list({ limit: 1 }).entries[0]?.remarks, [{ kind: 'malformed-value', subject: 'must' }])
})

t.test('a journal keeps the latest, and its report counts all', async (t) => {
  const yard = await serve(t)
  const own = await desk(t, yard, { journalSize: 3 })
  for (let limit = 1; limit <= 5; limit++) await own.list('basedash', `limit=${limit}&x=1`)
  const { exchanges, recorded, kept } = await own.sandbox.journal.list()
  t.same(
    exchanges.map(({ id }) => id),
    [3, 4, 5],
  )
  t.same({ recorded, kept }, { recorded: 5, kept: 3 })
  const before = await own.sandbox.report()
  t.match(before, { exchanges: 5, from: '2026-06-01T12:00:00.000Z', operations: [{ calls: 5 }] })
  t.match(
    before.breaches.find(({ kind }) => kind === 'undeclared-parameter'),
    { count: 5, first: 1, last: 5 },
  )

  await own.sandbox.journal.clear()
  t.same(await own.sandbox.journal.list(), { exchanges: [], more: false, recorded: 0, kept: 0 })
  const after = await own.sandbox.report()
  t.match(after, { exchanges: 0, from: null, to: null, operations: [], breaches: [] })
  t.same(after.coverage, { exercised: 0, documented: 0, ratio: 0 })
  await own.list('basedash', 'limit=1')
  t.equal((await own.sandbox.journal.list()).exchanges[0]?.id, 1)
})

t.test('filters', async (t) => {
  const yard = await serve(t)
  const own = await desk(t, yard)
  await own.list('basedash', 'limit=2') // 1, with pages ignored
  await own.list('basedash', 'limit=0') // 2, refused
  await own.sandbox.clock.advance('1h')
  await own.list('trigger', 'page[size]=100&x=1') // 3, with an undeclared parameter and pages ignored
  await own.list('nx1') // 4
  await own.send('conductorone', 'GET', '/api/v1/role-mining/runs/latest') // 5
  const rows: readonly [query: string, ids: readonly number[], more?: boolean][] = [
    ['', [1, 2, 3, 4, 5]],
    ['provider=basedash', [1, 2]],
    ['operation=list_runs_v1', [3]],
    ['provider=basedash&status=200', [1]],
    ['status=400', [2]],
    ['status=4xx', [2]],
    ['status=2xx', [1, 3, 4, 5]],
    ['status=5xx', []],
    ['remark=any', [1, 2, 3]],
    ['remark=undeclared-parameter', [3]],
    ['remark=ignored-pagination', [1, 3]],
    ['remark=deprecated', []],
    ['since=2026-06-01T12:30:00Z', [3, 4, 5]],
    ['until=2026-06-01T12:00:00Z', [1, 2]],
    ['since=2026-06-01T13:00:00Z&until=2026-06-01T14:00:00%2B01:00', [3, 4, 5]],
    ['after=3', [4, 5]],
    ['after=99', []],
    ['limit=2', [1, 2], true],
    ['limit=2&after=2', [3, 4], true],
    ['limit=2&after=3', [4, 5], false],
    ['status=2xx&limit=4', [1, 3, 4, 5], false],
  ]
  const path = `/sandboxes/${own.sandbox.id}/journal`
  for (const [query, ids, more = false] of rows) {
    const { json } = await yard.control<{ exchanges: { id: number }[]; more: boolean }>(
      'GET',
      `${path}?${query}`,
    )
    t.same({ ids: json.exchanges.map(({ id }) => id), more: json.more }, { ids, more }, query || 'none')
  }
  const refusals: readonly [query: string, pointer: string, detail: RegExp][] = [
    ['provider=triger', 'provider', /there are .*trigger/],
    ['operation=nothing', 'operation', /there are .*list_runs_v1/],
    ['provider=nx1&operation=list_runs_v1', 'operation', /there are .*list_runs_api_crew_runs_get/],
    ['status=600', 'status', /./],
    ['remark=none', 'remark', /./],
    ['limit=0', 'limit', /./],
  ]
  for (const [query, pointer, detail] of refusals) {
    const { status, json } = await yard.control<Problem>('GET', `${path}?${query}`)
    t.equal(status, 422, query)
    t.match(json.errors, [{ pointer, detail }], query)
  }
})

t.test('the report on what was exercised', async (t) => {
  const yard = await serve(t)
  const own = await desk(t, yard)
  const counts = (list: readonly { name: string; count: number }[] = []): Record<string, number> =>
    Object.fromEntries(list.filter(({ count }) => count > 0).map(({ name, count }) => [name, count]))
  const first = await fetch(
    `${yard.url}${own.path('trigger')}?page[size]=10&filter[status]=COMPLETED,FAILED`,
    {
      headers: { authorization: `Bearer ${own.sandbox.credentials.trigger.prod?.secretKey}` },
    },
  )
  const { data, pagination: begun } = (await first.json()) as {
    data: { id: string }[]
    pagination: { next?: string }
  }
  let pagination = begun
  for (let pages = 0; pagination.next !== undefined && pages < 50; pages++) {
    const response = await fetch(
      `${yard.url}${own.path('trigger')}?page[size]=100&filter[status]=COMPLETED,FAILED&page[after]=${pagination.next}`,
      { headers: { authorization: `Bearer ${own.sandbox.credentials.trigger.prod?.secretKey}` } },
    )
    pagination = ((await response.json()) as { pagination: { next?: string } }).pagination
    if (pages === 0)
      await own.list('trigger', `page[before]=${data.at(-1)?.id}`, { 'x-trigger-api-version': '2025-07-16' })
  }
  await own.list('trigger', 'page[size]=1')
  await own.list('trigger', '', { prefer: 'code=503' })
  const { operations, coverage } = await own.sandbox.report()
  t.equal(operations.length, 1, 'an API that was not called is not in it')
  const [runs] = operations
  t.match(runs, { provider: 'trigger', operation: 'list_runs_v1', method: 'GET', path: '/api/v1/runs' })
  t.equal(runs?.parameters.length, 15)
  t.strictSame(Object.keys(counts(runs?.parameters)).sort(), [
    'filter[status]',
    'page[after]',
    'page[before]',
    'page[size]',
    'x-trigger-api-version',
  ])
  t.strictSame(Object.keys(counts(runs?.values)), ['filter[status]=COMPLETED', 'filter[status]=FAILED'])
  t.strictSame(Object.keys(counts(runs?.statuses)), ['200', '400', '503'])
  t.strictSame(Object.keys(counts(runs?.pages)).sort(), ['backwards', 'first', 'last', 'middle'])
  const all = [runs?.parameters, runs?.values, runs?.statuses, runs?.pages].flatMap((list) => list ?? [])
  const exercised = all.filter(({ count }) => count > 0).length
  t.same(runs?.coverage, { exercised, documented: all.length, ratio: exercised / all.length })
  t.same(coverage, runs?.coverage)

  await own.list('conductorone')
  const names = async (): Promise<string[]> =>
    (await own.sandbox.report()).operations.map(({ operation }) => operation.split('.').at(-1) ?? '')
  t.same(await names(), ['ListRuns', 'GetLatestRun', 'list_runs_v1'], 'no operation that Runyard added')
  const { clientId, clientSecret } = own.sandbox.credentials.conductorone.admin ?? {}
  await fetch(`${yard.url}/auth/v1/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: `${clientId}`,
      client_secret: `${clientSecret}`,
    }),
  })
  t.same(await names(), ['ListRuns', 'GetLatestRun', 'mintToken', 'list_runs_v1'], 'until it is called')

  const live = await desk(t, yard, { fidelity: 'live' })
  await live.list('conductorone')
  const [list] = (await live.sandbox.report()).operations
  t.same(
    { parameters: list?.parameters, pages: list?.pages },
    { parameters: [], pages: [] },
    'as that service has it',
  )
})

t.test('a sandbox knows nothing of another', async (t) => {
  const yard = await serve(t)
  const [one, two] = [await desk(t, yard), await desk(t, yard)]
  await one.list('trigger', 'x=1')
  await fetch(`${yard.url}/api/v1/runs?y=1`, { headers: { authorization: 'Bearer tr_prod_nobody' } })
  t.equal((await two.sandbox.journal.list()).recorded, 0)
  t.equal((await one.sandbox.journal.list()).recorded, 1)
  const nobody = await yard.runyard.sandbox('default')
  t.same(
    (await nobody?.journal.list())?.exchanges.map(({ search, status }) => [search, status]),
    [['y=1', 401]],
  )
})

t.test('memory is bounded, whatever clients send', async (t) => {
  const yard = await serve(t)
  const own = await desk(t, yard, { journalSize: 10 })
  for (let part = 0; part < 60; part++) {
    const names = Array.from({ length: 19 }, (_, i) => `p${part}x${i}=1`)
    await own.list('nx1', names.join('&'))
  }
  const { breaches } = await own.sandbox.report()
  t.equal(breaches.length, 1_001)
  t.match(breaches.at(-1), { kind: 'undeclared-parameter', provider: 'nx1', operation: null, count: 140 })

  await own.list('nx1', Array.from({ length: 5_000 }, (_, i) => `q${i}=1`).join('&'))
  await own.list('trigger', `filter[tag]=${'a'.repeat(100_000)}`, { 'user-agent': 'b'.repeat(10_000) })
  const [many, long] = (await own.sandbox.journal.list({ after: 60 })).exchanges
  t.equal(many?.remarks.length, 21)
  t.match(many?.remarks.at(-1), { kind: 'undeclared-parameter', message: 'There were 4980 more.' })
  t.equal(long?.search.length, 2_049)
  t.ok(long?.headers['user-agent'] === undefined || long.headers['user-agent'].length <= 257)
})

t.test('what is kept is short, whatever is long', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const [long, longer] = ['a'.repeat(50_000), 'b'.repeat(200_000)]
  const rows: readonly [what: string, request: string, kept: object][] = [
    [
      'the whole URL as target',
      `GET http://${longer}/api/v1/runs?one-name=pair HTTP/1.1\r\nhost: x\r\n`,
      { method: 'GET', path: '/api/v1/runs', search: 'one-name=pair' },
    ],
    ['a method', `${long} /api/v1/runs HTTP/1.1\r\n`, { method: `${'a'.repeat(32)}…`, path: '/api/v1/runs' }],
    [
      'headers beside an unknown method',
      `BREW /api/v1/runs HTTP/1.1\r\nuser-agent: client\r\nx: ${long}\r\naccept: ${long}\r\n`,
      { method: 'BREW', headers: { 'user-agent': 'client', accept: `${'a'.repeat(256)}…` } },
    ],
    ['a key as method', 'psk_live_abcdefghij /api/v1/runs HTTP/1.1\r\n', { method: '[redacted]' }],
    ['a path', `GET /api/v1/runs/${long} HTTP/1.1\r\nhost: x\r\n`, { path: /^\/api\/v1\/runs\/a{2035}…$/ }],
    ['a name', `GET /api/v1/runs?${long}=1 HTTP/1.1\r\nhost: x\r\n`, { search: /^a{2048}…$/ }],
  ]
  for (const [what, request, kept] of rows) {
    await yard.send('DELETE', '/_runyard/sandboxes/default/journal')
    const socket = connect(Number(new URL(yard.url).port), '127.0.0.1')
    socket.end(`${request}connection: close\r\n\r\n`)
    socket.resume()
    await once(socket, 'close')
    const { json, text } = await yard.get<{ exchanges: unknown[] }>('/_runyard/sandboxes/default/journal')
    t.match(json.exchanges, [kept], what)
    t.ok(text.length < 3_500, `${what}: ${text.length} characters`)
  }
})

t.test('an exchange that cannot be judged is kept, and somebody hears of it', async (t) => {
  const responses = { 200: { description: 'Jobs' } }
  const api = await Api.of({
    openapi: '3.1.0',
    info: { title: 'Toy', version: '1' },
    paths: { '/jobs': { get: { operationId: 'listJobs', responses } } },
  })
  const contract = contractOf(toy, { spec: api, live: api })
  const wrong = new Error('no analysis')
  const journal = new ContractJournal(5, [
    {
      ...contract,
      terms: () => {
        throw wrong
      },
    },
  ])
  const exchange: Exchange = {
    provider: 'toy',
    operationId: 'listJobs',
    step: 'present',
    fidelity: 'spec',
    method: 'GET',
    path: '/jobs',
    search: 'x=1',
    headers: {},
    status: 200,
  }
  t.throws(() => journal.record(exchange, 1, 2), wrong)
  t.same(journal.list({ limit: 5 }), {
    entries: [{ ...exchange, id: 1, at: 1, wall: 2, remarks: [] }],
    more: false,
  })
})

t.test('no credential is kept, however it is wrapped and wherever it is sent', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const own = await yard.runyard.sandbox({ id: 'own' })
  const { trigger, nx1, conductorone, basedash } = own.credentials
  const { service, users } = nx1.oauth as unknown as {
    service: { clientSecret: string }
    users: { password: string }[]
  }
  const jwt = ['{"alg":"HS256"}', '{"sub":"x"}', 'a signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
  // Those of this server, and such as the vendors make, which no keyring has.
  const secrets: Record<string, string | undefined> = {
    trigger: trigger.prod?.secretKey,
    nx1: nx1.psk.general,
    basedash: basedash.admin.apiKey,
    conductorone: conductorone.admin?.bearer,
    'ConductorOne client': conductorone.admin?.clientSecret,
    'realm client': service.clientSecret,
    'realm user': users[0]?.password,
    'real Trigger.dev': 'tr_dev_abcdefghijKLMNOP12345678',
    'real Trigger.dev, of a person': 'tr_pat_abcdefghijKLMNOP12345678',
    'real Nx1': 'psk_live_abcdefghij',
    'real Basedash': 'bd_key_aBcD1234eFgH5678iJkL9012mNoP',
    'real ConductorOne': 'secret-token:conductorone.com:v1:eyJrdHkiOiJPS1AifQ',
    JWT: jwt,
  }
  const encoded = (text: string): string => encodeURIComponent(text)
  const escaped = (text: string): string => `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`
  const ways: Record<string, (secret: string) => [path: string, headers?: Record<string, string>]> = {
    'with its scheme': (secret) => [`?x=Bearer%20${encoded(secret)}`],
    'with a space': (secret) => [`?x=${encoded(secret)}%20`],
    'in JSON': (secret) => [`?x=${encoded(JSON.stringify([secret]))}`],
    'in a name': (secret) => [`?x[${encoded(secret)}]=1`],
    'in a name that is declared': (secret) => [`?limit=${encoded(secret)}&page[size]=${encoded(secret)}`],
    'encoded twice': (secret) => [`?x=${encoded(encoded(secret))}`],
    'escaped, with an escape that is none': (secret) => [`?x=${escaped(secret)}%20%`],
    'as a segment': (secret) => [`/${encoded(secret)}`],
    'in a segment': (secret) => [`/(${encoded(secret)})`],
    'in a segment, escaped': (secret) => [`/${escaped(secret)}%20%ff`],
    'in the user agent': (secret) => ['', { 'user-agent': `client/1.0 (${secret})` }],
    'in a header of the document': (secret) => ['', { 'x-trigger-branch': secret }],
  }
  const lists: Record<string, string> = {
    trigger: '/api/v1/runs',
    nx1: '/api/crew-runs',
    basedash: '/api/public/organizations/o/automations/a/runs',
    conductorone: '/api/v1/role-mining/runs',
  }
  for (const [what, secret = ''] of Object.entries(secrets)) {
    t.ok(secret.length > 10, what)
    for (const [how, way] of Object.entries(ways)) {
      for (const [provider, list] of Object.entries(lists)) {
        await yard.send('DELETE', '/_runyard/sandboxes/default/journal')
        const [path, headers = {}] = way(secret)
        await rawGet(yard, list + path, headers)
        const { text } = await yard.get('/_runyard/sandboxes/default/journal')
        const { exchanges } = JSON.parse(text) as { exchanges: { path: string; search: string }[] }
        const read = exchanges.map(({ path, search }) => unescaped(unescaped(`${path} ${search}`)))
        if (exchanges.length !== 1 || [text, ...read].some((one) => one.includes(secret)))
          t.fail(`${what}, ${how}, to ${provider}: ${text}`)
      }
    }
  }

  const innocent: readonly [path: string, headers: Record<string, string>][] = [
    [`/api/v1/runs?filter[tag]=tr_prod,psk_x,eyJ.x,secret-tokens,bearer&x=bd_key_`, {}],
    [`/api/v1/runs/run_cmb9k2f0a0000x8y4?x=a.b.c%20Basic%20plan`, {}],
    ['/api/v1/runs', { 'user-agent': 'a-client/1.2.3-rc.4 (node; v20.1.1) Bearer of news' }],
  ]
  for (const [target, headers] of innocent) {
    await yard.send('DELETE', '/_runyard/sandboxes/default/journal')
    await rawGet(yard, target, headers)
    const { json } = await yard.get<{ exchanges: unknown[] }>('/_runyard/sandboxes/default/journal')
    const [path = '', search = ''] = target.split('?')
    t.match(json.exchanges, [{ path, search, headers }], `nothing is taken from ${target}`)
  }
})

t.test('what takes time squared in a careless reader is answered', { timeout: 30_000 }, async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const size = 240_000
  const pieces = [
    'eyJ-',
    'eyJ.',
    'eyJ',
    'a.',
    '%',
    '%ff',
    'psk_',
    'tr_prod_',
    'secret-token',
    'bearer+',
    '&',
    '/',
  ]
  for (const piece of pieces) {
    const text = piece.repeat(size / piece.length)
    const asked: readonly [what: string, path: string, headers?: Record<string, string>][] = [
      ['a value', `/api/v1/runs?x=${text}`],
      ['a name', `/api/v1/runs?${text}`],
      ['a path', `/api/v1/runs/${text}`],
      ['a header', '/api/v1/runs', { 'user-agent': text }],
    ]
    for (const [what, path, headers] of asked)
      t.ok((await rawGet(yard, path, headers)) < 500, `${what} of ${piece}`)
  }
})

t.test('no query keeps an exchange out of the journal', async (t) => {
  const yard = await serve(t, { journalSize: 5 })
  const sandbox = await yard.runyard.sandbox('default')
  const name = fc.constantFrom(
    'limit',
    'cursor',
    'page[size]',
    'filter[status]',
    'filter[createdAt][from]',
    '__proto__',
    'toString',
    '[',
    '%',
  )
  const query = fc
    .array(fc.tuple(fc.oneof(name, fc.string({ unit: 'binary' })), fc.string({ unit: 'binary' })))
    .map((pairs) =>
      pairs.map(([left, right]) => `${encodeURIComponent(left)}=${encodeURIComponent(right)}`).join('&'),
    )
  const { trigger, basedash, nx1 } = yard.sandbox.credentials
  const { organizationId, automations } = basedash
  const targets: readonly [path: string, header: Record<string, string>][] = [
    ['/api/v1/runs', { authorization: `Bearer ${trigger.prod?.secretKey}` }],
    ['/api/crew-runs', { 'authorization-psk': nx1.psk.admin ?? '' }],
    [
      `/api/public/organizations/${organizationId}/automations/${automations[0]?.id}/runs`,
      { authorization: `Bearer ${basedash.admin.apiKey}` },
    ],
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...targets), query, async ([path, headers], search) => {
      const before = (await sandbox?.journal.list())?.recorded ?? 0
      const { status } = await yard.get(`${path}?${search}`, headers)
      const journal = await sandbox?.journal.list({ after: before })
      return status < 500 && journal?.exchanges.length === 1 && journal.exchanges[0]?.operation !== undefined
    }),
    { numRuns: 100 },
  )
})

/** The status of a GET whose target leaves exactly as given: fetch would tidy it up. */
async function rawGet(yard: Yard, path: string, headers: Record<string, string> = {}): Promise<number> {
  const { port } = new URL(yard.url)
  const request = httpRequest({ port, host: '127.0.0.1', path, headers }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response.statusCode ?? 0
}

/** As much of it decoded as can be. */
function unescaped(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
}

t.test('a reply that never arrived was met by nobody', async (t) => {
  const yard = await serve(t)
  const sandbox = await yard.runyard.sandbox()
  const headers = { authorization: `Bearer ${sandbox.credentials.trigger.prod.secretKey}` }
  const faults = [{ reset: 'before' }, { reset: 'midway' }, { truncate: true }] as const
  for (const fault of faults) {
    await sandbox.faults.add({ ...fault, count: 1 })
    await fetch(`${yard.url}/api/v1/runs?page[size]=10`, { headers }).catch(() => undefined)
  }
  const { exchanges } = await sandbox.journal.list()
  t.same(
    exchanges.map(({ lost, page }) => [lost, page]),
    faults.map(() => [true, undefined]),
  )
  const { operations, breaches } = await sandbox.report()
  const [list] = operations
  t.same(breaches, [], 'no page was seen that more followed')
  t.same(
    [...(list?.statuses ?? []), ...(list?.pages ?? [])].filter(({ count }) => count > 0),
    [],
  )
  t.same(list?.parameters.find(({ name }) => name === 'page[size]')?.count, 3, 'what was asked, was asked')
})

t.test('the Trigger.dev client on a clock that stands is not told to wait', async (t) => {
  const yard = await serve(t)
  const sandbox = await yard.runyard.sandbox()
  await sandbox.faults.add({ provider: 'trigger', status: 429, retryAfter: '2s', count: 1 })
  const headers = { authorization: `Bearer ${sandbox.credentials.trigger.prod.secretKey}` }
  for (let i = 0; i < 2; i++)
    await fetch(`${yard.url}/api/v1/runs?page[size]=100&filter[isTest]=true`, { headers })
  const { exchanges } = await sandbox.journal.list({ remark: 'early-retry' })
  t.same(exchanges, [], 'its instant was over before it was told')
})
