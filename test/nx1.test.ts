import { type IncomingMessage, request } from 'node:http'
import { CompactSign } from 'jose'
import t from 'tap'
import { iso } from '../src/core/clock.ts'
import { KEY_ID, privateKey } from '../src/providers/nx1/realm/key.ts'
import { next } from '../src/providers/nx1/runs.ts'
import type { components } from '../src/providers/nx1/wire.ts'
import { NOW, serve, type Yard } from './serve.ts'

type CrewRun = Required<components['schemas']['CrewRunHistoryResponse']>

const PATH = '/api/crew-runs'
const KEYS = [
  'id',
  'correlation_id',
  'owner_id',
  'crew_type',
  'crew_config',
  'task_input',
  'status',
  'result',
  'error',
  'created_at',
  'started_at',
  'completed_at',
]
const ISOFORMAT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/

const psk = (yard: Yard, who: 'general' | 'admin' | 'alice' | 'bob') => ({
  'authorization-psk': yard.sandbox.credentials.nx1.psk[who],
})
/** A request under another `Host`, which fetch does not send. */
const underHost = (yard: Yard, path: string, headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(yard.url + path, { headers }, (response) => resolve(response.resume()))
      .on('error', reject)
      .end()
  })
const list = async (yard: Yard, query = 'limit=-1', who: 'general' | 'admin' | 'alice' | 'bob' = 'admin') =>
  (await yard.get<CrewRun[]>(`${PATH}?${query}`, psk(yard, who))).json

t.test('limit is read as pydantic v2 reads it (fidelity/nx1.md §A1)', async (t) => {
  const yard = await serve(t)
  const total = yard.sandbox.counts.nx1 ?? 0
  t.ok(total > 100, 'there is more than the default limit')
  const long = (digits: number) => '9'.repeat(digits)

  const read: readonly [query: string, runs: number][] = [
    ['', 100],
    ['limit=0', 0],
    ['limit=-1', total],
    ['limit=99999999999999999999', total],
    ['limit=-99999999999999999999', total],
    ['limit=%205', 5],
    ['limit=5%20', 5],
    ['limit=%095', 5],
    ['limit=%C2%A05%E2%80%89', 5],
    ['limit=+5', 5],
    ['limit=%2B5', 5],
    ['limit=+-1', total],
    ['limit=1_000', total],
    ['limit=1_2', 12],
    ['limit=1.0', 1],
    ['limit=1.00', 1],
    ['limit=-1.0', total],
    ['limit=007', 7],
    ['limit=00', 0],
    ['limit=0_0', 0],
    ['limit=-007', total],
    ['limit=-0', 0],
    ['limit=0__5', 5],
    ['limit=0-5', total],
    [`limit=${long(4300)}`, total],
    [`limit=%20${long(4300)}`, total],
    ['limit=5&limit=6', 6],
    ['limit=abc&limit=6', 6],
    ['limit=&limit=5', 5],
    ['Limit=abc', 100],
    ['LIMIT=5', 100],
    ['limit[]=5', 100],
    ['limit%20=5', 100],
    ['?limit=5', 100],
    ['foo=1&limit=3&page=2', 3],
    ['%FF=%ZZ&limit=3', 3],
    ['__proto__[limit]=3&constructor=1&limit=4', 4],
  ]
  for (const [query, runs] of read) {
    const got = await yard.get<CrewRun[]>(`${PATH}?${query}`, psk(yard, 'admin'))
    const name = query.length > 60 ? `${query.slice(0, 20)}… (${query.length})` : query || '(absent)'
    t.same([got.status, got.json?.length], [200, runs], `${name} → ${runs} runs`)
  }

  const refused: readonly [query: string, input: string, type?: string][] = [
    ['limit=abc', 'abc'],
    ['limit=1.5', '1.5'],
    ['limit=', ''],
    ['limit', ''],
    ['limit=1e3', '1e3'],
    ['limit=1.0e0', '1.0e0'],
    ['limit=1e400', '1e400'],
    ['limit=true', 'true'],
    ['limit=null', 'null'],
    ['limit=None', 'None'],
    ['limit=nan', 'nan'],
    ['limit=Infinity', 'Infinity'],
    ['limit=%2B-1', '+-1'],
    ['limit=--1', '--1'],
    ['limit=1.', '1.'],
    ['limit=0x10', '0x10'],
    ['limit=1,000', '1,000'],
    ['limit=[5]', '[5]'],
    ['limit=5;6', '5;6'],
    ['limit=5%23x', '5#x'],
    ['limit=_1', '_1'],
    ['limit=1_', '1_'],
    ['limit=1__0', '1__0'],
    ['limit=-_1', '-_1'],
    ['limit=%D9%A5', '٥'],
    ['limit=%EF%BC%95', '５'],
    ['limit=%EF%BB%BF5', '\ufeff5'],
    ['limit=1%00', '1\u0000'],
    ['limit=%FF', '\ufffd'],
    ['limit=%zz', '%zz'],
    ['limit=6&limit=abc', 'abc'],
    ['limit=5&limit', ''],
    [`limit=${long(4301)}`, long(4301), 'int_parsing_size'],
    [`limit=-${long(4300)}`, `-${long(4300)}`, 'int_parsing_size'],
    [`limit=%20${long(4301)}`, ` ${long(4301)}`],
    [`limit=${'x'.repeat(60_000)}`, 'x'.repeat(60_000)],
  ]
  const words: Record<string, string> = {
    int_parsing: 'Input should be a valid integer, unable to parse string as an integer',
    int_parsing_size: 'Unable to parse input string as an integer, exceeded maximum size',
  }
  for (const [query, input, type = 'int_parsing'] of refused) {
    const got = await yard.get(`${PATH}?${query}`, psk(yard, 'admin'))
    const name = query.length > 60 ? `${query.slice(0, 20)}… (${query.length})` : query
    const body = JSON.stringify({ detail: [{ type, loc: ['query', 'limit'], msg: words[type], input }] })
    t.same([got.status, got.text], [422, body], `${name} → ${type}`)
  }
  const abc = await yard.get(`${PATH}?limit=abc`, psk(yard, 'admin'))
  t.equal(abc.headers.get('content-length'), '151', 'as many bytes as the framework sends for abc')
  t.equal(abc.headers.get('content-type'), 'application/json')
})

