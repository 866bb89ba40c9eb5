import { rmSync, writeFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import t from 'tap'
import { wallNow } from '../src/core/clock.ts'
import type { Provider } from '../src/core/provider.ts'
import { createRunyard } from '../src/index.ts'
import { ContractJournal } from '../src/journal/journal.ts'
import { discoverProviders } from '../src/server/discover.ts'
import { withDefaults } from '../src/server/options.ts'
import { StoredSandboxes } from '../src/server/sandboxes.ts'
import { Database } from '../src/store/database.ts'
import { type Got, NOW, type SandboxView, serve, type Yard } from './serve.ts'

const C1 = '/api/v1/role-mining/runs'
const NX1_TOKEN = '/realms/rapid/protocol/openid-connect/token'
const NX1_AUTH = '/realms/rapid/protocol/openid-connect/auth'

type Fields = Record<string, string>

const bearer = (token: string): Fields => ({ authorization: `Bearer ${token}` })
const form = (fields: Fields, headers: Fields = {}): RequestInit => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(fields).toString(),
})
const basedashRuns = ({ basedash }: SandboxView['credentials'], place = 0): string =>
  `/api/public/organizations/${basedash.organizationId}/automations/${basedash.automations[place]?.id}/runs`

async function made(yard: Yard, options?: object): Promise<SandboxView> {
  const got = await yard.control<SandboxView>('POST', '/sandboxes', options)
  if (got.status !== 201) throw new Error(got.text)
  return got.json
}

/** One read of each API, with credentials of this sandbox. */
function reads({ credentials }: SandboxView): readonly [name: string, path: string, headers: Fields][] {
  const { conductorone, trigger, nx1, basedash } = credentials
  return [
    ['ConductorOne', C1, bearer(conductorone.admin.bearer)],
    ['ConductorOne, latest', `${C1}/latest`, bearer(conductorone.admin.bearer)],
    ['Trigger.dev', '/api/v1/runs', bearer(trigger.prod.secretKey)],
    ['Trigger.dev, dev', '/api/v1/runs', bearer(trigger.dev.secretKey)],
    ['Trigger.dev, staging', '/api/v1/runs', bearer(trigger.staging.secretKey)],
    ['Nx1', '/api/crew-runs', { 'authorization-psk': nx1.psk.alice }],
    ['Nx1, admin', '/api/crew-runs', { 'authorization-psk': nx1.psk.admin }],
    ['Basedash', basedashRuns(credentials), bearer(basedash.admin.apiKey)],
  ]
}

/** Everything in a sandbox's credentials that is its own. */
function secrets({ credentials: { conductorone, trigger, nx1, basedash } }: SandboxView): string[] {
  return [
    ...Object.values(conductorone).flatMap((client) => Object.values(client)),
    ...Object.values(trigger).map(({ secretKey }) => secretKey),
    ...Object.values(nx1.psk),
    ...nx1.oauth.users.map(({ password }) => password),
    ...[nx1.oauth.clientId, ...Object.values(nx1.oauth.service)],
    ...[basedash.admin, basedash.member, basedash.otherAdmin].map(({ apiKey }) => apiKey),
    ...[...basedash.automations, ...basedash.otherAutomations].map(({ id }) => id),
    ...[basedash.organizationId, basedash.otherOrganizationId],
  ]
}

