import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { TriggerClient } from '@trigger.dev/sdk'
import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { LATEST } from '../src/core/clock.ts'
import type { FaultRule, Target } from '../src/core/fault.ts'
import type { Fidelity } from '../src/core/fidelity.ts'
import type { Sandbox, Sandboxes } from '../src/core/sandbox.ts'
import { SandboxFaults } from '../src/faults/faults.ts'
import { receive } from '../src/http/receive.ts'
import { Received } from '../src/http/requests.ts'
import { httpServer } from '../src/http/server.ts'
import { walker } from '../src/http/walk.ts'
import { seededRandom } from '../src/seed/random.ts'
import { discoverProviders, serve as serveProvider } from '../src/server/discover.ts'
import { NOW, type SandboxView, serve, type Yard } from './serve.ts'

const served = await Promise.all((await discoverProviders()).map(serveProvider))

/** A fault as the control plane shows it. */
interface Shown {
  readonly id: string
  readonly state: string
  readonly matched: number
  readonly struck: number
  readonly [member: string]: unknown
}

const FAULTS = '/_runyard/sandboxes/default/faults'

function json(body: unknown): RequestInit {
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

async function fail(yard: Yard, fault: object, sandbox = 'default'): Promise<Shown> {
  const got = await yard.send<Shown>('POST', `/_runyard/sandboxes/${sandbox}/faults`, json(fault))
  if (got.status !== 201) throw new Error(got.text)
  return got.json
}

async function listed(yard: Yard): Promise<readonly Shown[]> {
  return (await yard.get<{ faults: Shown[] }>(FAULTS)).json.faults
}

const clear = (yard: Yard): Promise<unknown> => yard.send('DELETE', FAULTS)

/** Ways to ask the operation of Trigger.dev that most cases are about. */
const RUNS = '/api/v1/runs'
const asProd = ({ sandbox }: { sandbox: SandboxView }): Record<string, string> => ({
  authorization: `Bearer ${sandbox.credentials.trigger.prod.secretKey}`,
})

/** Every operation of every document, as a client would ask it. */
function operations(yard: Yard, fidelity: Fidelity) {
  const { conductorone, trigger, nx1, basedash } = yard.sandbox.credentials
  const headers: Record<string, Record<string, string>> = {
    conductorone: { authorization: `Bearer ${conductorone.admin.bearer}` },
    trigger: { authorization: `Bearer ${trigger.prod.secretKey}` },
    nx1: { 'authorization-psk': nx1.psk.general },
    basedash: { authorization: `Bearer ${basedash.admin.apiKey}` },
  }
  const values: Record<string, string> = {
    realm: 'rapid',
    orgId: basedash.organizationId,
    id: basedash.automations[0]?.id ?? '',
  }
  return served.flatMap(({ provider, apis }) =>
    apis[fidelity].operationIds.map((operationId) => {
      const documented = apis[fidelity].operation(operationId)
      const { method, path, responses = {} } = documented.routed
      return {
        provider: provider.name,
        operationId,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
        headers: headers[provider.name] ?? {},
        statuses: Object.keys(responses)
          .map(Number)
          .filter((status) => status >= 400),
        breaches: (status: number, type: string | null, body: unknown) =>
          apis[fidelity].breaches(documented, status, /json/.test(type ?? '') ? body : undefined),
      }
    }),
  )
}

/** What is the same in every refusal of a vendor, where it is JSON. */
const WORDS: Record<string, (path: string) => object> = {
  conductorone: (path) =>
    path.startsWith('/auth') ? /* OAuth's or the gateway's */ {} : { code: Number, message: String },
  trigger: () => ({ error: String }),
  nx1: (path) => (path.startsWith('/realms') ? { error: String } : { detail: /./ }),
  basedash: () => ({ error: { title: String, detail: String } }),
}

for (const fidelity of ['spec', 'live'] as const) {
  t.test(`every status of every operation, in the vendor's words: ${fidelity}`, async (t) => {
    const yard = await serve(t, { fidelity })
    for (const operation of operations(yard, fidelity)) {
      const { provider, operationId, method, path, headers, statuses } = operation
      for (const status of statuses) {
        const name = `${provider} ${operationId} ${status}`
        const wished = await yard.send(method, path, { headers: { ...headers, prefer: `code=${status}` } })
        t.equal(wished.status, status, `${name} by Prefer`)
        t.equal(wished.headers.get('preference-applied'), `code=${status}`)
        const type = wished.headers.get('content-type')
        t.same(operation.breaches(status, type, wished.json), [], `${name} is as documented`)
        if (/json/.test(type ?? '')) t.match(wished.json, WORDS[provider]?.(path) ?? {}, name)
        t.match(
          await yard.send(method, path, { headers: { prefer: `code=${status}` } }),
          { status },
          `${name} whoever asks`,
        )

        const { id } = await fail(yard, { provider, operation: operationId, status })
        const struck = await yard.send(method, path, { headers })
        t.equal(struck.status, status, `${name} by fault`)
        t.equal(struck.text, wished.text, `${name}: the same words`)
        t.equal(struck.headers.get('preference-applied'), null)
        t.match((await yard.get(`${FAULTS}/${id}`)).json, { state: 'active', matched: 1, struck: 1 })
        t.equal((await yard.send('DELETE', `${FAULTS}/${id}`)).status, 204)
      }
      t.match(
        await fail(yard, { provider, operation: operationId, status: statuses[0] }),
        { matched: 0 },
        'another is new',
      )
      await clear(yard)
    }
  })
}

t.test('a forced refusal of a request names a parameter that could be wrong', async (t) => {
  for (const fidelity of ['spec', 'live'] as const) {
    const yard = await serve(t, { fidelity, scenario: 'empty' })
    const { organizationId, automations } = yard.sandbox.credentials.basedash
    const cases: readonly [path: string, status: number, body: object][] = [
      [RUNS, 400, { error: 'Query Error', details: [{ path: ['page[size]'], message: /nan/ }] }],
      ['/api/crew-runs', 422, { detail: [{ loc: ['query', 'limit'], input: 'x' }] }],
      [
        `/api/public/organizations/${organizationId}/automations/${automations[0]?.id}/runs`,
        400,
        { error: { detail: /^limit: / } },
      ],
      // Under `live`, the list has no parameters.
      ['/api/v1/role-mining/runs', 400, { message: fidelity === 'spec' ? /^pageSize / : /^request body/ }],
      ['/api/v1/role-mining/runs/latest', 400, { message: /^request body/ }],
    ]
    for (const [path, status, body] of cases)
      t.match(await yard.get(path, { prefer: `code=${status}` }), { status, json: body }, path)
  }
})

t.test('a 429 has the hints of its vendor', async (t) => {
  const yard = await serve(t)
  const { conductorone, nx1, basedash } = yard.sandbox.credentials
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
  const automation = `/api/public/organizations/${basedash.organizationId}/automations/${basedash.automations[0]?.id}/runs`
  const cases: readonly [
    path: string,
    headers: Record<string, string>,
    hints: (seconds: number) => { headers?: Record<string, string>; json?: object },
    usual: number,
  ][] = [
    [
      RUNS,
      asProd(yard),
      (seconds) => ({
        headers: {
          'x-ratelimit-limit': '750',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(NOW + seconds * 1000),
        },
        json: { limit: 750, remaining: -1, reset: NOW + seconds * 1000, secondsUntilReset: seconds },
      }),
      10,
    ],
    [
      '/api/v1/role-mining/runs',
      bearer(conductorone.admin.bearer),
      (seconds) => ({ headers: { 'retry-after': String(seconds) } }),
      60,
    ],
    [
      '/api/crew-runs',
      { 'authorization-psk': nx1.psk.alice },
      (seconds) => ({ headers: { 'retry-after': String(seconds) } }),
      60,
    ],
    [
      automation,
      bearer(basedash.admin.apiKey),
      (seconds) => ({ json: { error: { retryAfterMs: seconds * 1000 } } }),
      60,
    ],
  ]
  for (const [path, headers, hints, usual] of cases) {
    for (const [fault, seconds] of [
      [{ status: 429 }, usual],
      [{ status: 429, retryAfter: 7000 }, 7],
      [{ status: 429, retryAfter: '1m1s' }, 61],
    ] as const) {
      await fail(yard, { ...fault, count: 1 })
      const got = await yard.get(path, headers)
      t.equal(got.status, 429)
      const { headers: expected = {}, json = {} } = hints(seconds)
      for (const [name, value] of Object.entries(expected))
        t.equal(got.headers.get(name), value, `${path} ${name}`)
      t.match(got.json, json, path)
      t.equal((await yard.get(path, headers)).status, 200, 'only that one')
    }
  }
})

/** An answer over node:http, which sends headers twice where they are given as a list. */
function plain(
  url: string,
  headers: Record<string, string | string[]>,
  method = 'GET',
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
      .on('error', reject)
      .end()
  })
}