t.test('what the transport answers (fidelity/nx1.md §A2)', async (t) => {
  const yard = await serve(t)
  const notFound = '{"detail":"Not Found"}'
  const wrongMethod = '{"detail":"Method Not Allowed"}'
  const cases: readonly [method: string, path: string, status: number, body: string][] = [
    ['GET', '/api/crew-run', 404, notFound],
    ['GET', '/api/crews/run', 404, notFound],
    ['GET', '/api/crew-runs/abc', 404, notFound],
    ['GET', '/nx1/api/nope', 404, notFound],
    ['GET', '/nx1/API/crew-runs', 404, notFound],
    ['POST', '/api/crew-runs?limit=abc', 405, wrongMethod],
    ['PUT', '/api/crew-runs', 405, wrongMethod],
    ['PATCH', '/api/crew-runs', 405, wrongMethod],
    ['DELETE', '/api/crew-runs', 405, wrongMethod],
    ['OPTIONS', '/api/crew-runs', 405, wrongMethod],
    ['HEAD', '/api/crew-runs', 405, ''],
    ['PROPFIND', '/api/crew-runs', 405, wrongMethod],
    ['GET', '/api/crew-runs/?limit=5', 307, ''],
    ['POST', '/api/crew-runs/', 307, ''],
  ]
  for (const [method, path, status, body] of cases) {
    const got = await yard.send(method, path)
    t.same([got.status, got.text], [status, body], `${method} ${path} → ${status}`)
    if (status === 405) t.equal(got.headers.get('allow'), 'GET', `${method} allows GET`)
  }

  const redirects: readonly [path: string, location: string][] = [
    ['/api/crew-runs/?limit=5&x=%20', `${yard.url}/api/crew-runs?limit=5&x=%20`],
    ['/nx1/api/crew-runs/', `${yard.url}/nx1/api/crew-runs`],
  ]
  for (const [path, location] of redirects) {
    const { headers } = await yard.get(path)
    t.equal(headers.get('location'), location, `${path} → ${location}`)
    t.equal(headers.get('content-length'), '0')
    t.equal(headers.get('content-type'), null)
  }

  const vendors = 'aiapi.rapid.nx1cloud.com'
  const elsewhere = await underHost(yard, '/api/crew-runs/?limit=1', { host: vendors })
  t.equal(elsewhere.headers.location, `http://${vendors}/api/crew-runs?limit=1`, 'under the name asked for')
  const named = await underHost(yard, '/api/crew-runs?limit=1', { host: vendors, ...psk(yard, 'bob') })
  t.equal(named.statusCode, 200, 'the vendor’s host names the API')
  const nowhere = await underHost(yard, '/api/v1/runs', { host: vendors })
  t.equal(nowhere.statusCode, 404, 'and no other')

  for (const path of ['/api/crew%2Druns?limit=1', '/nx1/api/crew-runs?limit=1']) {
    t.equal((await yard.get(path, psk(yard, 'bob'))).status, 200, `${path} is the path`)
  }
  const ok = await yard.get(`${PATH}?limit=1`, {
    ...psk(yard, 'bob'),
    origin: 'https://x.example',
    accept: 'text/html',
  })
  t.equal(ok.headers.get('content-type'), 'application/json')
  t.equal(ok.headers.get('access-control-allow-origin'), null, 'no CORS on the API')
})