t.test('a sandbox, from its creation to its end', async (t) => {
  const yard = await serve(t)
  const got = await yard.control<SandboxView>('POST', '/sandboxes', { id: 'worker-1', seed: 7 })
  t.equal(got.status, 201)
  t.equal(got.headers.get('location'), '/_runyard/sandboxes/worker-1')
  t.match(got.json, {
    id: 'worker-1',
    scenario: 'default',
    seed: 7,
    fidelity: 'spec',
    rateLimits: false,
    journalSize: 10_000,
    clock: { now: '2026-06-01T12:00:00.000Z', frozen: true },
    baseUrl: yard.url,
    counts: { conductorone: 60, trigger: 620, nx1: 150, basedash: 187 },
  })
  const { json: read } = await yard.control('GET', '/sandboxes/worker-1')
  t.same(read, got.json, 'reads as it was created')
  const { json: list } = await yard.control<{ sandboxes: SandboxView[] }>('GET', '/sandboxes')
  t.same(
    list.sandboxes.map(({ id }) => id),
    ['default', 'worker-1'],
  )

  const named = await made(yard)
  t.match(named.id, /^sandbox-[0-9a-f]{8}$/, 'a name is made up')
  const all = [yard.sandbox, got.json, named].flatMap(secrets)
  t.equal(new Set(all).size, all.length, `none of ${all.length} credentials is shared`)
  for (const [name, path, headers] of reads(named)) t.equal((await yard.get(path, headers)).status, 200, name)

  t.equal((await yard.control('DELETE', '/sandboxes/worker-1')).status, 204)
  t.equal((await yard.control('GET', '/sandboxes/worker-1')).status, 404)
  t.equal((await yard.control('DELETE', '/sandboxes/worker-1')).status, 404)
  for (const [name, path, headers] of reads(got.json)) {
    t.equal((await yard.get(path, headers)).status, 401, `${name}: its credentials open nothing any more`)
  }
  for (const [name, path, headers] of reads(yard.sandbox)) {
    t.equal((await yard.get(path, headers)).status, 200, `${name}: others' still do`)
  }
  t.match(await made(yard, { id: 'worker-1' }), { id: 'worker-1' }, 'the name is free again')
})

t.test('what a new sandbox can be told', async (t) => {
  const yard = await serve(t)
  const cases: readonly [options: object, view: object][] = [
    [{}, { scenario: 'default', fidelity: 'spec', clock: { frozen: true } }],
    [{ scenario: 'empty' }, { scenario: 'empty', counts: { trigger: 0, nx1: 0 } }],
    [{ scenario: 'seeds/edge.json' }, { scenario: 'seeds/edge.json' }],
    [{ fidelity: 'live' }, { fidelity: 'live', rateLimits: true }],
    [
      { fidelity: 'live', rateLimits: false },
      { fidelity: 'live', rateLimits: false },
    ],
    [{ rateLimits: true }, { fidelity: 'spec', rateLimits: true }],
    [{ journalSize: 5 }, { journalSize: 5 }],
    [{ clock: 'live' }, { clock: { frozen: false } }],
    [{ clock: '2020-02-29T00:00:00Z' }, { clock: { now: '2020-02-29T00:00:00.000Z', frozen: true } }],
    [
      { clock: '2020-02-29T12:00:00+02:00' },
      { clock: { now: '2020-02-29T10:00:00.000Z', frozen: true }, counts: { trigger: 620 } },
    ],
    [
      { clock: { now: '2020-01-01T00:00:00Z' } },
      { clock: { now: '2020-01-01T00:00:00.000Z', frozen: true } },
    ],
    [
      { clock: { now: '2020-01-01T00:00:00Z', frozen: false } },
      { clock: { now: /^2020-01-01T00:00:0/, frozen: false } },
    ],
  ]
  for (const [options, view] of cases) t.match(await made(yard, options), view, JSON.stringify(options))
})

t.test('what it cannot be told, and why', async (t) => {
  const yard = await serve(t)
  await made(yard, { id: 'taken' })
  const cases: readonly [options: unknown, status: number, detail: RegExp][] = [
    [{ id: 'taken' }, 409, /'taken' already/],
    [{ id: 'default' }, 409, /'default' already/],
    [{ id: '' }, 422, /\/id must match/],
    [{ id: 'a/b' }, 422, /\/id must match/],
    [{ id: 'x'.repeat(65) }, 422, /\/id must match/],
    [{ id: 5 }, 422, /\/id must be string/],
    [{ colour: 'red' }, 422, /\/colour is unknown; there are id, scenario/],
    [{ clock: { at: 1 } }, 422, /\/clock must be: `live`, or/],
    [{ clock: 'yesterday' }, 422, /\/clock must be: `live`, or/],
    [{ clock: '2026-02-30T00:00:00Z' }, 422, /\/clock/],
    [{ seed: 1.5 }, 422, /\/seed must be integer/],
    [{ seed: -1 }, 422, /\/seed must be >= 0/],
    [{ seed: '1' }, 422, /\/seed must be integer/],
    [{ scenario: 'nope' }, 422, /no scenario 'nope'. There are: .*default/],
    [{ scenario: './nope.json' }, 422, /no scenario '.\/nope.json'/],
    [{ scenario: 'package.json' }, 422, /package.json is no scenario/],
    [{ fidelity: 'real' }, 422, /\/fidelity must be one of spec, live/],
    [{ journalSize: 0 }, 422, /\/journalSize must be >= 1/],
    [[], 422, /must be object/],
    [null, 422, /must be object/],
  ]
  const { json: before } = await yard.control<{ sandboxes: unknown[] }>('GET', '/sandboxes')
  for (const [options, status, detail] of cases) {
    const got = await yard.control('POST', '/sandboxes', options)
    t.equal(got.status, status, JSON.stringify(options))
    t.match(got.json.detail, detail, got.text)
    t.equal(got.headers.get('content-type'), 'application/problem+json')
  }
  const { json: after } = await yard.control<{ sandboxes: unknown[] }>('GET', '/sandboxes')
  t.equal(after.sandboxes.length, before.sandboxes.length, 'and nothing was made')
})