t.test('Prefer is read as RFC 7240 says', async (t) => {
  const yard = await serve(t)
  const cases: readonly [
    prefer: string | string[],
    status: number,
    applied: string | undefined,
    why: string,
  ][] = [
    ['code=503', 503, 'code=503', 'the form that other mocks take'],
    ['CODE=503', 503, 'code=503', 'names in any case'],
    ['code = 503', 503, 'code=503', 'spaces around the equals sign'],
    ['code="503"', 503, 'code=503', 'a quoted value'],
    ['code="5\\03"', 503, 'code=503', 'with an escape in it'],
    ['code=503; foo=bar ; "x', 503, 'code=503', 'parameters are passed over'],
    ['code=503,delay=1', 503, 'code=503, delay=1', 'two of them'],
    ['delay=1 , code=503', 503, 'delay=1, code=503', 'in the order in which they came'],
    [['delay=1', 'code=503'], 503, 'delay=1, code=503', 'two headers'],
    [['respond-async', '', ', ,', 'code=503'], 503, 'code=503', 'empty ones among them'],
    ['return=minimal, wait=10, code=503', 503, 'code=503', 'unknown preferences beside it'],
    ['code=503, code=500', 503, 'code=503', 'the first counts'],
    ['code=418, code=503', 200, undefined, 'even where it cannot be honoured'],
    ['code=200', 200, 'code=200', 'what comes out anyway'],
    ['code=201', 200, undefined, 'no success can be forced'],
    ['code=404', 200, undefined, 'a status that the operation does not have'],
    ['foo="a, code=503"', 200, undefined, 'inside a quoted value'],
    ['foo="a\\", code=503, "', 200, undefined, 'a quote inside a quoted value'],
    ['"code=503', 200, undefined, 'a quote that stays open'],
    ['code', 200, undefined, 'no value'],
    ['code=', 200, undefined, 'an empty one'],
    ['code=503x', 200, undefined, 'no number'],
    ['code=5e2', 200, undefined, 'no whole number'],
    ['code=0503', 503, 'code=503', 'digits all the same'],
    ['delay=0', 200, 'delay=0', 'no time at all'],
    ['delay=-1', 200, undefined, 'no time to wait'],
    ['delay=1.5', 200, undefined, 'no whole milliseconds'],
    ['delay=600001', 200, undefined, 'more than ten minutes'],
    ['delay=99999999999999999999', 200, undefined, 'far more'],
    [`"${',;='.repeat(20_000)}, code=503`, 200, undefined, 'a long one'],
    [`${',;= '.repeat(20_000)}, code=503`, 503, 'code=503', 'as long'],
  ]
  for (const [prefer, status, applied, why] of cases) {
    const got = await plain(yard.url + RUNS, { ...asProd(yard), prefer })
    const name = `${String(prefer).slice(0, 60)}: ${why}`
    t.equal(got.status, status, name)
    t.equal(got.headers['preference-applied'], applied, name)
  }
  const without: readonly [method: string, path: string, status: number, why: string][] = [
    ['POST', RUNS, 405, 'no method of the document'],
    ['OPTIONS', RUNS, 200, 'a preflight'],
    ['GET', `${RUNS}/nope`, 404, 'no path of the document'],
    ['GET', '/_runyard/health', 200, 'the control plane'],
    ['GET', '/nope', 404, "nobody's"],
  ]
  for (const [method, path, status, why] of without) {
    const got = await plain(yard.url + path, { ...asProd(yard), prefer: 'code=503, delay=1' }, method)
    t.match(got, { status, headers: { 'preference-applied': undefined } }, why)
  }
  t.match(await plain(`${yard.url}${RUNS}`, { ...asProd(yard), prefer: 'code=503' }, 'HEAD'), {
    status: 503,
    text: '',
    headers: { 'preference-applied': 'code=503' },
  })
  const held = performance.now()
  await plain(yard.url + RUNS, { ...asProd(yard), prefer: 'delay=120' })
  t.ok(performance.now() - held >= 115, 'held back')
})

