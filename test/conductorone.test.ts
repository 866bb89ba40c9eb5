import { Buffer } from 'node:buffer'
import { importJWK, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { parseIso, wallNow } from '../src/core/clock.ts'
import type { Caller } from '../src/core/provider.ts'
import type { ApiRequest } from '../src/core/request.ts'
import { settle } from '../src/core/run.ts'
import { Secrets } from '../src/core/secrets.ts'
import { mint } from '../src/providers/conductorone/access-token.ts'
import type { Grant } from '../src/providers/conductorone/credentials.ts'
import { provider } from '../src/providers/conductorone/provider.ts'
import type { components } from '../src/providers/conductorone/wire.ts'
import { seededRandom } from '../src/seed/random.ts'
import { NOW, serve } from './serve.ts'

type Schemas = components['schemas']
type Run = Schemas['c1.api.role_mining_management.v1.RoleMiningManagementRun']
type List = Schemas['c1.api.role_mining_management.v1.ListRunsResponse']
type Latest = Schemas['c1.api.role_mining_management.v1.GetLatestRunResponse']
type Status = Schemas['google.rpc.Status']
type Token = Schemas['TokenResponse']
type TokenError = Schemas['TokenError']

const RUNS = '/api/v1/role-mining/runs'
const LATEST = `${RUNS}/latest`
const TOKEN = '/auth/v1/token'
const SERVICE = 'c1.api.role_mining_management.v1.RoleMiningManagementService'
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const FORM = 'application/x-www-form-urlencoded'

const UNAUTHENTICATED = { code: 16, message: 'unauthenticated' }
const NOT_FOUND = { code: 5, message: 'not found' }

/** A yard, its two clients, and readers as its admin. */
async function conductorone(t: Test, options: Parameters<typeof serve>[1] = {}) {
  const yard = await serve(t, options)
  const { admin, basic } = yard.sandbox.credentials.conductorone
  const authorization = `Bearer ${admin.bearer}`
  const list = (query = '') => yard.get<List>(RUNS + (query && `?${query}`), { authorization })
  const latest = () => yard.get<Latest>(LATEST, { authorization })
  const token = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    yard.send<Token & TokenError>('POST', TOKEN, { headers, body: new URLSearchParams(fields) })
  return { yard, admin, basic, list, latest, token }
}

/** Every run there is, page after page. */
async function walk(list: (query: string) => Promise<{ json: List }>, size: number): Promise<Run[][]> {
  const pages: Run[][] = []
  let token: string | undefined = ''
  do {
    const { json }: { json: List } = await list(`page_size=${size}&page_token=${token}`)
    pages.push(json.list ?? [])
    token = json.nextPageToken
  } while (token)
  return pages
}

const instant = (text: string | undefined) => parseIso(text ?? '') ?? Number.NaN

t.test('who may read', async (t) => {
  const { yard, admin, basic } = await conductorone(t)
  const cases: [who: string, authorization: string | undefined, status: number][] = [
    ['the admin', `Bearer ${admin.bearer}`, 200],
    ['the scheme in lower case', `bearer ${admin.bearer}`, 200],
    ['the scheme in upper case', `BEARER ${admin.bearer}`, 200],
    ['the basic user', `Bearer ${basic.bearer}`, 403],
    ['nobody', undefined, 401],
    ['a scheme without a token', 'Bearer', 401],
    ['a scheme with a space for a token', 'Bearer ', 401],
    ['another scheme', `Basic ${admin.bearer}`, 401],
    ['a token without a scheme', admin.bearer, 401],
    ['two tokens', `Bearer ${admin.bearer} ${admin.bearer}`, 401],
    ['a token cut short', `Bearer ${admin.bearer.slice(0, -1)}`, 401],
    ['a token that is none', 'Bearer nonsense', 401],
    ['a token of empty parts', 'Bearer ..', 401],
    ["a client's name", `Bearer ${admin.clientId.split('@')[0]}`, 401],
    ['a client id', `Bearer ${admin.clientId}`, 401],
    ['a client secret', `Bearer ${admin.clientSecret}`, 401],
  ]
  for (const [path, method] of [
    [RUNS, 'ListRuns'],
    [LATEST, 'GetLatestRun'],
  ] as const) {
    for (const [who, authorization, status] of cases) {
      const got = await yard.get<Status>(path, authorization === undefined ? {} : { authorization })
      t.equal(got.status, status, `${who}: ${method}`)
      t.equal(got.headers.get('content-type'), 'application/json')
      if (status === 401) t.same(got.json, UNAUTHENTICATED)
      if (status === 403) {
        t.same(got.json, { code: 7, message: `Permission denied, missing permission/${SERVICE}.${method}` })
      }
    }
  }
  const { json } = await yard.get<Status>(`${RUNS}?page_size=abc`, {
    authorization: `Bearer ${basic.bearer}`,
  })
  t.equal(json.code, 3, 'a request that cannot be read is refused before a caller that may not read')
})

t.test('what the vendor SDKs send is served', async (t) => {
  const { yard, admin } = await conductorone(t)
  const authorization = `Bearer ${admin.bearer}`
  const clients: [string, Record<string, string>][] = [
    [
      'TypeScript',
      { accept: 'application/json', cookie: '', 'user-agent': 'conductorone-sdk-typescript/1.1.0' },
    ],
    ['Go', { accept: 'application/json', 'user-agent': 'speakeasy-sdk/go 1.29.0 2.918.3 0.1.0-alpha' }],
    ['cone', { 'c1-request-source': 'cone:role-mining' }],
  ]
  for (const [client, headers] of clients) {
    for (const path of [RUNS, LATEST]) {
      t.equal((await yard.get(path, { ...headers, authorization })).status, 200, `${client}: ${path}`)
    }
  }
})

t.test('the list is newest first, and latest is its first', async (t) => {
  for (const scenario of ['default', 'edge']) {
    const { list, latest } = await conductorone(t, { scenario })
    const { status, headers, json } = await list('page_size=100')
    t.equal(status, 200)
    t.equal(headers.get('content-type'), 'application/json')
    t.strictSame(Object.keys(json), ['list', 'nextPageToken'])
    const runs = json.list ?? []
    const sorted = runs.toSorted(
      (a, b) => instant(b.createdAt) - instant(a.createdAt) || ((b.id ?? '') < (a.id ?? '') ? -1 : 1),
    )
    t.strictSame(runs, sorted, `${scenario}: newest first, then by id`)
    t.strictSame((await latest()).json, { run: runs[0] }, `${scenario}: latest is the first of the list`)
  }
})

t.test('without runs', async (t) => {
  const { list, latest } = await conductorone(t, { scenario: 'empty' })
  t.equal((await list()).text, '{"list":[],"nextPageToken":""}')
  t.equal((await latest()).text, '{}')
})

t.test('page sizes', async (t) => {
  const { list } = await conductorone(t)
  const cases: [query: string, runs: number, why: string][] = [
    ['', 25, 'the default'],
    ['page_size=', 25, 'empty is none'],
    ['page_token=', 25, 'an empty token is the first page'],
    ['page_size=10', 10, 'the smallest'],
    ['page_size=37', 37, 'one between'],
    ['page_size=%2B37', 37, 'a sign, as Go reads it'],
    ['page_size=037', 37, 'a leading zero, as Go reads it'],
    ['page_size=9', 10, 'too small'],
    ['page_size=0', 10, 'zero'],
    ['page_size=-5', 10, 'negative'],
    ['page_size=101', 60, 'too large'],
    ['page_size=9000000000000000000', 60, 'the largest that Go reads'],
    ['page_size=12&page_size=30', 12, 'the first of two wins'],
    ['page_size=12&page_size=abc', 12, 'the first of two wins, whatever the second'],
    ['pageSize=12', 25, 'camel case is not a parameter of a GET'],
    ['PAGE_SIZE=12', 25, 'nor is upper case'],
    ['page_size[]=12&foo=1&state=x&__proto__[x]=1&%zz', 25, 'what is not declared is ignored'],
  ]
  const first = (await list('page_size=100')).json.list ?? []
  for (const [query, runs, why] of cases) {
    const got = await list(query)
    t.equal(got.status, 200, `${why}: ${query}`)
    t.strictSame(got.json.list, first.slice(0, runs), `${why}: ${runs} runs`)
    t.equal(got.json.nextPageToken === '', runs === 60, `${why}: a token unless it is the last page`)
  }
})

t.test('refused pages', async (t) => {
  const { list } = await conductorone(t)
  const { nextPageToken = '' } = (await list()).json
  const unread = (value: string, cause: string) =>
    `pageSize is not a valid int: strconv.ParseInt: parsing ${JSON.stringify(value)}: ${cause}`
  const cases: [query: string, message: string][] = [
    ['page_size=abc', unread('abc', 'invalid syntax')],
    ['page_size=10.0', unread('10.0', 'invalid syntax')],
    ['page_size=1e1', unread('1e1', 'invalid syntax')],
    ['page_size=0x10', unread('0x10', 'invalid syntax')],
    ['page_size=+10', unread(' 10', 'invalid syntax')],
    ['page_size=%00', unread('\u0000', 'invalid syntax')],
    ['page_size=%F0%9F%92%A9', unread('💩', 'invalid syntax')],
    ['page_size=true', unread('true', 'invalid syntax')],
    ['page_size=null', unread('null', 'invalid syntax')],
    ['page_size=10000000000000000000', unread('10000000000000000000', 'value out of range')],
    ['page_size=-10000000000000000000', unread('-10000000000000000000', 'value out of range')],
    [`page_size=${'9'.repeat(400)}`, unread('9'.repeat(400), 'value out of range')],
    ['page_token=samplepagetoken1', 'invalid page token'],
    ['page_token=%00', 'invalid page token'],
    [`page_token=${nextPageToken}A`, 'invalid page token'],
    [`page_token=${nextPageToken.slice(0, -1)}`, 'invalid page token'],
    [`page_token=${nextPageToken.slice(1)}`, 'invalid page token'],
    [`page_token=${flipped(nextPageToken)}`, 'invalid page token'],
    [`page_token=+${nextPageToken}`, 'invalid page token'],
    [`page_token=x&page_token=${nextPageToken}`, 'invalid page token'],
  ]
  for (const [query, message] of cases) {
    const got = await list(query)
    t.equal(got.status, 400, query.slice(0, 60))
    t.same(got.json, { code: 3, message })
  }
})

/** The token with its last payload letter changed to another. */
function flipped(token: string): string {
  const at = token.length - 6
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

t.test('a walk meets every run once', async (t) => {
  const { list } = await conductorone(t)
  const all = (await list('page_size=100')).json.list ?? []
  t.equal(all.length, 60)
  for (const [size, pages] of [
    [10, [10, 10, 10, 10, 10, 10]],
    [25, [25, 25, 10]],
    [59, [59, 1]],
    [60, [60]],
  ] as const) {
    const walked = await walk(list, size)
    t.strictSame(
      walked.map((page) => page.length),
      pages,
      `pages of ${size}`,
    )
    t.strictSame(walked.flat(), all, `pages of ${size}: the same runs in the same order`)
  }
  const { nextPageToken } = (await list('page_size=10')).json
  t.strictSame(
    (await list(`page_token=${nextPageToken}&page_size=20`)).json.list,
    all.slice(10, 30),
    'a token is a place, whatever the page size',
  )
})

t.test('ties and a full page', async (t) => {
  const { list } = await conductorone(t, { scenario: 'edge' })
  const { json } = await list()
  t.equal(json.list?.length, 25, 'exactly a page')
  t.equal(json.nextPageToken, '', 'and no page after it')
  t.ok(new Set(json.list?.map((run) => run.createdAt)).size < 25, 'some were created in the same millisecond')
  t.strictSame((await walk(list, 10)).flat(), json.list, 'pages that break inside ties')
})

t.test('runs hang together', async (t) => {
  for (const scenario of ['default', 'edge']) {
    const { list } = await conductorone(t, { scenario })
    const runs = (await list('page_size=100')).json.list ?? []
    for (const run of runs) {
      const id = run.id ?? ''
      t.match(id, /^3[0-9A-Za-z]{26}$/, `${id} is a KSUID of these years`)
      t.equal(ksuidTime(id), Math.floor(instant(run.createdAt) / 1000), `${id} holds its createdAt`)
      t.notOk(JSON.stringify(run).includes('null'), `${id} has no null`)
      for (const at of [run.createdAt, run.updatedAt, run.completedAt]) {
        if (at !== undefined) t.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!\d*000Z)(\d{3}){1,3})?Z$/)
      }
      t.ok(instant(run.updatedAt) >= instant(run.createdAt), `${id} is updated after it is created`)
      t.equal(
        run.completedAt !== undefined,
        run.status !== 'RUN_STATUS_RUNNING',
        `${id} ends when it is done`,
      )
      if (run.completedAt !== undefined)
        t.equal(run.completedAt, run.updatedAt, `${id} does not change after it`)
      t.equal(
        run.errorMessage !== '',
        run.status === 'RUN_STATUS_FAILED',
        `${id} says why it failed, only then`,
      )
      if (run.status !== 'RUN_STATUS_COMPLETED') t.equal(run.suggestionsGenerated, 0)
      if (run.status === 'RUN_STATUS_RUNNING') t.strictSame([run.totalUsers, run.cohortsAnalyzed], [0, 0])
    }
    // Oldest first, each must have ended by the creation of the next.
    const spans = runs.toReversed().map((run) => [instant(run.createdAt), instant(run.completedAt)] as const)
    let end = 0
    for (const [from, to] of spans.filter(([from, to]) => from !== to)) {
      t.ok(from >= end, 'at most one is under way')
      end = to
    }
    t.same(
      runs.filter((run) => run.status === 'RUN_STATUS_RUNNING'),
      runs.slice(0, 1),
      `${scenario}: the newest is under way`,
    )
    const lengths = runs.map(({ createdAt = '' }) => createdAt.length - 'yyyy-mm-ddThh:mm:ssZ'.length)
    if (scenario === 'edge')
      t.strictSame([...new Set(lengths)].sort(), [0, 10, 4, 7], 'every length of fraction')
  }
})