/** What a client sees of a sandbox: every first page, without what is the sandbox's own. */
async function seen(yard: Yard, view: SandboxView): Promise<string[]> {
  const own = JSON.stringify(view.credentials).match(/\bc[0-9a-z]{24}\b/g) ?? []
  const pages: string[] = []
  for (const [, path, headers] of reads(view)) {
    const { text } = await yard.get(path, headers)
    pages.push(own.reduce((page, id, i) => page.replaceAll(id, `id-${i}`), text))
  }
  return pages
}

t.test('parallel sandboxes do not meet', async (t) => {
  const yard = await serve(t)
  const [a, b] = [await made(yard, { id: 'a' }), await made(yard, { id: 'b' })]
  const before = await seen(yard, b)

  await yard.control('PATCH', '/sandboxes/a/clock', { advance: '6h' })
  const inserted = await yard.control<{ runs: { id: string }[] }>('POST', '/sandboxes/a/runs/trigger', [
    { taskIdentifier: 'only-in-a' },
    {},
    {},
  ])
  t.equal(inserted.status, 201, inserted.text)
  await yard.control('DELETE', '/sandboxes/a/runs/nx1')
  await yard.control('POST', '/sandboxes/a/faults', { status: 500 })
  t.same(await seen(yard, b), before, 'nothing of it shows elsewhere')
  t.same(await seen(yard, b), before)
  t.match(await yard.control('GET', '/sandboxes/b/faults'), { json: { faults: [] } })
  await yard.control('DELETE', '/sandboxes/a/faults')

  const ca = a.credentials
  const cb = b.credentials
  t.test('reads', async (t) => {
    const got = await yard.get(basedashRuns(cb), bearer(ca.basedash.admin.apiKey))
    t.match(got, { status: 404, json: { error: { title: 'NotFound' } } }, "another sandbox's organization")
    const { json } = await yard.get<{ data: { taskIdentifier: string }[] }>(
      '/api/v1/runs?filter[taskIdentifier]=only-in-a',
      bearer(cb.trigger.prod.secretKey),
    )
    t.same(json.data, [])
  })

  t.test('cursors', async (t) => {
    const { json } = await yard.get<{ nextPageToken: string }>(
      `${C1}?page_size=10`,
      bearer(ca.conductorone.admin.bearer),
    )
    const cursor = inserted.json.runs[0]?.id
    const cases: readonly [name: string, got: Got<unknown>, answer: object][] = [
      [
        'ConductorOne',
        await yard.get(`${C1}?page_token=${json.nextPageToken}`, bearer(cb.conductorone.admin.bearer)),
        { status: 400, json: { code: 3, message: 'invalid page token' } },
      ],
      [
        'Trigger.dev',
        await yard.get(`/api/v1/runs?page[after]=${cursor}`, bearer(cb.trigger.prod.secretKey)),
        { status: 400 },
      ],
    ]
    for (const [name, got, answer] of cases) t.match(got, answer, name)
    t.equal(
      (await yard.get(`/api/v1/runs?page[after]=${cursor}`, bearer(ca.trigger.prod.secretKey))).status,
      200,
      'where it is at home, it is one',
    )
  })

  t.test('tokens', async (t) => {
    const { clientId: client_id, clientSecret: client_secret } = ca.conductorone.admin
    const { json: token } = await yard.send<{ access_token: string }>(
      'POST',
      '/auth/v1/token',
      form({ grant_type: 'client_credentials', client_id, client_secret }),
    )
    const { json: page } = await yard.get<{ list: { createdAt: string }[] }>(C1, bearer(token.access_token))
    const own = await yard.get<{ list: { createdAt: string }[] }>(C1, bearer(ca.conductorone.admin.bearer))
    t.same(page, own.json, 'a minted token reads its own sandbox')

    const swapped = { client_id: cb.conductorone.admin.clientId, client_secret }
    const refused = await yard.send(
      'POST',
      '/auth/v1/token',
      form({ grant_type: 'client_credentials', ...swapped }),
    )
    t.equal(refused.status, 401, "another sandbox's client does not take this one's secret")

    const { json: ownEnvironment } = await yard.get<{ data: { env: { id: string } }[] }>(
      '/api/v1/runs',
      bearer(cb.trigger.prod.secretKey),
    )
    const sub = ownEnvironment.data[0]?.env.id ?? ''
    t.not(sub, '')
    const signed = (secret: string): Promise<string> =>
      new SignJWT({ pub: true, sub, scopes: ['read:runs'] })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('https://id.trigger.dev')
        .setAudience('https://api.trigger.dev')
        .setIssuedAt()
        .setExpirationTime('15m')
        .sign(new TextEncoder().encode(secret))
    const good = await signed(cb.trigger.prod.secretKey)
    t.equal((await yard.get('/api/v1/runs', bearer(good))).status, 200)
    const forged = await signed(ca.trigger.prod.secretKey)
    t.equal((await yard.get('/api/v1/runs', bearer(forged))).status, 401, "signed with another sandbox's key")
  })

  t.test("the realm's codes, sessions and passwords", async (t) => {
    const asking = ({ nx1 }: SandboxView['credentials']): string =>
      new URLSearchParams({
        client_id: nx1.oauth.clientId,
        redirect_uri: 'http://localhost:3000/callback',
        response_type: 'code',
        scope: 'openid',
        code_challenge: 'a'.repeat(43),
        code_challenge_method: 'plain',
      }).toString()
    const [alice] = ca.nx1.oauth.users
    const { username = '', password = '' } = alice ?? {}
    t.match(password, /^[0-9a-z]{16}$/, 'a password that nobody guesses')
    const logIn = async (credentials: SandboxView['credentials'], fields: Fields): Promise<string | null> => {
      const got = await yard.send('POST', `${NX1_AUTH}?${asking(credentials)}`, form(fields))
      return new URL(got.headers.get('location') ?? 'none:').searchParams.get('code')
    }
    t.equal(await logIn(cb, { username, password }), null, "another sandbox's user")
    t.equal(await logIn(ca, { username, password: username }), null, 'the name is no password here')
    const code = (await logIn(ca, { username, password })) ?? ''
    t.not(code, '')
    const exchange = (client: string, value = code) =>
      yard.send<{ access_token: string; refresh_token: string }>(
        'POST',
        NX1_TOKEN,
        form({
          grant_type: 'authorization_code',
          code: value,
          client_id: client,
          redirect_uri: 'http://localhost:3000/callback',
          code_verifier: 'a'.repeat(43),
        }),
      )
    const elsewhere = await exchange(cb.nx1.oauth.clientId)
    t.match(elsewhere, { status: 400, json: { error: 'invalid_grant' } }, "at another sandbox's client")
    const tokens = (await exchange(ca.nx1.oauth.clientId)).json
    t.match(
      await yard.get('/api/crew-runs', bearer(tokens.access_token)),
      { status: 200, json: [] },
      'nx1 was cleared in a',
    )
    const refresh = (client_id: string) =>
      yard.send(
        'POST',
        NX1_TOKEN,
        form({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id }),
      )
    t.match(await refresh(cb.nx1.oauth.clientId), { status: 400 }, 'a refresh token at another client')
    t.match(await refresh(ca.nx1.oauth.clientId), { status: 200 })
    await yard.control('DELETE', '/sandboxes/a')
    t.equal((await yard.get('/api/crew-runs', bearer(tokens.access_token))).status, 401, 'after its sandbox')
    t.not((await refresh(ca.nx1.oauth.clientId)).status, 200)
  })
})

