import fc from 'fast-check'
import t from 'tap'
import { ListBody } from '../src/http/list-body.ts'
import { Requests } from '../src/http/requests.ts'
import { serve as atWork, discoverProviders } from '../src/server/discover.ts'
import { type Got, NOW, serve, type Yard } from './serve.ts'

/** One request, spelled the same for both servers. */
interface Question {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly method?: string
}

/** Whoever asks like this gets what is worked out for it alone. */
const AFRESH = { 'cache-control': 'no-cache' }

const HOUR = 3_600_000

/** What the default sandbox of every server has. */
function questionsOf({ sandbox: { credentials } }: Yard) {
  const { trigger, nx1, conductorone, basedash } = credentials
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const [automation] = basedash.automations
  const runs = `/api/public/organizations/${basedash.organizationId}/automations/${automation?.id}/runs`
  const of = (path: string, headers: Record<string, string>, queries: readonly string[]): Question[] =>
    queries.map((query) => ({ path: `${path}${query && `?${query}`}`, headers }))
  const pages = ['', 'page[size]=10', 'filter[status]=EXECUTING', 'filter[status]=COMPLETED&page[size]=20']
  const period = [
    'filter[createdAt][period]=2h',
    'filter[createdAt][period]=1d&page[size]=100',
    'page[size]=1',
  ]
  return [
    ...of('/api/v1/runs', bearer(trigger.prod.secretKey), [...pages, ...period]),
    ...of('/trigger/api/v1/runs', bearer(trigger.prod.secretKey), pages),
    ...of(
      '/api/v1/runs',
      { ...bearer(trigger.prod.secretKey), 'x-trigger-api-version': '2025-07-16' },
      pages,
    ),
    ...of('/api/v1/runs', { ...bearer(trigger.prod.secretKey), origin: 'http://a.example' }, ['', 'x=1']),
    ...of('/api/v1/runs', bearer(trigger.dev.secretKey), pages),
    ...of('/api/v1/runs', bearer(trigger.preview.secretKey), ['']),
    ...of(
      '/api/v1/runs',
      { ...bearer(trigger.preview.secretKey), 'x-trigger-branch': trigger.preview.branch },
      [''],
    ),
    ...Object.values(nx1.psk).flatMap((psk) =>
      of('/api/crew-runs', { 'authorization-psk': psk }, ['', 'limit=5', 'limit=0', 'limit=x']),
    ),
    ...of('/api/v1/role-mining/runs', bearer(conductorone.admin.bearer), [
      '',
      'page_size=10',
      'page_token=x',
    ]),
    ...of('/api/v1/role-mining/runs/latest', bearer(conductorone.admin.bearer), ['']),
    ...of('/api/v1/role-mining/runs', bearer(conductorone.basic.bearer), ['']),
    ...of(runs, bearer(basedash.admin.apiKey), ['', 'limit=7', 'limit=0', 'cursor=nowhere']),
    ...of(runs, bearer(basedash.member.apiKey), ['']),
  ].flatMap((question) => [question, { ...question, method: 'HEAD' }])
}

async function ask({ send }: Yard, { path, headers, method = 'GET' }: Question, more = {}) {
  const {
    status,
    headers: got,
    text,
  }: Got<unknown> = await send(method, path, {
    headers: { ...headers, ...more },
  })
  return { status, text, headers: [...got].filter(([name]) => name !== 'date') }
}

/** Something that changes what is answered: the calls that both servers get. */
type Change = readonly [method: string, path: string, body?: unknown]

const RUNS: readonly Change[] = [
  ['POST', '/runs/trigger', [{ status: 'EXECUTING' }, {}]],
  ['POST', '/runs/nx1', { status: 'failed' }],
  ['POST', '/runs/conductorone', [{}, {}, {}]],
  ['POST', '/runs/basedash', {}],
  ['DELETE', '/runs/trigger'],
  ['DELETE', '/runs/nx1'],
]

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...RUNS),
  fc.constant<Change>(['POST', '/reset']),
  fc
    .integer({ min: 1, max: 30 * HOUR })
    .map((ms): Change => ['PATCH', '/clock', { advance: `${ms}ms`, frozen: true }]),
  fc
    .integer({ min: -30 * HOUR, max: 30 * HOUR })
    .map((ms): Change => ['PATCH', '/clock', { now: new Date(NOW + ms).toISOString(), frozen: true }]),
  fc.constant<Change>(['POST', '/faults', { provider: 'nx1', count: 1, status: 500 }]),
)