t.test('however dense, one run is under way at the start', async (t) => {
  for (const seed of [1, 2, 3]) {
    const { runs } = provider.seeds.build({
      section: { past: 3000, running: true },
      fidelity: 'spec',
      start: NOW,
      days: 30,
      random: seededRandom(seed, 'dense'),
      secrets: new Secrets('dense'),
    })
    const settled = [...runs].map((run) => settle(run, NOW, provider.next).run)
    const underWay = settled.filter(({ body }) => body.status === 'RUN_STATUS_RUNNING')
    t.strictSame(underWay, settled.slice(-1), `seed ${seed}: the newest, and no other`)
  }
})

/** The second that a KSUID holds. */
function ksuidTime(id: string): number {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const number = [...id].reduce((sum, digit) => sum * 62n + BigInt(digits.indexOf(digit)), 0n)
  return Number(number >> 128n) + 1_400_000_000
}

t.test('time passes over the runs', async (t) => {
  const db = `${t.testdir()}/runs.db`
  const read = async (at: number) => {
    const { yard, list } = await conductorone(t, { db, clock: at })
    const runs = (await list('page_size=100')).json.list ?? []
    await yard.runyard.close()
    return runs
  }
  const atStart = await read(NOW)
  const tenMinutesOn = await read(NOW + 10 * 60_000)
  const aDayOn = await read(NOW + 86_400_000)
  const [underWay] = atStart
  const ended = tenMinutesOn.find(({ id }) => id === underWay?.id)
  t.equal(underWay?.status, 'RUN_STATUS_RUNNING')
  t.equal(ended?.status, 'RUN_STATUS_COMPLETED', 'what was under way has ended')
  t.ok(instant(ended?.completedAt) > NOW)
  t.ok((ended?.totalUsers ?? 0) > 0)
  t.strictSame(tenMinutesOn.slice(-59), atStart.slice(1), 'what had ended stays')
  t.equal(aDayOn.length, 63, 'three more have begun')
})