t.test('reset: as at its creation', async (t) => {
  const yard = await serve(t)
  for (const id of ['default', 'other']) {
    const view =
      id === 'default' ? yard.sandbox : await made(yard, { id, fidelity: 'live', rateLimits: true })
    const path = `/sandboxes/${id}`
    const before = await seen(yard, view)
    const fresh = (await yard.control('GET', path)).json
    await yard.control('POST', `${path}/runs/basedash`, {})
    await yard.control('DELETE', `${path}/runs/conductorone`)
    await yard.control('POST', `${path}/faults`, { delay: 1 })
    await yard.control('PATCH', `${path}/clock`, { advance: '5h', frozen: false })
    t.notSame(await seen(yard, view), before, `${id} was changed`)
    const got = await yard.control('POST', `${path}/reset`)
    t.equal(got.status, 200, got.text)
    t.same(got.json, fresh, `${id} reads as new`)
    t.match((await yard.control('GET', `${path}/faults`)).json, { faults: [] })
    t.match((await yard.control('GET', `${path}/journal`)).json, { exchanges: [], recorded: 0, kept: 0 })
    t.same(await seen(yard, view), before, `${id} has the same bytes`)
  }
})

t.test('reset forgets what was counted, and what was remembered', async (t) => {
  const yard = await serve(t)
  const view = await made(yard, { id: 'counted', fidelity: 'live' })
  const ask = () => yard.get(basedashRuns(view.credentials), bearer(view.credentials.basedash.admin.apiKey))
  for (let i = 0; i < 100; i++) await ask()
  t.equal((await ask()).status, 429)
  await yard.control('POST', '/sandboxes/counted/reset')
  t.equal((await ask()).status, 200)
  t.equal(
    (
      await yard.get(
        basedashRuns(yard.sandbox.credentials),
        bearer(yard.sandbox.credentials.basedash.admin.apiKey),
      )
    ).status,
    200,
  )
})