t.test('a fault strikes the requests that it is for', async (t) => {
  const yard = await serve(t)
  const { trigger, nx1, conductorone } = yard.sandbox.credentials
  const prod = trigger.prod.secretKey
  /** Six requests: prod, dev, a stranger, nx1's alice, ConductorOne's list and latest run. */
  const six = async (): Promise<string> => {
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
    const admin = bearer(conductorone.admin.bearer)
    const asked: readonly [path: string, headers: Record<string, string>][] = [
      [RUNS, bearer(prod)],
      [RUNS, bearer(trigger.dev.secretKey)],
      [RUNS, bearer('tr_prod_nope')],
      ['/api/crew-runs', { 'authorization-psk': nx1.psk.alice }],
      ['/api/v1/role-mining/runs', admin],
      ['/api/v1/role-mining/runs/latest', admin],
    ]
    let struck = ''
    for (const [path, headers] of asked) struck += (await yard.get(path, headers)).status === 503 ? 'x' : '.'
    return struck
  }
  const latest = 'c1.api.role_mining_management.v1.RoleMiningManagementService.GetLatestRun'
  const cases: readonly [fault: object, struck: string, why: string][] = [
    [{}, 'xxxxxx', 'all of the sandbox'],
    [{ provider: 'trigger' }, 'xxx...', 'one API'],
    [{ operation: latest }, '.....x', 'one operation'],
    [{ provider: 'conductorone', operation: latest }, '.....x', 'both'],
    [{ credential: 'prod' }, 'x.....', 'one credential by its name'],
    [{ credential: prod }, 'x.....', 'or as it is'],
    [{ credential: 'admin' }, '....xx', 'a name that several APIs have'],
    [{ provider: 'nx1', credential: 'admin' }, '......', 'of one of them'],
    [{ nth: 1 }, 'x.....', 'the first'],
    [{ nth: 3 }, '..x...', 'the third alone'],
    [{ nth: 3, count: 2 }, '..xx..', 'from the third on, two'],
    [{ count: 2 }, 'xx....', 'two'],
    [{ count: 99 }, 'xxxxxx', 'as many as there are'],
    [{ provider: 'trigger', nth: 2 }, '.x....', 'counted among those that match'],
    [{ credential: 'alice', nth: 2 }, '......', 'there is no second one'],
  ]
  for (const [fault, struck, why] of cases) {
    await fail(yard, { ...fault, status: 503 })
    t.equal(await six(), struck, `${JSON.stringify(fault).replace(prod, '…')}: ${why}`)
    t.notMatch(JSON.stringify(await listed(yard)), prod, 'a key is not shown')
    await clear(yard)
  }
  await fail(yard, { status: 422 })
  t.match(
    [await six(), await listed(yard)],
    ['......', [{ matched: 1, struck: 1 }]],
    'only those that have it',
  )
})

t.test("chance is the seed's", async (t) => {
  const strikes = async (seed: number): Promise<string> => {
    const yard = await serve(t, { seed, scenario: 'empty' })
    await fail(yard, { probability: 0.5, status: 503 })
    await fail(yard, { probability: 0.5, status: 500, provider: 'trigger' })
    let seen = ''
    for (let i = 0; i < 40; i++) seen += (await yard.get(RUNS, asProd(yard))).status.toString()[2]
    const [first, second] = await listed(yard)
    t.equal(first?.struck, seen.split('3').length - 1)
    t.equal(first?.matched, 40)
    t.ok((second?.struck ?? 0) >= seen.split('0').length - 1 - (first?.struck ?? 0), 'both count')
    return seen
  }
  const one = await strikes(1)
  t.equal(await strikes(1), one, 'the same seed, the same strikes')
  t.not(await strikes(2), one, 'another seed, others')
  t.match(one, /3.*(?<=\d)0|0.*3/, 'either fault strikes by itself')
})