t.test('same seed, same bytes', async (t) => {
  const texts = async (seed: number) => {
    const { list, yard } = await conductorone(t, { seed })
    return { runs: (await list('page_size=100')).text, credentials: yard.sandbox.credentials.conductorone }
  }
  const [one, again, other] = [await texts(1), await texts(1), await texts(2)]
  t.equal(one.runs, again.runs)
  t.not(one.runs, other.runs)
  t.same(one.credentials, other.credentials, 'credentials do not move with the seed')
})

t.test('credentials have the forms of the vendor', async (t) => {
  const { yard, admin, basic } = await conductorone(t)
  for (const { bearer, clientId, clientSecret } of [admin, basic]) {
    t.match(clientId, /^[a-z]+-[a-z]+-\d{5}@acme\.conductor\.one\/pcc$/)
    t.match(clientSecret, /^secret-token:conductorone\.com:v1:[\w-]{172}$/)
    const key = Buffer.from(clientSecret.split(':')[3] ?? '', 'base64url')
    t.equal(key.length, 129)
    t.strictSame(Object.keys(JSON.parse(key.toString())), ['kty', 'crv', 'x', 'd'])
    t.notMatch(bearer, /^bearer/i)
  }
  t.not(admin.clientSecret, basic.clientSecret)
  t.match(yard.sandbox.env, {
    CONDUCTORONE_SERVER_URL: yard.url,
    CONDUCTORONE_CLIENT_ID: `${admin.clientId.split('@')[0]}@${new URL(yard.url).host}/pcc`,
    CONDUCTORONE_CLIENT_SECRET: admin.clientSecret,
    CONDUCTORONE_ACCESS_TOKEN: admin.bearer,
  })
})