t.test('reset forgets authorization codes', async (t) => {
  const yard = await serve(t)
  const { nx1 } = yard.sandbox.credentials
  const client_id = nx1.oauth.clientId
  const redirect_uri = 'http://localhost:3000/callback'
  const asking = new URLSearchParams({ client_id, redirect_uri, response_type: 'code', scope: 'openid' })
  const code = async (): Promise<string> => {
    const got = await yard.send(
      'POST',
      `${NX1_AUTH}?${asking}`,
      form({ username: 'alice', password: 'alice' }),
    )
    return new URL(got.headers.get('location') ?? 'none:').searchParams.get('code') ?? ''
  }
  const exchange = (code: string) =>
    yard.send('POST', NX1_TOKEN, form({ grant_type: 'authorization_code', code, client_id, redirect_uri }))
  const before = await code()
  await yard.control('POST', '/sandboxes/default/reset')
  t.match(await exchange(before), { status: 400, json: { error: 'invalid_grant' } })
  t.match(await exchange(await code()), { status: 200 })
})

t.test('sandboxes on the wall clock that are made together hold the same runs', async (t) => {
  const yard = await serve(t, { clock: 'live' })
  const ids = async (view: SandboxView): Promise<string[]> => {
    const { json } = await yard.control<{ runs: { id: string }[] }>(
      'GET',
      `/sandboxes/${view.id}/runs/conductorone`,
    )
    return json.runs.map(({ id }) => id)
  }
  const [one, other] = [await made(yard), await made(yard)]
  t.equal((await ids(one)).length, 60)
  t.same(await ids(one), await ids(other))
  t.same(await ids(one), await ids(yard.sandbox))
})

t.test('a file keeps sandboxes across restarts', async (t) => {
  const db = `${t.testdir()}/runyard.db`
  const first = await serve(t, { db, scenario: 'edge' })
  const one = await made(first, {
    id: 'one',
    clock: '2026-05-01T00:00:00Z',
    rateLimits: true,
    journalSize: 9,
  })
  await made(first, { id: 'gone' })
  await first.control('PATCH', '/sandboxes/one/clock', { advance: '90m' })
  await first.control('POST', '/sandboxes/one/runs/nx1', { task_input: { kept: 'yes' } })
  await first.control('DELETE', '/sandboxes/gone')
  const before = await seen(first, one)
  await first.runyard.close()

  const second = await serve(t, { db })
  const { json } = await second.control<{ sandboxes: SandboxView[] }>('GET', '/sandboxes')
  t.same(
    json.sandboxes.map(({ id }) => id),
    ['default', 'one'],
  )
  const again = json.sandboxes[1]
  t.match(again, {
    scenario: 'edge',
    rateLimits: true,
    journalSize: 9,
    clock: { now: '2026-05-01T01:30:00.000Z', frozen: true },
  })
  t.same(again && secrets(again), secrets(one), 'the same credentials')
  t.same(await seen(second, one), before, 'the same bytes')
  const { json: reset } = await second.control<SandboxView>('POST', '/sandboxes/one/reset')
  t.equal(reset.clock.now, '2026-05-01T00:00:00.000Z')
})