t.test('any rules and requests: as a model has it', async (t) => {
  const rules = fc.record(
    {
      provider: fc.constantFrom('trigger', 'nx1'),
      operation: fc.constantFrom('a', 'b'),
      credential: fc.constantFrom('prod', 'dev'),
      nth: fc.integer({ min: 1, max: 4 }),
      count: fc.integer({ min: 1, max: 3 }),
      until: fc.integer({ min: 0, max: 20 }),
      status: fc.constantFrom(429, 503, 404),
      delay: fc.integer({ min: 0, max: 9 }),
      reset: fc.constantFrom('before' as const, 'midway' as const),
      truncate: fc.constantFrom(0, 5, 'half' as const),
      slow: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: [] },
  )
  const requests = fc.record({
    provider: fc.constantFrom('trigger', 'nx1'),
    operationId: fc.constantFrom('a', 'b'),
    credential: fc.constantFrom('prod', 'dev', undefined),
    after: fc.integer({ min: 0, max: 3 }),
  })
  const has = (status: number): boolean => status !== 404
  const property = fc.property(
    fc.array(rules, { maxLength: 6 }),
    fc.array(requests, { maxLength: 25 }),
    (asked, sent) => {
      const faults = new SandboxFaults((label) => seededRandom(1, label))
      const model = asked.map(({ status, delay, reset, truncate, slow, ...match }, i) => {
        const range = delay === undefined ? undefined : { min: delay, max: delay }
        const effect = defined({ status, delay: range, reset, truncate, slow })
        const rule: FaultRule = { ...match, effect }
        faults.add(rule, 0)
        return { id: `fault-${i + 1}`, rule, matched: 0, struck: 0 }
      })
      let now = 0
      for (const { after, ...request } of sent) {
        now += after
        const target: Target = { ...request, has }
        const striking = model.filter((fault) => {
          const {
            provider,
            operation,
            credential,
            nth,
            count,
            until = Number.POSITIVE_INFINITY,
            effect,
          } = fault.rule
          if (now >= until || fault.struck >= (count ?? Number.POSITIVE_INFINITY)) return false
          if (provider !== undefined && provider !== request.provider) return false
          if (operation !== undefined && operation !== request.operationId) return false
          if (credential !== undefined && credential !== request.credential) return false
          if (effect.status === 404) return false
          if (nth !== undefined && count === undefined && fault.matched >= nth) return false
          fault.matched++
          if (fault.matched < (nth ?? 1)) return false
          fault.struck++
          return true
        })
        const effects = striking.map(({ rule }) => rule.effect)
        assert.deepEqual(
          faults.strike(target, now),
          striking.length === 0
            ? undefined
            : defined({
                faults: striking.map(({ id }) => id),
                delayMs: effects.reduce((sum, { delay }) => sum + (delay?.min ?? 0), 0),
                status: effects.find(({ status }) => status)?.status,
                reset: effects.find(({ reset }) => reset)?.reset,
                truncate: effects.find(({ truncate }) => truncate !== undefined)?.truncate,
                slowMs: effects.find(({ slow }) => slow)?.slow,
              }),
        )
        assert.deepEqual(
          faults.list(now).map(({ id, matched, struck }) => ({ id, matched, struck })),
          model.map(({ id, matched, struck }) => ({ id, matched, struck })),
        )
      }
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
})

/** The object without members that are undefined. */
function defined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

t.test('what is drawn lies in its range, and is drawn again the same', async (t) => {
  const drawn = (seed: number): number[] => {
    const faults = new SandboxFaults((label) => seededRandom(seed, label))
    faults.add({ effect: { delay: { min: 10, max: 500 } } }, 0)
    faults.add({ probability: 0.3, effect: { status: 503 } }, 0)
    const target: Target = { provider: 'x', operationId: 'y', credential: undefined, has: () => true }
    return Array.from({ length: 200 }, () => faults.strike(target, 0)?.delayMs ?? -1)
  }
  const some = drawn(1)
  t.ok(some.every((ms) => ms >= 10 && ms <= 500))
  t.ok(new Set(some).size > 100)
  t.strictSame(drawn(1), some)
  t.notSame(drawn(2), some)

  const pair = new SandboxFaults((label) => seededRandom(1, label))
  for (const status of [500, 503]) pair.add({ probability: 0.5, effect: { status } }, 0)
  const target: Target = { provider: 'x', operationId: 'y', credential: undefined, has: () => true }
  const seen = Array.from({ length: 100 }, () => pair.strike(target, 0)?.faults.join() ?? 'none')
  t.same(
    [...new Set(seen)].sort(),
    ['fault-1', 'fault-1,fault-2', 'fault-2', 'none'],
    'each has its own luck',
  )
})

t.test('faults stack, expire and go', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const ask = (headers = {}) => yard.get(RUNS, { ...asProd(yard), ...headers })

  const first = await yard.send<Shown>('POST', FAULTS, json({ status: 503, delay: 40, count: 2 }))
  t.equal(first.headers.get('location'), `${FAULTS}/fault-1`)
  t.strictSame(first.json, {
    id: 'fault-1',
    state: 'active',
    matched: 0,
    struck: 0,
    count: 2,
    status: 503,
    delay: 40,
  })
  await fail(yard, { status: 429, delay: '40ms', provider: 'trigger' })
  const start = performance.now()
  t.equal((await ask()).status, 503, "the oldest's status")
  t.ok(performance.now() - start >= 78, 'both delays')
  t.equal((await ask({ prefer: 'code=500' })).status, 500, "the client's own wish before both")
  t.match(
    await listed(yard),
    [
      { id: 'fault-1', state: 'spent', matched: 2, struck: 2 },
      { id: 'fault-2', state: 'active', matched: 2, struck: 2, delay: 40 },
    ],
    'which counted the request all the same',
  )
  t.equal((await ask()).status, 429, 'then the next')
  t.match(await listed(yard), [{ matched: 2 }, { matched: 3 }], 'what is over counts no more')
  t.equal((await yard.send('DELETE', `${FAULTS}/fault-2`)).status, 204)
  t.equal((await ask()).status, 200)
  t.equal((await yard.get(`${FAULTS}/fault-2`)).status, 404)
  t.match(await yard.send('DELETE', `${FAULTS}/fault-2`), {
    status: 404,
    json: { detail: /no fault 'fault-2'/ },
  })
  t.match(await listed(yard), [{ id: 'fault-1' }], 'what is over is listed until it is removed')

  const timed = await fail(yard, { status: 503, for: '5m' })
  t.match(timed, { id: 'fault-3', for: 300_000, until: '2026-06-01T12:05:00.000Z' }, 'no id is used twice')
  const advance = (ms: number) =>
    yard.send('PATCH', '/_runyard/sandboxes/default/clock', json({ advance: ms }))
  t.equal((await ask()).status, 503)
  await advance(299_999)
  t.equal((await ask()).status, 503, 'to the end')
  await advance(1)
  t.equal((await ask()).status, 200)
  t.match((await yard.get(`${FAULTS}/fault-3`)).json, { state: 'expired', struck: 2 })
  await yard.send('PATCH', '/_runyard/sandboxes/default/clock', json({ now: '2026-06-01T12:00:00Z' }))
  t.equal((await ask()).status, 503, 'a clock set back brings it back')

  t.equal((await yard.send('DELETE', FAULTS)).status, 204)
  t.match(await listed(yard), [])
  t.equal((await ask()).status, 200)
  await fail(yard, { status: 503 })
  await yard.send('POST', '/_runyard/sandboxes/default/reset')
  t.match(await listed(yard), [], 'a reset takes them away')

  const longest = { id: 'fault-1', for: LATEST - NOW, until: '9999-12-31T23:59:59.999Z' }
  t.match(await fail(yard, { delay: 1, for: longest.for }), longest)
  t.match(await listed(yard), [longest], 'the furthest end there is')
})

t.test('what cannot be is refused, with what can', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const cases: readonly [body: unknown, pointers: readonly string[], says: RegExp][] = [
    [{ provider: 'stripe', status: 500 }, ['/provider'], /there are basedash, conductorone, nx1, trigger/],
    [{ operation: 'nope', status: 500 }, ['/operation'], /there are listAutomationRuns, /],
    [
      { provider: 'nx1', operation: 'list_runs_v1', delay: 1 },
      ['/operation'],
      /of nx1; there are list_runs_api/,
    ],
    [{ credential: 'carol', delay: 1 }, ['/credential'], /in default; there are .*alice/],
    [
      { provider: 'trigger', credential: 'alice', delay: 1 },
      ['/credential'],
      /of trigger.*dev, staging, prod/,
    ],
    [{ provider: 'trigger', status: 422 }, ['/status'], /there are 400, 401, 403, 429, 500, 503/],
    [{ status: 418 }, ['/status'], /400, 401/],
    [{ status: 503, retryAfter: '1s' }, ['/retryAfter'], /status 429/],
    [{ delay: 1, retryAfter: '1s' }, ['/retryAfter'], /status 429/],
    [{ status: 429, retryAfter: 0 }, ['/retryAfter'], /no time/],
    [{ status: 429, retryAfter: '2d' }, ['/retryAfter'], /longer than 86400000 ms/],
    [{ delay: { min: 5, max: '4ms' } }, ['/delay'], /min above its max/],
    [{ delay: '11m' }, ['/delay'], /longer than 600000 ms/],
    [{ delay: { min: 0, max: 600_001 } }, ['/delay/max'], /longer/],
    [{ slow: 1e300 }, ['/slow'], /longer/],
    [{ delay: 1, for: `${'9'.repeat(400)}w` }, ['/for'], /beyond the year 9999/],
    [{ delay: 1, for: '9999999d' }, ['/for'], /beyond the year 9999/],
    [{ delay: 1, for: LATEST - NOW + 1 }, ['/for'], /beyond the year 9999/],
    [{ delay: 1, for: '300000w', provider: 'x', slow: '1d' }, ['/provider', '/slow'], /./],
  ]
  for (const [body, pointers, says] of cases) {
    const got = await yard.send<{ errors: { pointer: string }[] }>('POST', FAULTS, json(body))
    t.match(
      got,
      { status: 422, json: { title: String, status: 422, detail: says } },
      JSON.stringify(body).slice(0, 80),
    )
    t.same(
      got.json.errors.map(({ pointer }) => pointer),
      pointers,
    )
  }
  for (const body of [
    {},
    { count: 1 },
    { status: 200 },
    { status: '503' },
    { delay: -1 },
    { truncate: false },
    { x: 1, delay: 1 },
  ]) {
    const { status } = await yard.send('POST', FAULTS, json(body))
    t.ok(status === 422 || status === 400, `${JSON.stringify(body)}: the document forbids it (${status})`)
  }
  t.match(await listed(yard), [], 'none of them is there')

  for (let i = 0; i < 1000; i++) await fail(yard, { delay: 0, count: 1 })
  t.match(await yard.send('POST', FAULTS, json({ delay: 0 })), {
    status: 422,
    json: { detail: /1000 faults/ },
  })
  t.equal((await yard.get(RUNS, asProd(yard))).status, 200)
  await yard.send('DELETE', `${FAULTS}/fault-1`)
  t.equal((await fail(yard, { delay: 0 })).id, 'fault-1001')
})