t.test('either credential opens the API (fidelity/nx1.md §A3)', async (t) => {
  const yard = await serve(t)
  const { psk: keys, oauth } = yard.sandbox.credentials.nx1
  const seconds = Math.floor(Date.now() / 1000)
  const claims = {
    exp: seconds + 60,
    sub: 'x',
    typ: 'Bearer',
    azp: oauth.clientId,
    preferred_username: 'bob',
  }
  const token = (changes: object, key: Parameters<CompactSign['sign']>[0] = privateKey, alg = 'RS256') =>
    new CompactSign(new TextEncoder().encode(JSON.stringify({ ...claims, ...changes })))
      .setProtectedHeader({ alg, typ: 'JWT', kid: KEY_ID })
      .sign(key)
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
  const unsigned = (await token({})).replace(/\.[^.]*$/, '.')
  const missing = '{"detail":"Not authenticated"}'
  const wrong = '{"detail":"Invalid authentication credentials"}'
  const good = await token({})

  const cases: readonly [name: string, headers: Record<string, string>, status: number, body?: string][] = [
    ['no credential', {}, 401, missing],
    ['an empty key', { 'authorization-psk': '' }, 401, missing],
    ['a scheme that is not Bearer', { authorization: 'Basic YTpi' }, 401, missing],
    ['Bearer without a token', { authorization: 'Bearer' }, 401, missing],
    ['a wrong key', { 'authorization-psk': 'psk_prod_wrong' }, 401, wrong],
    ['a client id for a key', { 'authorization-psk': oauth.clientId }, 401, wrong],
    ['a key as bearer token', bearer(keys.admin), 401, wrong],
    ['a token that is no token', { authorization: 'Bearer a.b.c' }, 401, wrong],
    ['a token with its signature cut off', bearer(unsigned), 401, wrong],
    ['an expired token', bearer(await token({ exp: seconds - 1 })), 401, wrong],
    ['a token of the future', bearer(await token({ nbf: seconds + 60 })), 401, wrong],
    ['a refresh token', bearer(await token({ typ: 'Refresh' })), 401, wrong],
    ['a token of an unknown client', bearer(await token({ azp: 'nobody' })), 401, wrong],
    ['a token whose client is a key', bearer(await token({ azp: keys.admin })), 401, wrong],
    ['a token signed with a shared secret', bearer(await token({}, new Uint8Array(32), 'HS256')), 401, wrong],
    ['a token whose session is no text', bearer(await token({ sid: {} })), 401, wrong],
    ['a token whose user is no text', bearer(await token({ preferred_username: ['bob'] })), 401, wrong],
    ['a token of no client', bearer(await token({ azp: null })), 401, wrong],
    ['a good key', psk(yard, 'bob'), 200],
    ['a good token', bearer(good), 200],
    ['bearer in any case, with spaces', { authorization: `bEARER   ${good} ` }, 200],
    ['a bad token beside a good key', { authorization: 'Bearer nope', ...psk(yard, 'bob') }, 200],
    ['a good token beside a bad key', { ...bearer(good), 'authorization-psk': 'nope' }, 200],
    [
      'a bad token beside a bad key',
      { authorization: 'Bearer nope', 'authorization-psk': 'nope' },
      401,
      wrong,
    ],
  ]
  for (const [name, headers, status, body] of cases) {
    const got = await yard.get(`${PATH}?limit=1`, headers)
    t.equal(got.status, status, `${name} → ${status}`)
    if (body) t.equal(got.text, body, name)
    if (status === 401) t.equal(got.headers.get('www-authenticate'), 'Bearer', name)
  }

  const refused = await yard.get(`${PATH}?limit=abc`)
  t.equal(refused.status, 401, 'who asks comes before what is asked')

  const admins: readonly [name: string, claims: object, owners: number][] = [
    ['no role', {}, 1],
    ['the realm role admin', { realm_access: { roles: ['admin'] } }, 4],
    ['the realm role nx1_admin', { realm_access: { roles: ['x', 'nx1_admin'] } }, 4],
    ['the client role nx1_admin', { resource_access: { any: { roles: ['nx1_admin'] } } }, 4],
    ['a role that only sounds like it', { realm_access: { roles: ['administrator'] } }, 1],
  ]
  for (const [name, changes, owners] of admins) {
    const headers = bearer(await token(changes))
    const { json } = await yard.get<CrewRun[]>(`${PATH}?limit=-1`, headers)
    t.equal(new Set(json.map((run) => run.owner_id)).size, owners, `${name} sees runs of ${owners}`)
  }
  const both = { ...bearer(good), ...psk(yard, 'alice') }
  const { json } = await yard.get<CrewRun[]>(`${PATH}?limit=-1`, both)
  t.same([...new Set(json.map((run) => run.owner_id))], ['bob'], 'the token goes before the key')
})