t.test('a file that is opened with an earlier clock shows what was there then', async (t) => {
  const db = `${t.testdir()}/runyard.db`
  const first = await serve(t, { db })
  const before = await seen(first, first.sandbox)
  await first.control('POST', '/sandboxes/default/runs/nx1', { task_input: { kept: 'yes' } })
  const withRun = await seen(first, first.sandbox)
  t.notSame(withRun, before)
  await first.control('PATCH', '/sandboxes/default/clock', { advance: '3d' })
  t.notSame(await seen(first, first.sandbox), withRun)
  await first.runyard.close()
  const second = await serve(t, { db })
  t.same(await seen(second, second.sandbox), withRun)
  await second.runyard.close()

  const earlier = await serve(t, { db, clock: NOW - 86_400_000 })
  const dayBefore = await seen(earlier, earlier.sandbox)
  t.notSame(dayBefore, before)
  await earlier.control('POST', '/sandboxes/default/reset')
  t.same(await seen(earlier, earlier.sandbox), dayBefore, 'reset, it is as at that clock')
})

t.test('a scenario file that changes or goes is none of a sandbox that was made of it', async (t) => {
  const folder = t.testdir({ 'mine.json': JSON.stringify({ nx1: { runs: 7 } }) })
  const scenario = `${folder}/mine.json`
  const yard = await serve(t, { scenario: 'empty' })
  const view = await made(yard, { id: 'mine', scenario })
  const counts = async (): Promise<unknown> =>
    (await yard.control<SandboxView>('GET', '/sandboxes/mine')).json.counts.nx1
  t.equal(await counts(), 7)
  const before = await seen(yard, view)
  for (const change of [
    () => writeFileSync(scenario, JSON.stringify({ nx1: { runs: 3 } })),
    () => rmSync(scenario),
  ]) {
    change()
    t.equal((await yard.control('POST', '/sandboxes/mine/reset')).status, 200)
    t.same(await seen(yard, view), before)
    await yard.control('PATCH', '/sandboxes/mine/clock', { now: '2026-05-01T00:00:00Z' })
    const back = await yard.control('PATCH', '/sandboxes/mine/clock', { now: '2026-06-01T12:00:00Z' })
    t.equal(back.status, 200)
    t.same(await seen(yard, view), before)
  }
  t.match(await yard.control('POST', '/sandboxes', { scenario }), {
    status: 422,
    json: { detail: /no scenario/ },
  })
})

t.test('calls at the same moment do not come between each other', async (t) => {
  const runyard = await createRunyard({ clock: NOW, log: 'silent', scenario: 'empty' })
  t.teardown(() => runyard.close())
  const sandbox = await runyard.sandbox({ id: 'one' })
  const inserted = await Promise.all(Array.from({ length: 20 }, () => sandbox.runs.insert('trigger', {})))
  t.equal(new Set(inserted.flat().map(({ id }) => id)).size, 20, 'each run has an id of its own')

  const outcomes = await Promise.allSettled([
    sandbox.runs.insert('nx1', {}),
    sandbox.delete(),
    sandbox.runs.insert('nx1', {}),
    sandbox.clock.advance('1h'),
    sandbox.faults.add({ delay: 1 }),
    sandbox.reset(),
  ])
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') t.match(outcome.reason, { name: 'ControlError', status: 404 })
  }
  const again = await runyard.sandbox({ id: 'one' })
  t.same((await again.runs.list('nx1')).runs, [], 'nothing of the one before is left')

  await again.clock.advance('10d')
  await Promise.all([again.runs.insert('nx1', {}), again.reset()])
  await again.clock.advance('20d')
  const left = (await again.runs.list('nx1')).runs
  for (const run of left) t.match(run.created_at, /^2026-06-01T12/, 'of the clock that it was put in by')
})

const newJournal = (size: number): ContractJournal => new ContractJournal(size, [])