/** What came over a connection, and how it ended. */
interface Seen {
  readonly head: string
  readonly body: Buffer
  /** How long the head and the whole took, in ms. */
  readonly headAfter: number
  readonly took: number
  /** `reset` when the connection was; `end` when it ended in order. */
  readonly ended: 'reset' | 'end'
}

/** Asks over a connection of its own, and reads all there is. */
function ask(socket: Socket, method: string, path: string, headers: Record<string, string>): Promise<Seen> {
  const start = performance.now()
  const lines = [`${method} ${path} HTTP/1.1`, 'host: localhost', 'connection: close']
  socket.write(
    `${[...lines, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`,
  )
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let headAfter = Number.POSITIVE_INFINITY
    const finish = (ended: Seen['ended']) => () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      resolve({
        head: all.subarray(0, Math.max(end, 0)).toString(),
        body: end < 0 ? Buffer.alloc(0) : all.subarray(end + 4),
        headAfter,
        took: performance.now() - start,
        ended,
      })
    }
    socket.on('data', (chunk) => {
      headAfter = Math.min(headAfter, performance.now() - start)
      chunks.push(chunk)
    })
    socket.on('end', finish('end'))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ECONNRESET' ? 'reset' : 'end')(),
    )
  })
}

t.test('effects reach the client, whichever way it comes', async (t) => {
  process.env.XDG_CACHE_HOME = t.testdir({})
  const yard = await serve(t, { tls: true, tlsPort: 0 })
  const { tls } = yard.runyard
  if (tls?.caFile === undefined) throw new Error('no TLS')
  const ca = readFileSync(tls.caFile, 'utf8')
  const ports = [Number(new URL(yard.url).port), Number(new URL(tls.url).port)] as const
  const connections: readonly [scheme: string, open: () => Promise<Socket>][] = [
    ['http', async () => connect(ports[0], '127.0.0.1')],
    [
      'https',
      async () => {
        const socket = tlsConnect({ port: ports[1], host: '127.0.0.1', ca })
        await once(socket, 'secureConnect')
        return socket
      },
    ],
  ]
  const path = `${RUNS}?page[size]=10`
  const whole = Buffer.from((await yard.get(path, asProd(yard))).text)
  const half = Math.floor(whole.length / 2)
  interface Case {
    readonly fault: object
    readonly method?: string
    readonly status?: number
    /** How much of the body arrives, and how much is declared. */
    readonly sent: number
    readonly declared?: number
    readonly least?: number
    /** How long before the end the head has to be there. */
    readonly headStart?: number
    readonly reset?: 'before' | 'midway'
  }
  const cases: readonly Case[] = [
    { fault: { delay: 80 }, sent: whole.length, least: 78 },
    { fault: { delay: { min: '60ms', max: 70 } }, sent: whole.length, least: 58 },
    { fault: { reset: 'before' }, sent: 0, reset: 'before' },
    { fault: { reset: 'before', delay: 60 }, sent: 0, reset: 'before', least: 58 },
    { fault: { reset: 'midway' }, sent: half, declared: whole.length, reset: 'midway' },
    { fault: { truncate: true }, sent: half },
    { fault: { truncate: 10 }, sent: 10 },
    { fault: { truncate: 0 }, sent: 0 },
    { fault: { truncate: 1_000_000 }, sent: whole.length },
    { fault: { truncate: 10, reset: 'midway' }, sent: 5, declared: 10, reset: 'midway' },
    { fault: { truncate: 1, reset: 'midway' }, sent: 0, declared: 1, reset: 'midway' },
    { fault: { truncate: 0, reset: 'midway' }, sent: 0, reset: 'before' },
    { fault: { slow: 300 }, sent: whole.length, least: 295, headStart: 200 },
    { fault: { slow: 0 }, sent: whole.length },
    { fault: { slow: 100, truncate: 1, delay: 50 }, sent: 1, least: 145 },
    { fault: { status: 503, truncate: true }, status: 503, sent: 15 },
    { fault: { status: 503, reset: 'midway' }, status: 503, sent: 15, declared: 31, reset: 'midway' },
    { fault: { delay: 60 }, method: 'HEAD', sent: 0, declared: whole.length, least: 58 },
    { fault: { slow: 60 }, method: 'HEAD', sent: 0, declared: whole.length },
    { fault: { truncate: true }, method: 'HEAD', sent: 0, declared: half },
    { fault: { reset: 'midway' }, method: 'HEAD', sent: 0, reset: 'before' },
    { fault: { reset: 'before' }, method: 'HEAD', sent: 0, reset: 'before' },
  ]
  for (const {
    fault,
    method = 'GET',
    status = 200,
    sent,
    declared = sent,
    least = 0,
    headStart,
    reset,
  } of cases) {
    for (const [scheme, open] of connections) {
      const name = `${scheme}: ${method} ${JSON.stringify(fault)}`
      const { id } = await fail(yard, { ...fault, provider: 'trigger' })
      const seen = await ask(await open(), method, path, asProd(yard))
      t.equal(seen.ended, reset === undefined ? 'end' : 'reset', `${name}: how it ends`)
      t.equal(seen.body.length, sent, `${name}: what arrives`)
      if (reset === 'before') t.equal(seen.head, '', `${name}: nothing arrives`)
      else {
        t.match(seen.head, new RegExp(`^HTTP/1.1 ${status} `), name)
        t.match(seen.head.toLowerCase(), `content-length: ${declared}`, `${name}: what is declared`)
        t.match(seen.head.toLowerCase(), 'x-robots-tag: noindex', "the vendor's headers")
        if (status === 200) t.ok(whole.subarray(0, sent).equals(seen.body), `${name}: the same bytes`)
      }
      t.ok(seen.took >= least, `${name}: takes its time (${seen.took})`)
      if (headStart !== undefined)
        t.ok(seen.took - seen.headAfter >= headStart, `${name}: the head comes at once (${seen.headAfter})`)
      t.match(await yard.get(`${FAULTS}/${id}`), { json: { struck: 1 } })
      await clear(yard)
    }
    await fail(yard, fault)
    const start = performance.now()
    const fetched = yard.runyard.fetch(path, { method, headers: asProd(yard) })
    if (reset !== undefined) {
      await t.rejects(
        fetched,
        { name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNRESET' } },
        'fetch',
      )
    } else {
      const response = await fetched
      t.equal(response.status, status)
      t.equal((await response.arrayBuffer()).byteLength, sent, `fetch: ${method} ${JSON.stringify(fault)}`)
    }
    t.ok(performance.now() - start >= least)
    await clear(yard)
  }
})

t.test('clients come and go while replies are held back', async (t) => {
  const errors: unknown[] = []
  const heard = (error: unknown): void => void errors.push(error)
  process.on('uncaughtException', heard)
  process.on('unhandledRejection', heard)
  t.teardown(() => {
    process.off('uncaughtException', heard)
    process.off('unhandledRejection', heard)
  })
  const yard = await serve(t)
  const port = Number(new URL(yard.url).port)
  const line = (path: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${asProd(yard).authorization}\r\n${more}\r\n`

  for (const fault of [
    { delay: 400 },
    { slow: 400 },
    { delay: 400, reset: 'midway' },
    { delay: 400, truncate: true },
  ]) {
    await fail(yard, fault)
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        await once(socket, 'connect')
        socket.write(line(RUNS).repeat(1 + (i % 3)))
        await new Promise((resolve) => setTimeout(resolve, 20 + i * 10))
        if (i % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      }),
    )
    await clear(yard)
    t.equal(
      (await yard.get(RUNS, asProd(yard))).status,
      200,
      `${JSON.stringify(fault)}: the next one is answered`,
    )
  }
  await new Promise((resolve) => setTimeout(resolve, 450))
  t.same(errors, [], 'nobody minds')

  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const gone = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  for (const socket of gone) socket.write(line(RUNS, 'prefer: delay=600000\r\n'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.ok(timers() > before + 10, 'held back')
  for (const socket of gone) socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.ok(timers() < before + 10, 'nobody is waited for who has gone')

  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const kept = (headers: Record<string, string>): Promise<[number, number | undefined]> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        `${yard.url}${RUNS}?page[size]=10`,
        { agent, headers: { ...asProd(yard), ...headers } },
        (response) => {
          let size = 0
          response.on('data', (chunk) => (size += chunk.length))
          response.on('end', () => resolve([size, request.socket?.localPort]))
          response.on('error', reject)
        },
      )
      request.on('error', reject).end()
    })
  await fail(yard, { truncate: 100, count: 1 })
  await fail(yard, { slow: 60, count: 1 })
  const [cut, sameConnection] = await kept({})
  const [full, connection] = await kept({})
  t.equal(cut, 100)
  t.ok(full > 1000, 'after a truncated body, the connection goes on')
  t.equal(connection, sameConnection)
  agent.destroy()

  await fail(yard, { delay: 80, nth: 1 })
  await fail(yard, { reset: 'before', nth: 3 })
  const pipelined = connect(port, '127.0.0.1')
  let text = ''
  pipelined.on('data', (chunk) => (text += chunk))
  pipelined.write(
    line(`${RUNS}?page[size]=10`) + line(RUNS, 'prefer: code=503\r\n') + line(RUNS) + line(RUNS),
  )
  const [reset] = (await once(pipelined, 'error')) as [NodeJS.ErrnoException]
  t.equal(reset.code, 'ECONNRESET')
  t.match(
    text.match(/HTTP\/1\.1 \d{3}/g),
    ['HTTP/1.1 200', 'HTTP/1.1 503'],
    'pipelined: those before a reset are answered, in order',
  )
})

t.test('closing does not wait for what is held back', async (t) => {
  for (const [what, prefer] of [
    ['a delay', 'delay=60000'],
    ['none', 'code=503'],
  ] as const) {
    const yard = await serve(t, { scenario: 'empty' })
    await fail(yard, { provider: 'nx1', slow: '1m' })
    const slow = yard.get('/api/crew-runs', { 'authorization-psk': yard.sandbox.credentials.nx1.psk.alice })
    const held = yard.get(RUNS, { ...asProd(yard), prefer })
    const fetched = yard.runyard.fetch(RUNS, { headers: { ...asProd(yard), prefer } })
    await new Promise((resolve) => setTimeout(resolve, 150))
    const start = performance.now()
    await yard.runyard.close()
    t.ok(performance.now() - start < 1900, `${what}: at once (${performance.now() - start})`)
    t.match(
      await Promise.all([held, slow]),
      [{ status: Number }, { status: 200, text: '[]' }],
      'and it is answered',
    )
    t.ok((await fetched).status > 0)
  }
})

t.test("a sandbox's faults are its own", async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const other = (
    await yard.send<SandboxView>('POST', '/_runyard/sandboxes', json({ id: 'other', fidelity: 'live' }))
  ).json
  const mint = ({ credentials }: SandboxView): Promise<{ status: number; headers: Headers }> => {
    const { clientId, clientSecret } = credentials.conductorone.admin
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    return yard.send('POST', '/auth/v1/token', { body: new URLSearchParams(form) })
  }
  const sign = ({ credentials }: SandboxView): Promise<{ status: number }> => {
    const { service } = credentials.nx1.oauth as unknown as {
      service: { clientId: string; clientSecret: string }
    }
    return yard.send('POST', '/realms/rapid/protocol/openid-connect/token', {
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      headers: {
        authorization: `Basic ${Buffer.from(`${service.clientId}:${service.clientSecret}`).toString('base64')}`,
      },
    })
  }
  const asked: [what: string, ask: (sandbox: SandboxView) => Promise<{ status: number }>][] = [
    ['a key', (sandbox) => yard.get(RUNS, asProd({ sandbox }))],
    ['a token endpoint, by the client in the body', mint],
    ['a token endpoint, by the client in the header', sign],
  ]
  asked.push([
    'a login page, by the client in the query',
    ({ credentials }) =>
      yard.get(
        `/realms/rapid/protocol/openid-connect/auth?response_type=code&redirect_uri=http://localhost/&client_id=${credentials.nx1.oauth.clientId}`,
      ),
  ])
  t.equal((await mint(other)).status, 200)
  t.ok((await mint(other)).headers.get('c1-trace-id'), "in its own sandbox's fidelity")
  t.equal((await mint(yard.sandbox)).headers.get('c1-trace-id'), null)
  await fail(yard, { status: 503 }, 'other')
  for (const [what, ask] of asked) {
    t.equal((await ask(other)).status, 503, what)
    t.equal((await ask(yard.sandbox)).status, 200, `${what}: not in another's`)
  }
  t.match(
    (await yard.get('/_runyard/sandboxes/other/journal')).json,
    { exchanges: [{}, {}, ...asked.map(() => ({ step: 'fault', status: 503, faults: ['fault-1'] }))] },
    'the journal knows which fault it was',
  )
  await yard.send('DELETE', '/_runyard/sandboxes/other')
  t.equal((await yard.get(RUNS, asProd({ sandbox: other }))).status, 401)
})