for (const fidelity of ['spec', 'live'] as const) {
  t.test(`in ${fidelity}, a kept answer is the one that would be worked out`, async (t) => {
    const [keeping, afresh] = [await serve(t, { fidelity }), await serve(t, { fidelity })]
    const questions = questionsOf(keeping)
    const read = fc.integer({ min: 0, max: questions.length - 1 }).map((number) => ({ number }))
    const script = fc.array(fc.oneof({ weight: 3, arbitrary: read }, { weight: 1, arbitrary: change }), {
      minLength: 4,
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(script, async (script) => {
        for (const yard of [keeping, afresh]) await yard.control('POST', '/sandboxes/default/reset')
        for (const step of script) {
          if ('number' in step) {
            const question = questions[step.number]
            if (question === undefined) throw new Error('there is no such question')
            // The third answer is a kept one, the others may be. Both servers count what they are asked.
            for (const _ of [1, 2, 3]) {
              const right = await ask(afresh, question, AFRESH)
              t.same(await ask(keeping, question), right, JSON.stringify(question))
            }
          } else {
            const [method, path, body] = step
            for (const yard of [keeping, afresh]) {
              const { status } = await yard.control(method, `/sandboxes/default${path}`, body)
              if (status >= 400) throw new Error(`${method} ${path}: ${status}`)
            }
          }
        }
      }),
      { numRuns: 25 },
    )
  })
}

t.test('of two credentials, the one that still counts decides', async (t) => {
  const yard = await serve(t)
  const { psk, oauth } = yard.sandbox.credentials.nx1
  const realm = (path: string, form: Record<string, string>) =>
    yard.send<{ access_token: string; refresh_token: string }>(
      'POST',
      `/realms/rapid/protocol/openid-connect/${path}`,
      { body: new URLSearchParams({ client_id: oauth.clientId, ...form }) },
    )
  const admin = { grant_type: 'password', username: 'admin', password: 'admin', scope: 'openid' }
  const { json: tokens } = await realm('token', admin)
  const headers = { authorization: `Bearer ${tokens.access_token}`, 'authorization-psk': psk.bob }
  const owners = async (): Promise<string[]> => {
    const { json } = await yard.get<{ owner_id: string }[]>('/api/crew-runs', headers)
    return [...new Set(json.map((run) => run.owner_id))].sort()
  }
  for (const _ of [1, 2, 3]) t.same(await owners(), ['admin', 'alice', 'bob', 'psk'])
  await realm('logout', { refresh_token: tokens.refresh_token })
  for (const _ of [1, 2, 3]) t.same(await owners(), ['bob'], 'the token has ended with its session')
})

t.test('a page is written as JSON is', async (t) => {
  const item = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()))
  const member = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.array(item))
  const body = fc.oneof(fc.array(item), fc.dictionary(fc.string(), member))
  fc.assert(
    fc.property(body, (body) => {
      // The second time, what was written is there.
      for (const _ of [1, 2]) t.equal(new ListBody(body).toBuffer().toString(), JSON.stringify(body))
    }),
  )
})

t.test('every question is one of its own', async (t) => {
  // All in one server, in both orders: whatever was asked before, each has the answer it has when it is asked alone.
  const yard = await serve(t)
  const questions = questionsOf(yard)
  const right = await Promise.all(questions.map((question) => ask(yard, question, AFRESH)))
  for (const order of [questions, questions.toReversed(), questions, questions.toReversed()])
    for (const question of order)
      t.same(await ask(yard, question), right[questions.indexOf(question)], JSON.stringify(question))
})

t.test('only what comes again is remembered', async (t) => {
  const served = await Promise.all((await discoverProviders()).map(atWork))
  const arrived = (...headers: string[]) => ({
    method: 'GET',
    url: '/api/v1/runs',
    rawHeaders: ['accept', 'application/json', ...headers],
    body: '',
    scheme: 'http',
  })
  const requests = new Requests(served, () => 'spec')
  const again = Array.from({ length: 4 }, () => requests.read(arrived()).request)
  t.same(
    again.map(({ isKept }) => isKept),
    [false, true, true, true],
  )
  t.equal(again[3], again[1], 'from the second time on as one')

  const others = new Requests(served, () => 'spec')
  for (let i = 0; i < 20; i++) {
    const { request } = others.read(arrived('traceparent', `00-${i}`))
    t.notOk(request.isKept, 'with a header that is another each time')
  }
  const turns = Array.from({ length: 20 }, (_, i) => others.read(arrived('x-client', String(i % 3))).request)
  t.equal(turns[19], turns[16], 'clients that take turns are told apart')
  t.not(turns[19], turns[18])
})

t.test('a sandbox made again under the same id has answers of its own', async (t) => {
  const yard = await serve(t)
  const seen = new Set<string>()
  for (let i = 0; i < 3; i++) {
    const made = await yard.runyard.sandbox({ id: 'again', seed: 7 })
    const headers = { authorization: `Bearer ${made.credentials.trigger.prod.secretKey}` }
    const first = await ask(yard, { path: '/api/v1/runs', headers })
    for (const _ of [1, 2]) t.same(await ask(yard, { path: '/api/v1/runs', headers }), first)
    t.equal(first.status, 200)
    t.notOk(seen.has(first.text), 'its environments have ids of its own')
    seen.add(first.text)
    await made.delete()
    t.equal((await ask(yard, { path: '/api/v1/runs', headers })).status, 401, 'its key went with it')
  }
})

t.test('on a clock that goes, a period is one of the moment', async (t) => {
  const yard = await serve(t, { clock: 'live', scenario: 'empty' })
  const sandbox = await yard.runyard.sandbox('default')
  await sandbox?.runs.insert('trigger', { env: { name: 'prod' } })
  const { secretKey } = yard.sandbox.credentials.trigger.prod
  const question = {
    path: '/api/v1/runs?filter[createdAt][period]=1s',
    headers: { authorization: `Bearer ${secretKey}` },
  }
  const items = async (): Promise<number> => JSON.parse((await ask(yard, question)).text).data.length
  for (const _ of [1, 2, 3]) t.equal(await items(), 1)
  await sandbox?.clock.advance('2s')
  t.equal(await items(), 0, 'it has grown too old')
})