t.test('users see their own runs, admins everyone’s', async (t) => {
  const yard = await serve(t)
  const all = await list(yard)
  t.equal(all.length, 150)
  const views: readonly [who: 'general' | 'alice' | 'bob', owner: string][] = [
    ['alice', 'alice'],
    ['bob', 'bob'],
    ['general', 'psk'],
  ]
  for (const [who, owner] of views) {
    const own = await list(yard, 'limit=-1', who)
    t.same(
      own,
      all.filter((run) => run.owner_id === owner),
      `${who} sees what ${owner} started`,
    )
    t.ok(own.length > 5 && own.length < 150, `which is ${own.length} runs`)
    t.same(await list(yard, 'limit=3', who), own.slice(0, 3), 'and the limit counts those alone')
  }
})

t.test('runs read as the service’s (fidelity/nx1.md §A4)', async (t) => {
  for (const scenario of ['default', 'edge']) {
    t.test(scenario, async (t) => {
      const yard = await serve(t, { scenario })
      const runs = await list(yard)
      for (const run of runs) {
        t.same(Object.keys(run), KEYS, 'twelve members in order', { bail: true })
        for (const time of [run.created_at, run.started_at, run.completed_at]) {
          if (time !== null) t.match(time, ISOFORMAT)
        }
        t.same(
          [run.started_at !== null, run.completed_at !== null, run.result !== null, run.error !== null],
          {
            pending: [false, false, false, false],
            running: [true, false, false, false],
            completed: [true, true, true, false],
            failed: [true, true, false, true],
          }[run.status],
          `what a ${run.status} run has`,
        )
        const times = [run.created_at, run.started_at, run.completed_at].filter((time) => time !== null)
        t.same(times, [...times].sort(), 'created, then started, then completed')
        if (run.crew_config !== null) t.equal(run.crew_type, null, 'a configured crew has no preset type')
        for (const agent of run.crew_config?.agents ?? []) {
          t.same(Object.keys(agent), [
            'id',
            'role',
            'goal',
            'backstory',
            'verbose',
            'allow_delegation',
            'tools',
            'tool_categories',
            'use_default_mcps',
          ])
        }
        for (const task of run.crew_config?.tasks ?? []) {
          t.same(Object.keys(task), ['description', 'agent_index', 'expected_output', 'tools'])
        }
      }
      const keys = runs.map((run) => [run.created_at, run.id].join())
      t.same(keys, [...keys].sort().reverse(), 'newest first, then by id')
      t.equal(new Set(runs.map((run) => run.id)).size, runs.length, 'ids differ')
      t.ok(new Set(runs.map((run) => run.created_at)).size < runs.length, 'some are created at once')
    })
  }
})