t.test('a sandbox that is deleted while it is asked makes no error of it', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const seen = new Set<number>()
  for (let i = 0; i < 25; i++) {
    const path = `/_runyard/sandboxes/brief-${i}`
    const { credentials } = (
      await yard.send<SandboxView>('POST', '/_runyard/sandboxes', json({ id: `brief-${i}` }))
    ).json
    const { clientId, clientSecret, bearer } = credentials.conductorone.admin
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    const user = {
      grant_type: 'password',
      client_id: credentials.nx1.oauth.clientId,
      ...credentials.nx1.oauth.users[0],
    }
    const asked = [
      () => yard.get(RUNS, { authorization: `Bearer ${credentials.trigger.dev.secretKey}` }),
      () => yard.send('POST', '/auth/v1/token', { body: new URLSearchParams(form) }),
      () =>
        yard.send('POST', '/realms/rapid/protocol/openid-connect/token', {
          body: new URLSearchParams({ ...user, admin: '' }),
        }),
      () => yard.get('/api/v1/role-mining/runs', { authorization: `Bearer ${bearer}` }),
      () => yard.send('DELETE', path),
      () => yard.get('/api/crew-runs', { 'authorization-psk': credentials.nx1.psk.bob }),
    ]
    // Each time, another one comes first.
    const turned = [...asked.slice(i % asked.length), ...asked.slice(0, i % asked.length)]
    for (const { status } of await Promise.all(turned.map((ask) => ask()))) seen.add(status)
  }
  t.same([...seen].sort(), [200, 204, 401])
})