t.test('who still holds a sandbox that was deleted can do nothing with it', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const providers = await discoverProviders()
  const sandboxes = await StoredSandboxes.open(database, providers, newJournal, withDefaults({ clock: NOW }))
  const held = await sandboxes.create({ id: 'held' })
  if (held === undefined) throw new Error('it is new')
  const runs = held.runs('nx1')
  const state = held.state('nx1')
  t.ok(sandboxes.delete('held'))
  const attempts: readonly [name: string, attempt: () => Promise<unknown>][] = [
    ['list', () => runs.list({ scope: 'crew-runs', filters: [], limit: 1 })],
    ['locate', () => runs.locate('crew-runs', 'x')],
    ['counts', () => runs.counts()],
    ['add', () => runs.add(() => [])],
    ['clear', () => runs.clear()],
    ['all', () => runs.all(undefined, 1)],
    ['put', () => state.put('kind', 'key', 1, Number.MAX_SAFE_INTEGER)],
    ['get', () => state.get('kind', 'key')],
    ['take', () => state.take('kind', 'key')],
  ]
  for (const [name, attempt] of attempts) await t.rejects(attempt(), { name: 'GoneError' }, name)
})

t.test('no two sandboxes share a credential, even where few are possible', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const [basedash, ...others] = await discoverProviders()
  if (basedash === undefined) throw new Error('there are providers')
  const fewKeys: Provider = {
    ...basedash,
    credentials: (_world, secrets) => ({
      grants: new Map([[`key-${secrets.bytes('key').readUInt8(0) % 16}`, {}]]),
      labels: new Map(),
      view: () => ({}),
      env: () => ({}),
    }),
  }
  const sandboxes = await StoredSandboxes.open(
    database,
    [fewKeys, ...others],
    newJournal,
    withDefaults({ clock: NOW, scenario: 'empty' }),
  )
  for (let i = 0; i < 10; i++) await sandboxes.create({ id: `sandbox-${i}` })
  const names = sandboxes.list().flatMap((sandbox) => [...sandbox.credentials('basedash').grants.keys()])
  t.equal(new Set(names).size, 11)
})

t.test("what leads nowhere is in its sender's journal", async (t) => {
  const yard = await serve(t)
  const view = await made(yard, { id: 'lost', fidelity: 'live', rateLimits: false })
  const { conductorone, trigger, nx1 } = view.credentials
  const requests: readonly [path: string, headers: Fields, status: number][] = [
    ['/api/v1/runs/run_123', bearer(trigger.prod.secretKey), 404],
    ['/api/crew-runs/?limit=5', { 'authorization-psk': nx1.psk.alice }, 307],
    ['/api/v1/role-mining/run', bearer(conductorone.admin.bearer), 404],
    // In `live`, what is not the API's is the web application's.
    ['/conductorone/nowhere', bearer(conductorone.admin.bearer), 200],
  ]
  for (const [path, headers, status] of requests)
    t.equal((await yard.get(path, headers)).status, status, path)
  const { json } = await yard.control<{ exchanges: { path: string; remarks: { kind: string }[] }[] }>(
    'GET',
    '/sandboxes/lost/journal',
  )
  t.equal(json.exchanges.length, requests.length)
  for (const { path, remarks } of json.exchanges) t.match(remarks, [{ kind: 'undocumented-operation' }], path)
  t.match(await yard.control('GET', '/sandboxes/default/journal'), { json: { recorded: 0 } })
})

t.test('the hints of a 429 are for a client on the wall clock, unless time stands', async (t) => {
  const yard = await serve(t)
  const cases: readonly [clock: unknown, aheadOf: number | 'wall'][] = [
    ['2026-06-01T12:00:00Z', NOW],
    [{ now: '2030-01-01T00:00:00Z', frozen: false }, 'wall'],
    ['live', 'wall'],
  ]
  for (const [clock, aheadOf] of cases) {
    const view = await made(yard, { clock })
    const fault = { provider: 'trigger', status: 429, retryAfter: '1h' }
    await yard.control('POST', `/sandboxes/${view.id}/faults`, fault)
    const before = wallNow()
    const got = await yard.get('/api/v1/runs', bearer(view.credentials.trigger.prod.secretKey))
    const reset = Number(got.headers.get('x-ratelimit-reset'))
    if (aheadOf === 'wall') {
      t.ok(
        reset >= before + 3_600_000 && reset <= wallNow() + 3_600_000,
        `${JSON.stringify(clock)}: ${reset}`,
      )
    } else t.equal(reset, aheadOf + 3_600_000)
  }
})