t.test('the default scenario has every state and kind', async (t) => {
  const yard = await serve(t)
  const runs = await list(yard)
  const kinds = (name: 'status' | 'crew_type') => [...new Set(runs.map((run) => run[name]))].sort()
  t.same(kinds('status'), ['completed', 'failed', 'pending', 'running'])
  t.same(kinds('crew_type'), [
    'ask',
    'classification',
    'data_engineering',
    'data_suggestion',
    null,
    'semantic_model',
  ])
  const starts = [/^(##|\*\*|\d\.|#|-) ?/, /^CREATE TABLE/, /^\{"table"/, /^\{'domain'.*(True|False)/]
  for (const start of starts)
    t.ok(
      runs.some((run) => start.test(run.result ?? '')),
      `a result like ${start}`,
    )
})

t.test('time makes runs start, end and appear', async (t) => {
  const at = async (minutes: number) => {
    const clock = NOW + minutes * 60_000
    return serve(t, { db, clock })
  }
  const db = `${t.testdir()}/nx1.db`
  const first = await at(0)
  const before = await list(first)
  await first.runyard.close()
  const later = await list(await at(24 * 60))
  t.equal(later.length, 155, 'the day to come has come')
  t.notOk(
    later.some((run) => ['pending', 'running'].includes(run.status)) &&
      later.slice(10).some((run) => ['pending', 'running'].includes(run.status)),
    'what was in flight has landed',
  )
  for (const run of before.filter(({ status }) => status === 'completed' || status === 'failed')) {
    t.same(
      later.find(({ id }) => id === run.id),
      run,
      'what has ended stays as it is',
    )
  }
  for (const run of before.filter(({ status }) => status === 'pending' || status === 'running')) {
    const now = later.find(({ id }) => id === run.id)
    t.match(now?.status, /completed|failed/, `${run.status} run has ended`)
    t.ok((now?.completed_at ?? '') > iso(NOW).replace('Z', ''), 'after the start')
    if (run.started_at !== null) t.equal(now?.started_at, run.started_at, 'and started when it had')
  }
})

t.test('the state machine goes one way', async (t) => {
  const plan = { startsAt: NOW + 1000, endsAt: NOW + 2500, outcome: { error: 'no' } }
  const body = { status: 'pending', result: null, error: null, started_at: null, completed_at: null }
  const created = { id: 'a', createdAt: NOW, scope: 's', facets: {}, body, plan }
  const running = next(created)
  t.match(running, {
    at: NOW + 1000,
    run: { body: { status: 'running', started_at: '2026-06-01T12:00:01+00:00', completed_at: null } },
  })
  const failed = running && next(running.run)
  t.match(failed, { at: NOW + 2500, run: { body: { status: 'failed', error: 'no', result: null } } })
  t.match(Object(failed?.run.body).completed_at, /^2026-06-01T12:00:02\.500\d{3}\+00:00$/)
  t.equal(failed && next(failed.run), null)
})

t.test('the edge scenario goes to the edges', async (t) => {
  const yard = await serve(t, { scenario: 'edge' })
  const all = await list(yard, '')
  t.equal(all.length, 100, 'exactly a page')
  t.same(await list(yard, 'limit=-1', 'alice'), all, 'all of them one owner’s')
  t.same(await list(yard, 'limit=-1', 'bob'), [], 'and none another’s')
  t.ok(
    all.some((run) => run.task_input === null),
    'a task input that is null',
  )
  t.ok(
    all.some((run) => run.crew_type === null && run.crew_config === null),
    'neither type nor configuration',
  )
  t.ok(
    all.some((run) => run.crew_config?.agents.length === 0),
    'a crew without agents',
  )
  t.ok(
    all.some((run) => (run.result ?? '').length > 100_000),
    'a result of 100 kB',
  )
  t.ok(
    all.some((run) => JSON.stringify(run.task_input).includes('売上')),
    'unicode',
  )
  t.ok(
    all.some((run) => !run.created_at.includes('.')),
    'a time without a fraction',
  )
})

t.test('the empty scenario has people and no runs', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  for (const who of ['admin', 'alice', 'general'] as const) {
    const got = await yard.get(PATH, psk(yard, who))
    t.same([got.status, got.text], [200, '[]'], `${who} gets []`)
  }
})

t.test('one seed, one history', async (t) => {
  const texts: string[] = []
  for (const seed of [7, 7, 8]) {
    const yard = await serve(t, { seed })
    texts.push((await yard.get(`${PATH}?limit=-1`, psk(yard, 'admin'))).text)
  }
  t.equal(texts[0], texts[1], 'the same seed, the same bytes')
  t.not(texts[0], texts[2], 'another seed, other runs')
})