t.test('a credential opens no sandbox but its own', async (t) => {
  const provider = served.find((each) => each.provider.name === 'nx1')
  if (provider === undefined) throw new Error('no Nx1')
  // Over a connection, little comes between two steps: what the walk asks of sandboxes is put in their place.
  const sandboxOf = (id: string, kept: unknown[]): Sandbox =>
    ({
      id,
      fidelity: 'spec',
      clock: { now: () => NOW, frozen: true },
      faults: new SandboxFaults((label) => seededRandom(1, label)),
      journal: { record: (exchange: unknown) => void kept.push(exchange) },
      credentials: () => ({ labels: new Map([['psk', 'a key']]) }),
      world: () => ({}),
      runs: () => ({ edition: () => 1, list: async () => ({ items: [], hasMore: false }) }),
    }) as unknown as Sandbox
  const arrived = { method: 'GET', url: '/api/crew-runs', rawHeaders: ['authorization-psk', 'psk'] }
  const parsed = receive({ ...arrived, body: '', scheme: 'http' }, 'spec')
  const rows: readonly [
    what: string,
    again: { readonly sandbox: boolean; readonly key: boolean },
    status: number,
  ][] = [
    ['goes while its key is looked up', { sandbox: false, key: false }, 401],
    ['goes, and another of its id is made', { sandbox: true, key: false }, 401],
    ['is reset', { sandbox: true, key: true }, 200],
  ]
  for (const [what, again, status] of rows) {
    const kept: Record<string, unknown[]> = { standing: [], before: [], after: [] }
    const standing = sandboxOf('default', kept.standing ?? [])
    let own: Sandbox | undefined = sandboxOf('own', kept.before ?? [])
    let hasKey = true
    const sandboxes = {
      get: (id: string) => (id === 'default' ? standing : own),
      holder: () => (hasKey ? own?.id : undefined),
      isCredential: () => false,
      credentialsEdition: 0,
      keyring: () => ({
        find: (name: string) => {
          if (name !== 'psk' || !hasKey) return undefined
          // What happens meanwhile.
          own = again.sandbox ? sandboxOf('own', kept.after ?? []) : undefined
          hasKey = again.key
          return { sandbox: 'own', name, grant: { kind: 'reader', owner: 'psk', admin: true } }
        },
      }),
    } as unknown as Sandboxes
    const errors: unknown[] = []
    const around = {
      providers: [provider.provider],
      sandboxes,
      checkReplies: true,
      report: (error: unknown) => void errors.push(error),
    }
    const walked = await walker(around)(provider, new Received(parsed, '', parsed.rawPath))
    t.match(walked, { reply: { status } }, `its sandbox ${what}`)
    t.match(
      [kept.standing, kept.before, kept.after],
      status === 200
        ? [[], [], [{ status, credential: 'a key' }]]
        : [[{ status, credential: undefined }], [], []],
      `its sandbox ${what}: the journals`,
    )
    t.same(errors, [], `its sandbox ${what}: no error of ours`)
  }
})

t.test('a token in flight does not open the next sandbox of that id', async (t) => {
  const { runyard } = await serve(t, { scenario: 'empty' })
  const make = () => runyard.sandbox({ id: 'brief' })
  let sandbox = await make()
  for (let turns = 0; turns < 8; turns++) {
    const { clientId = '', clientSecret = '' } = sandbox.credentials.conductorone.admin ?? {}
    const minted = await runyard.fetch('/auth/v1/token', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    })
    const { access_token: token } = (await minted.json()) as { access_token: string }
    const headers = { authorization: `Bearer ${token}` }
    const asked = Array.from({ length: 40 }, () => runyard.fetch('/api/v1/role-mining/runs', { headers }))
    // How far they have come by then is another matter each time.
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
    await sandbox.delete()
    sandbox = await make()
    const statuses = new Set((await Promise.all(asked)).map(({ status }) => status))
    t.ok([...statuses].every((status) => status === 200 || status === 401))
    t.equal((await sandbox.journal.list()).recorded, 0, `after ${turns} turns`)
  }
})