type Claims = Record<string, unknown>

/** A client assertion as the vendor's TypeScript SDK makes it, with claims and header changed. */
async function assertion(
  client: { clientId: string; clientSecret: string },
  claims: Claims = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(wallNow() / 1000)
  const jwk = JSON.parse(Buffer.from(client.clientSecret.split(':')[3] ?? '', 'base64url').toString())
  const { clientId } = client
  const payload = {
    iss: clientId,
    sub: clientId,
    aud: ['127.0.0.1'],
    exp: now + 120,
    iat: now,
    nbf: now - 120,
  }
  return new SignJWT({ ...payload, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', nonce: '0123456789abcdef0123456789abcdef', ...header })
    .sign(await importJWK(jwk, 'EdDSA'))
}

t.test('minting a token', async (t) => {
  const { yard, admin, basic, token } = await conductorone(t)
  const { host } = new URL(yard.url)
  const now = Math.floor(wallNow() / 1000)
  const here = { ...admin, clientId: admin.clientId.replace('acme.conductor.one', host) }
  const signed = async (client: typeof admin, claims?: Claims, header?: Record<string, unknown>) => ({
    client_id: client.clientId,
    grant_type: 'client_credentials',
    client_assertion_type: JWT_BEARER,
    client_assertion: await assertion(client, claims, header),
  })
  const secret = (client: typeof admin) => ({
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  })
  const cases: [
    how: string,
    fields: Record<string, string>,
    headers: Record<string, string>,
    reads: number,
  ][] = [
    ['the secret', secret(admin), {}, 200],
    ['the secret, of a basic user', secret(basic), {}, 403],
    ["the secret, with the client id at this server's host", secret(here), {}, 200],
    ['a content type with charset', secret(admin), { 'content-type': `${FORM}; charset=utf-8` }, 200],
    ['a content type in upper case', secret(admin), { 'content-type': FORM.toUpperCase() }, 200],
    ['parameters beside', { ...secret(admin), scope: 'x', audience: 'y' }, {}, 200],
    ['an empty assertion beside the secret', { ...secret(admin), client_assertion: '' }, {}, 200],
    ['an assertion as TypeScript and Go make it', await signed(admin), { 'user-agent': 'node' }, 200],
    ['an assertion, of a basic user', await signed(basic), {}, 403],
    ["an assertion, with the client id at this server's host", await signed(here), {}, 200],
    [
      'an assertion as Python makes it',
      await signed(admin, { aud: '127.0.0.1', nonce: '0' }, { typ: 'JWT' }),
      {},
      200,
    ],
    ['an audience among others', await signed(admin, { aud: ['acme.conductor.one', '127.0.0.1'] }), {}, 200],
    ['an assertion without nbf', await signed(admin, { nbf: undefined }), {}, 200],
    ['a clock a little ahead', await signed(admin, { iat: now + 10, nbf: now + 10 }), {}, 200],
    ['an assertion for five minutes', await signed(admin, { exp: now + 300 }), {}, 200],
  ]
  for (const [how, fields, headers, reads] of cases) {
    const got = await token(fields, headers)
    t.equal(got.status, 200, how)
    t.strictSame(Object.keys(got.json), ['access_token', 'token_type', 'expires_in'])
    t.match(got.json, { token_type: 'Bearer', expires_in: 3600 })
    t.notMatch(got.json.access_token, /^bearer/i)
    t.equal(got.headers.get('cache-control'), 'no-store')
    t.equal(got.headers.get('content-type'), 'application/json')
    const authorization = `Bearer ${got.json.access_token}`
    t.equal(
      (await yard.get(RUNS, { authorization })).status,
      reads,
      `${how}: the token opens what its client may`,
    )
  }
  const [one, two] = await Promise.all([token(secret(admin)), token(secret(admin))])
  t.not(one.json.access_token, two.json.access_token, 'no two tokens are the same')
})

t.test('refused at the token endpoint', async (t) => {
  const { yard, admin, basic } = await conductorone(t)
  const good = {
    grant_type: 'client_credentials',
    client_id: admin.clientId,
    client_secret: admin.clientSecret,
  }
  const form = (fields: Record<string, string | undefined>) => {
    const kept = Object.entries({ ...good, ...fields }).filter(
      (field): field is [string, string] => field[1] !== undefined,
    )
    return new URLSearchParams(kept).toString()
  }
  const named = `Basic ${Buffer.from(`${admin.clientId}:${admin.clientSecret}`).toString('base64')}`
  const noId = form({ client_id: undefined, client_secret: undefined })
  const proof = { client_secret: undefined, client_assertion: await assertion(admin) }
  type Case = [what: string, body: string, status: number, error: string, headers?: Record<string, string>]
  const cases: Case[] = [
    ['no body', '', 400, 'invalid_request'],
    ['JSON', JSON.stringify(good), 400, 'invalid_request', { 'content-type': 'application/json' }],
    ['a form that does not say so', form({}), 400, 'invalid_request', { 'content-type': 'text/plain' }],
    ['no grant_type', form({ grant_type: undefined }), 400, 'invalid_request'],
    ['an empty grant_type', form({ grant_type: '' }), 400, 'invalid_request'],
    ['another grant_type', form({ grant_type: 'password' }), 400, 'unsupported_grant_type'],
    ['no client_id', form({ client_id: undefined }), 400, 'invalid_request'],
    ['neither secret nor assertion', form({ client_secret: undefined }), 400, 'invalid_request'],
    ['an empty secret', form({ client_secret: '' }), 400, 'invalid_request'],
    ['a parameter twice', `${form({})}&client_id=x`, 400, 'invalid_request'],
    ['the same parameter twice', `${form({})}&grant_type=client_credentials`, 400, 'invalid_request'],
    ['secret and assertion', form({ ...proof, client_secret: admin.clientSecret }), 400, 'invalid_request'],
    ['an assertion without its type', form(proof), 400, 'invalid_request'],
    ['an assertion of another type', form({ ...proof, client_assertion_type: 'x' }), 400, 'invalid_request'],
    ['a Basic header alone', noId, 401, 'invalid_client', { authorization: named }],
    [
      'a Basic header, client_id beside',
      form({ client_secret: undefined }),
      400,
      'invalid_request',
      { authorization: named },
    ],
    ['a wrong secret', form({ client_secret: `${admin.clientSecret}x` }), 401, 'invalid_client'],
    ["another client's secret", form({ client_secret: basic.clientSecret }), 401, 'invalid_client'],
    [
      'an unknown client',
      form({ client_id: 'calm-fox-12345@acme.conductor.one/pcc' }),
      401,
      'invalid_client',
    ],
    [
      'a client of another tenant',
      form({ client_id: admin.clientId.replace('acme', 'other') }),
      401,
      'invalid_client',
    ],
    [
      'a client for another use',
      form({ client_id: admin.clientId.replace('pcc', 'spc') }),
      401,
      'invalid_client',
    ],
    ['a name alone', form({ client_id: admin.clientId.split('@')[0] }), 401, 'invalid_client'],
    [
      'a bearer for a client id',
      form({ client_id: `${admin.bearer}@acme.conductor.one/pcc` }),
      401,
      'invalid_client',
    ],
    ['an id of object legacy', form({ client_id: '__proto__' }), 401, 'invalid_client'],
    [
      'bad escapes',
      'grant_type=client_credentials&client_id=%zz&client_secret=%ff%00',
      401,
      'invalid_client',
    ],
  ]
  for (const [what, body, status, error, headers = {}] of cases) {
    const got = await yard.send<TokenError>('POST', TOKEN, {
      body,
      headers: { 'content-type': FORM, ...headers },
    })
    t.equal(got.status, status, `${what}: ${got.json.error_description}`)
    t.equal(got.json.error, error)
    t.strictSame(Object.keys(got.json), ['error', 'error_description'])
    t.equal(got.headers.get('cache-control'), 'no-store')
    t.equal(got.headers.get('content-type'), 'application/json')
  }
})

t.test('refused assertions', async (t) => {
  const { admin, basic, token, yard } = await conductorone(t)
  const now = Math.floor(wallNow() / 1000)
  const { host } = new URL(yard.url)
  const secretAsKey = await new SignJWT({
    iss: admin.clientId,
    sub: admin.clientId,
    aud: '127.0.0.1',
    exp: now + 60,
  })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(admin.clientSecret))
  const [head, , tail] = (await assertion(admin)).split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const claims = Buffer.from(
    JSON.stringify({ iss: admin.clientId, sub: admin.clientId, aud: '127.0.0.1', exp: now + 60 }),
  )
  const cases: [what: string, text: string][] = [
    ["another client's signature", await assertion({ ...admin, clientSecret: basic.clientSecret })],
    ["another client's assertion", await assertion(basic)],
    ['claims that were not signed', `${head}.${claims.toString('base64url')}.${tail}`],
    ['no signature', `${none}.${claims.toString('base64url')}.`],
    ['another algorithm', secretAsKey],
    ['no JWT', 'nonsense'],
    ['an access token', admin.bearer],
    ['another issuer', await assertion(admin, { iss: basic.clientId })],
    ['another subject', await assertion(admin, { sub: basic.clientId })],
    ['no issuer', await assertion(admin, { iss: undefined })],
    ['no subject', await assertion(admin, { sub: undefined })],
    ['no audience', await assertion(admin, { aud: undefined })],
    ['an audience with port', await assertion(admin, { aud: host })],
    ['a URL for an audience', await assertion(admin, { aud: `${yard.url}${TOKEN}` })],
    [
      "the tenant's host, where the request came elsewhere",
      await assertion(admin, { aud: ['acme.conductor.one'] }),
    ],
    ['expired', await assertion(admin, { exp: now - 1 })],
    ['expired long ago', await assertion(admin, { exp: now - 3600 })],
    ['six minutes to live', await assertion(admin, { exp: now + 360 })],
    ['no end', await assertion(admin, { exp: undefined })],
    ['not yet valid', await assertion(admin, { nbf: now + 90 })],
  ]
  for (const [what, text] of cases) {
    const got = await token({
      client_id: admin.clientId,
      grant_type: 'client_credentials',
      client_assertion_type: JWT_BEARER,
      client_assertion: text,
    })
    t.equal(got.status, 401, `${what}: ${got.json.error_description}`)
    t.equal(got.json.error, 'invalid_client')
  }
})

t.test('a minted token expires, and is of one sandbox', async (t) => {
  const caller = (secret: string): Caller<Grant> => {
    const { grants } = provider.credentials({ tenant: 'acme' }, new Secrets(secret))
    const [name, grant] = [...grants][0] ?? []
    if (name === undefined || grant === undefined) throw new Error('a sandbox has credentials')
    return { sandbox: secret, name, grant }
  }
  const ours = caller('ours')
  const theirs = caller('theirs')
  const remembersNothing = () => {
    throw new Error('tokens are stateless')
  }
  const clientId = `${ours.name}@acme.conductor.one/pcc`
  const whoIs = (token: string, wall: number) => {
    const authorization = `Bearer ${token}`
    const request = { header: (name) => (name === 'authorization' ? authorization : undefined) } as ApiRequest
    const keys = { find: (name: string) => (name === ours.name ? ours : undefined) }
    return provider.security.bearerAuth?.authenticate(request, keys, wall, remembersNothing)
  }
  const token = mint(clientId, ours.grant, NOW, 'jti')
  const hour = 3_600_000
  t.match(await whoIs(token, NOW), { sandbox: 'ours', name: ours.name })
  t.match(await whoIs(token, NOW + hour - 1000), { sandbox: 'ours' }, 'until its hour is over')
  t.equal(await whoIs(token, NOW + hour), undefined, 'and no longer')
  const forged = mint(clientId, { ...ours.grant, tokenKey: theirs.grant.tokenKey }, NOW, 'jti')
  t.equal(await whoIs(forged, NOW), undefined, "another sandbox's key does not sign for this one")
})

t.test('routes', async (t) => {
  const { yard, admin } = await conductorone(t)
  const authorization = `Bearer ${admin.bearer}`
  const prefix = '/conductorone'
  const cases: [method: string, path: string, status: number, location?: string][] = [
    ['GET', `${RUNS}/`, 301, RUNS],
    ['GET', `${RUNS}/?page_size=10&page_token=`, 301, `${RUNS}?page_size=10&page_token=`],
    ['GET', `${LATEST}/`, 301, LATEST],
    ['GET', `${prefix}${RUNS}/`, 301, `${prefix}${RUNS}`],
    ['POST', `${TOKEN}/`, 307, TOKEN],
    ['POST', `${RUNS}/`, 404],
    ['GET', `${TOKEN}/`, 404],
    ['GET', `${RUNS}//`, 404],
    ['GET', `/${TOKEN}`, 404],
    ['GET', `${RUNS}/nosuch`, 404],
    ['GET', '/api/v1/role-mining', 404],
    ['GET', '/api/v1/role-mining/config', 404],
    ['GET', TOKEN, 404],
    ['POST', RUNS, 404],
    ['PUT', LATEST, 404],
    ['DELETE', RUNS, 404],
    ['OPTIONS', RUNS, 404],
    ['HEAD', RUNS, 404],
    ['HEAD', `${RUNS}/`, 404],
    ['GET', `${RUNS}/%zz`, 404],
    ['GET', `${RUNS}/%00`, 404],
    ['GET', prefix + RUNS, 200],
    ['GET', prefix + LATEST, 200],
  ]
  for (const [method, path, status, location] of cases) {
    const got = await yard.send<Status>(method, path, { headers: { authorization } })
    t.equal(got.status, status, `${method} ${path}`)
    t.equal(got.headers.get('location'), location ?? null, `${method} ${path} location`)
    if (status === 404 && method !== 'HEAD' && !path.startsWith('//')) t.same(got.json, NOT_FOUND)
    if (status === 301) {
      t.equal(got.headers.get('content-type'), 'text/html; charset=utf-8')
      t.equal(got.text, `<a href="${location?.replaceAll('&', '&amp;')}">Moved Permanently</a>.\n\n`)
    }
    if (path.startsWith(TOKEN)) t.equal(got.headers.get('cache-control'), 'no-store')
  }
  const asked = { method: 'GET', path: `${RUNS}/` } as ApiRequest
  t.equal(
    provider.trailingSlash?.(asked, `${RUNS}?a="b"&c='d'<e>`).body,
    `<a href="${RUNS}?a=&#34;b&#34;&amp;c=&#39;d&#39;&lt;e&gt;">Moved Permanently</a>.\n\n`,
    'as Go escapes',
  )
  const byHost = await yard.runyard.fetch(`http://acme.conductor.one${RUNS}`, { headers: { authorization } })
  t.equal(byHost.status, 200, "the vendor's host")
  const elsewhere = await yard.runyard.fetch('http://acme.conductor.one/elsewhere')
  t.same(await elsewhere.json(), NOT_FOUND, "any path of the vendor's host is the vendor's")
})

t.test('an assertion for the host that the request came to', async (t) => {
  const { yard, admin } = await conductorone(t)
  const hosts: [host: string, aud: string, status: number][] = [
    ['acme.conductor.one', 'acme.conductor.one', 200],
    ['localhost:4010', 'localhost', 200],
    ['LOCALHOST:4010', 'localhost', 200],
    ['[::1]:4010', '[::1]', 200],
    ['[::1]:4010', '::1', 200],
    ['localhost:4010', '127.0.0.1', 401],
  ]
  for (const [host, aud, status] of hosts) {
    const got = await yard.runyard.fetch(`http://x${TOKEN}`, {
      method: 'POST',
      headers: { host },
      body: new URLSearchParams({
        client_id: admin.clientId,
        grant_type: 'client_credentials',
        client_assertion_type: JWT_BEARER,
        client_assertion: await assertion(admin, { aud }),
      }),
    })
    t.equal(got.status, status, `${aud} at ${host}`)
  }
})

t.test('what nobody would send is refused all the same', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const large = await yard.send('POST', '/auth/v1/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `grant_type=client_credentials&x=${'y'.repeat(1_100_000)}`,
  })
  t.match(large, {
    status: 400,
    json: { error: 'invalid_request', error_description: 'the body is larger than 1 MiB' },
  })
  t.equal(large.headers.get('cache-control'), 'no-store')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const sub of [{ toString: 1, valueOf: 1 }, [{ toString: 1 }], 7, null]) {
    const authorization = `Bearer ${part({ alg: 'none' })}.${part({ sub })}.AAAA`
    const got = await yard.get('/api/v1/role-mining/runs', { authorization })
    t.match(got, { status: 401, json: { code: 16 } }, JSON.stringify(sub))
  }
})

t.test('the rest of the catalogue', async (t) => {
  const request = {} as ApiRequest
  const { errors } = provider
  t.match(errors.rateLimited(request, { max: 1, remaining: -1, resetAt: 1200, retryAfterMs: 1200 }), {
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after': '2' },
    body: { code: 8 },
  })
  t.match(errors.internal(request), { status: 500, body: { code: 13, message: 'Internal Server Error' } })
  const problem = { in: 'body', path: [], rule: '', facts: {}, value: undefined, message: '' } as const
  t.match(errors.invalid(request, [problem]), {
    status: 400,
    body: { code: 3, message: 'request body too large' },
  })
})