t.test('an error of the journal fails no request, and is told', async (t) => {
  const yard = served.find((each) => each.provider.name === 'nx1')
  if (yard === undefined) throw new Error('no Nx1')
  const wrong = new Error('the journal is wrong')
  const standing = {
    id: 'default',
    fidelity: 'spec',
    clock: { now: () => NOW, frozen: true },
    journal: {
      record: () => {
        throw wrong
      },
    },
  } as unknown as Sandbox
  const sandboxes = {
    get: () => standing,
    keyring: () => ({ find: () => undefined }),
    isCredential: () => false,
    credentialsEdition: 0,
  } as unknown as Sandboxes
  const key = `psk_prod_${'x'.repeat(32)}`
  const lines: string[] = []
  const errors: unknown[] = []
  const around = {
    providers: served.map(({ provider }) => provider),
    sandboxes,
    checkReplies: true,
    report: (error: unknown) => void errors.push(error),
  }
  const control = {
    answer: () => {
      throw new Error('nobody asks')
    },
  }
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const app = httpServer({ served, around, control, logger })
  t.teardown(() => app.close())
  const got = await app.inject({ url: `/nx1/api/crew/${key}?x=1` })
  t.equal(got.statusCode, 404)
  t.same(errors, [wrong])
  t.match(
    lines.map((line): unknown => JSON.parse(line)),
    [{ msg: 'exchange', provider: 'nx1', method: 'GET', path: '/nx1/api/crew/[redacted]', status: 404 }],
    'the log has the path as the journal has it',
  )
  t.notMatch(lines.join(''), key)
})

t.test('the journal is told nothing that could be used as a credential', async (t) => {
  const yard = await serve(t)
  const { trigger, nx1, conductorone } = yard.sandbox.credentials
  const key = trigger.prod.secretKey
  const jwt = conductorone.admin.bearer
  const cases: readonly [path: string, headers: Record<string, string>, seen: object][] = [
    [
      `${RUNS}?page[size]=10&filter[tag]=a+b`,
      { ...asProd(yard), 'x-trigger-branch': 'main', cookie: 'sid=1', 'x-other': 'y', prefer: 'delay=1' },
      {
        provider: 'trigger',
        operation: 'list_runs_v1',
        step: 'present',
        method: 'GET',
        path: RUNS,
        search: 'page[size]=10&filter[tag]=a+b',
        headers: {
          authorization: '[redacted]',
          cookie: '[redacted]',
          'x-trigger-branch': 'main',
          prefer: 'delay=1',
          'x-other': undefined,
        },
        credential: 'prod',
        status: 200,
        page: { position: 'first', items: Number },
      },
    ],
    [
      `${RUNS}?token=a&api_key=b&x=${key}&y=${encodeURIComponent(key)}&z=${jwt}&page_token=c&${key}`,
      {},
      {
        search:
          'token=[redacted]&api_key=[redacted]&x=[redacted]&y=[redacted]&z=%s&page_token=c&[redacted]'.replace(
            '%s',
            '[redacted]',
          ),
        status: 401,
        step: 'authenticate',
        credential: undefined,
      },
    ],
    [
      `/api/v1/runs/${key}`,
      {},
      { path: '/api/v1/runs/[redacted]', step: 'route', operation: undefined, status: 404 },
    ],
    [
      '/realms/rapid/protocol/openid-connect/auth?client_id=nx1&response_type=code&code_challenge=abc&id_token_hint=x&code=y&login_hint=z',
      {},
      {
        search:
          'client_id=nx1&response_type=code&code_challenge=abc&id_token_hint=[redacted]&code=[redacted]&login_hint=z',
      },
    ],
    [
      '/nx1/api/crew-runs?limit=2',
      { 'authorization-psk': nx1.psk.alice },
      {
        path: '/api/crew-runs',
        headers: { 'authorization-psk': '[redacted]' },
        credential: 'alice',
        page: { items: 2, more: true },
      },
    ],
    [
      '/api/v1/role-mining/runs?page_token=abc',
      { authorization: `Bearer ${jwt}` },
      { search: 'page_token=abc', step: 'query', status: 400 },
    ],
  ]
  for (const [path, headers, seen] of cases) {
    await yard.send('DELETE', '/_runyard/sandboxes/default/journal')
    await yard.get(path, headers)
    const { json, text } = await yard.get<{ exchanges: unknown[] }>('/_runyard/sandboxes/default/journal')
    t.equal(json.exchanges.length, 1)
    t.match(json.exchanges[0], seen, path)
    for (const secret of [key, jwt, nx1.psk.alice]) t.notMatch(text, secret)
  }

  const { clientId, clientSecret } = conductorone.admin
  const mint = (secret: string) =>
    yard.send('POST', `/auth/v1/token?assertion=${clientSecret}`, {
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: secret,
      }),
    })
  const known: readonly [ask: () => Promise<unknown>, status: number, credential: string | undefined][] = [
    [() => mint(clientSecret), 200, 'admin'],
    [() => mint('nope'), 401, undefined],
    [() => yard.get(RUNS, { ...asProd(yard), prefer: 'code=401' }), 401, 'prod'],
    [() => yard.get(`${RUNS}?x=${encodeURIComponent(clientSecret)}`, asProd(yard)), 200, 'prod'],
  ]
  for (const [ask, status, credential] of known) {
    await yard.send('DELETE', '/_runyard/sandboxes/default/journal')
    await ask()
    const { json, text } = await yard.get<{ exchanges: unknown[] }>('/_runyard/sandboxes/default/journal')
    t.match(json.exchanges, [{ status, credential }], 'a credential that was proved')
    t.notMatch(text, 'secret-token')
  }
})

t.test("Trigger.dev's own client comes through", async (t) => {
  const yard = await serve(t, { clock: 'live' })
  const client = new TriggerClient({
    baseURL: yard.url,
    accessToken: yard.sandbox.credentials.trigger.prod.secretKey,
  })
  const cases: readonly [fault: object, least: number, why: string][] = [
    [{ status: 429, retryAfter: '1200ms', count: 1 }, 1000, 'it waits as long as the 429 tells it'],
    [{ status: 503, count: 2 }, 0, 'it asks again after a 503'],
    [{ reset: 'before', count: 1 }, 0, 'and after a connection that was reset'],
  ]
  for (const [fault, least, why] of cases) {
    const { id } = await fail(yard, fault)
    const start = performance.now()
    const page = await client.runs.list({ limit: 10 })
    t.equal(page.data.length, 10, why)
    t.ok(performance.now() - start >= least, `${why} (${performance.now() - start} ms)`)
    t.match((await yard.get(`${FAULTS}/${id}`)).json, { state: 'spent' })
    await clear(yard)
  }
})
