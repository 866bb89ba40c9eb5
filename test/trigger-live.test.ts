import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { type JWTPayload, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import type { components } from '../src/providers/trigger/wire.ts'
import { Database } from '../src/store/database.ts'
import { type Got, NOW, serve, type Yard } from './serve.ts'

type Status = components['schemas']['ListRunItem']['status'] | 'WAITING_FOR_DEPLOY'
type Run = Omit<Required<components['schemas']['ListRunItem']>, 'status'> & { status: Status }
type List = { data: Run[]; pagination: { next?: string; previous?: string } }
type Refusal = components['schemas']['ErrorWithDetailsResponse']

const PATH = '/api/v1/runs'
const V2 = { 'x-trigger-api-version': '2025-07-16' }
const MINUTE = 60_000
const DAY = 86_400_000
/** A period that nobody can read: no bound, so the way to see all of history. */
const EVER = 'filter[createdAt][period]=banana'

type Reader = (query?: string, headers?: Record<string, string>) => Promise<Got<List & Refusal>>

/** A reader of one environment's runs by its secret key. */
function reader(yard: Yard, environment: 'dev' | 'staging' | 'prod' = 'prod'): Reader {
  const { secretKey } = yard.sandbox.credentials.trigger[environment]
  return (query = '', headers = {}) =>
    yard.get(`${PATH}${query && `?${query}`}`, { authorization: `Bearer ${secretKey}`, ...headers })
}

/** Every run that a query finds, by following `next` from the newest. */
async function walk(read: Reader, query = '', headers = {}): Promise<Run[]> {
  const runs: Run[] = []
  let after = ''
  do {
    const { json } = await read(`${query}&page[size]=100&page[after]=${after}`, headers)
    runs.push(...json.data)
    if (runs.length > 10_000) throw new Error('the walk does not end')
    after = json.pagination.next ?? ''
  } while (after)
  return runs
}

const ids = (runs: readonly { id: string }[]): string[] => runs.map(({ id }) => id)
const at = (run: Run): number => Date.parse(run.createdAt)

/** Mints a public token of the prod environment as the vendor's client does. */
async function publicToken(
  yard: Yard,
  claims: JWTPayload,
  key = yard.sandbox.credentials.trigger.prod.secretKey,
): Promise<string> {
  const sub = (await reader(yard)(EVER)).json.data[0]?.env.id ?? ''
  const standard = { sub, pub: true, iss: 'https://id.trigger.dev', aud: 'https://api.trigger.dev' }
  return new SignJWT({ ...standard, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(key))
}

function scenario(t: Test, content: object): string {
  const path = join(t.testdir(), 'scenario.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

// The clock stands still, so that a bucket is never filled again: what is not about limits goes without.
const yard = await serve(t, { fidelity: 'live', rateLimits: false })
const edge = await serve(t, { fidelity: 'live', rateLimits: false, scenario: 'edge' })

interface Recorded {
  readonly name: string
  readonly request: {
    method: string
    path: string
    query: string
    credential: string | null
    headers?: Record<string, string>
  }
  readonly response: { status: number; headers: Record<string, string>; body: unknown }
}

t.test('what was recorded of the real service is answered, byte for byte', async (t) => {
  // As the recording's environment: 60 runs, of which 59 lie in the last 7 days, more than a page of them of one task.
  const path = scenario(t, { days: 8, trigger: { prod: { past: 60, bulkActions: 7 } } })
  const yard = await serve(t, { fidelity: 'live', scenario: path, seed: 8 })
  const read = reader(yard)
  t.equal((await read(`page[size]=100&${EVER}`)).json.data.length, 60)
  t.equal((await read('page[size]=100')).json.data.length, 59)

  /** What the recording calls by names of its own, and what that is here. */
  const { prod, preview } = yard.sandbox.credentials.trigger
  const standIns: [theirs: string, ours: string][] = [
    ['<valid key>', prod.secretKey],
    ['valid prod key', `Bearer ${prod.secretKey}`],
    ['tr_preview_AAAAAAAAAAAAAAAAAAAAAAAA', preview.secretKey],
    ['task-a', 'deliver-webhook'],
    ['jwt:none', `Bearer ${await publicToken(yard, { scopes: [] })}`],
    ['jwt:taskA', `Bearer ${await publicToken(yard, { scopes: ['read:tasks:deliver-webhook'] })}`],
    ['jwt:bad', `Bearer ${await publicToken(yard, { scopes: ['admin'] }, 'tr_prod_nope')}`],
    ['jwt:expired', `Bearer ${await publicToken(yard, { scopes: ['admin'], exp: 1_700_000_000 })}`],
    ['jwt:admin', `Bearer ${await publicToken(yard, { scopes: ['admin'] })}`],
  ]
  const ours = (text: string): string =>
    standIns.reduce((said, [theirs, our]) => said.replaceAll(theirs, our), text)

  const { cases } = JSON.parse(readFileSync('test/recorded/trigger.json', 'utf8')) as { cases: Recorded[] }
  t.equal(cases.length, 38)
  const headerNames = new Set(cases.flatMap(({ response }) => Object.keys(response.headers)))
  for (const { name, request, response } of cases) {
    const { method, path, query, credential, headers } = request
    const got = await yard.send<List>(method, `${path}${query && `?${ours(query)}`}`, {
      headers: { ...(credential !== null && { authorization: ours(credential) }), ...headers },
    })
    t.equal(got.status, response.status, name)
    for (const header of headerNames) {
      t.equal(got.headers.get(header), response.headers[header] ?? null, `${name}: ${header}`)
    }
    const { body } = response
    if (typeof body === 'object' && body !== null && 'data_count' in body) {
      const { data, pagination } = got.json
      t.same({ data_count: data.length, pagination_keys: Object.keys(pagination) }, body, name)
    } else {
      const isProblem = response.headers['content-type']?.includes('problem')
      const text = typeof body === 'string' ? body : JSON.stringify(body, null, isProblem ? 2 : 0)
      t.equal(got.text, text, name)
    }
  }
})

const positive =
  '{"code":"too_small","minimum":0,"type":"number","inclusive":false,"exact":false,"message":"Number must be greater than 0","path":["page[size]"]}'
const atLeastOne =
  '{"code":"too_small","minimum":1,"type":"number","inclusive":true,"exact":false,"message":"Number must be greater than or equal to 1","path":["page[size]"]}'
const tooBig =
  '{"code":"too_big","maximum":100,"type":"number","inclusive":true,"exact":false,"message":"Number must be less than or equal to 100","path":["page[size]"]}'
const float =
  '{"code":"invalid_type","expected":"integer","received":"float","message":"Expected integer, received float","path":["page[size]"]}'
const nan =
  '{"code":"invalid_type","expected":"number","received":"nan","path":["page[size]"],"message":"Expected number, received nan"}'
const custom = (name: string, message: string): string =>
  JSON.stringify({ code: 'custom', message, path: [name] })
const status = (words: string): string => custom('filter[status]', `Invalid status values: ${words}`)
const machine = (words: string): string => custom('filter[machine]', `Invalid machine values: ${words}`)
const isTest = (value: string): string => custom('filter[isTest]', `Invalid value for isTest: ${value}`)
const date = (name: string): string =>
  JSON.stringify({ code: 'invalid_date', path: [`filter[createdAt][${name}]`], message: 'Invalid date' })

t.test('what is refused, in whose words', async (t) => {
  const read = reader(yard)
  const cases: [query: string, ...details: string[]][] = [
    ['page[size]=0', positive, atLeastOne],
    ['page[size]=', positive, atLeastOne],
    ['page[size]=%20', positive, atLeastOne],
    ['page[size]=-1', positive, atLeastOne],
    ['page[size]=-0', positive, atLeastOne],
    ['page[size]=0.5', float, atLeastOne],
    ['page[size]=-0.5', float, positive, atLeastOne],
    ['page[size]=10.5', float],
    ['page[size]=100.5', float, tooBig],
    ['page[size]=101', tooBig],
    ['page[size]=1e9', tooBig],
    ['page[size]=Infinity', float, tooBig],
    ['page[size]=-Infinity', float, positive, atLeastOne],
    ['page[size]=abc', nan],
    ['page[size]=1,2', nan],
    ['page[size]=20&page[size]=0', positive, atLeastOne],
    ['filter[status]=FOOBAR,COMPLETED,BAZ', status('FOOBAR, BAZ')],
    ['filter[status]=completed', status('completed')],
    ['filter[status]=COMPLETED, QUEUED', status(' QUEUED')],
    ['filter[status]=COMPLETED,', status('')],
    ['filter[status]=__proto__,constructor', status('__proto__, constructor')],
    // a word that replies use, and no filter takes
    ['filter[status]=WAITING_FOR_DEPLOY', status('WAITING_FOR_DEPLOY')],
    ['filter[status]=PENDING', status('PENDING')],
    ['filter[machine]=small-1x,huge,tiny', machine('huge, tiny')],
    ['filter[machine]=MICRO', machine('MICRO')],
    ['filter[machine]=micro,', machine('')],
    ['filter[isTest]=1', isTest('1')],
    ['filter[createdAt][from]=notadate', date('from')],
    [`filter[createdAt][from]=${'1:1'.repeat(60_000)}`, date('from')],
    ['filter[createdAt][to]=1h', date('to')],
    ['filter[createdAt][to]=2024-13-45', date('to')],
    ['filter[createdAt][from]=Infinity', date('from')],
    ['filter[createdAt][from]=8640000000000001', date('from')],
    ['filter[createdAt][from]=x&filter[createdAt][period]=1d', date('from')],
    [
      'filter[machine]=y&filter[createdAt][from]=x&filter[isTest]=maybe&filter[status]=NOPE&page[size]=0',
      positive,
      atLeastOne,
      status('NOPE'),
      isTest('maybe'),
      date('from'),
      machine('y'),
    ],
  ]
  for (const headers of [{}, V2]) {
    for (const [query, ...details] of cases) {
      const got = await read(query, headers)
      t.equal(got.status, 400, query)
      t.equal(got.text, `{"error":"Query Error","details":[${details.join(',')}]}`, query)
    }
  }
})

t.test('what is taken, though it looks odd', async (t) => {
  const read = reader(yard)
  const everything = ids((await read()).json.data)
  const cases: [query: string, runs: number][] = [
    ['page[size]=1', 1],
    ['page[size]=5', 5],
    [`page[size]=100&${EVER}`, 100],
    ['page[size]=1e1', 10],
    ['page[size]=0x10', 16],
    ['page[size]=%2010', 10],
    ['page[size]=0&page[size]=7', 7],
    ['filter[status]=&filter[tag]=&filter[machine]=&filter[queue]=&filter[region]=', 25],
    ['filter[batch]=&filter[error]=&filter[bulkAction]=&page[after]=&page[before]=', 25],
    ['filter[createdAt][from]=&filter[createdAt][to]=&filter[createdAt][period]=', 25],
    ['filter[env]=dev&filter[machine][]=huge&filter[Machine]=huge&filter[foo]=1', 25],
  ]
  for (const [query, runs] of cases) {
    const got = await read(query)
    t.equal(got.status, 200, query)
    t.same(ids(got.json.data).slice(0, 25), everything.slice(0, runs), query)
    t.equal(got.json.data.length, runs, query)
  }
})

t.test('ids that the service trips over', async (t) => {
  const read = reader(yard)
  const powerless = { authorization: `Bearer ${await publicToken(yard, { scopes: [] })}` }
  const cases: [query: string, answer: number, headers?: Record<string, string>][] = [
    ['filter[error]=error_', 500],
    ['filter[error]=error_a_b', 500],
    ['filter[error]=error_0123456789abcdef', 200],
    ['filter[error]=0123456789abcdef', 200],
    ['filter[error]=a_b', 200],
    ['filter[bulkAction]=bulk_', 500],
    ['filter[bulkAction]=bulk_a_b', 500],
    ['filter[bulkAction]=bulk_1234', 200],
    ['filter[bulkAction]=a_b', 200],
    ['filter[batch]=batch_a_b', 200],
    ['filter[schedule]=sched_a_b', 200],
    // every check comes before the query that fails
    ['filter[error]=error_&page[size]=0', 400],
    ['filter[error]=error_', 403, powerless],
  ]
  for (const [query, answer, headers] of cases) {
    const got = await read(query, headers)
    t.equal(got.status, answer, query)
    if (answer === 200) t.equal(got.text, '{"data":[],"pagination":{}}', query)
    if (answer === 500) t.equal(got.text, '{"error":"Internal Server Error"}', query)
  }
})

t.test('the words for statuses', async (t) => {
  const read = reader(yard)
  const older = await walk(read, EVER)
  const newer = await walk(read, EVER, V2)
  t.same(ids(newer), ids(older), 'the same runs')

  // What the service keeps, by both of its words; PAUSED reads as WAITING_TO_RESUME does.
  const pairs = new Map(older.map((run, i) => [`${run.status} ${newer[i]?.status}`, run]))
  t.same([...pairs.keys()].sort(), [
    'CANCELED CANCELED',
    'COMPLETED COMPLETED',
    'CRASHED CRASHED',
    'DELAYED DELAYED',
    'EXECUTING DEQUEUED',
    'EXECUTING EXECUTING',
    'EXPIRED EXPIRED',
    'FAILED FAILED',
    'FROZEN WAITING',
    'INTERRUPTED FAILED',
    'PENDING_VERSION PENDING_VERSION',
    'QUEUED QUEUED',
    'REATTEMPTING EXECUTING',
    'SYSTEM_FAILURE SYSTEM_FAILURE',
    'TIMED_OUT TIMED_OUT',
    'WAITING_FOR_DEPLOY PENDING_VERSION',
  ])

  // Members that are true, by word.
  const flags: Record<string, string> = {
    DELAYED: 'isQueued',
    PENDING_VERSION: 'isQueued',
    WAITING_FOR_DEPLOY: 'isQueued',
    QUEUED: 'isQueued',
    DEQUEUED: 'isExecuting',
    EXECUTING: 'isExecuting',
    REATTEMPTING: 'isExecuting',
    FROZEN: 'isExecuting',
    WAITING: 'isWaiting',
    COMPLETED: 'isCompleted isSuccess',
    CANCELED: 'isCompleted isFailed isCancelled',
    FAILED: 'isCompleted isFailed',
    CRASHED: 'isCompleted isFailed',
    INTERRUPTED: 'isCompleted isFailed',
    SYSTEM_FAILURE: 'isCompleted isFailed',
    EXPIRED: '',
    TIMED_OUT: '',
  }
  for (const run of [...older, ...newer]) {
    const truths = Object.entries(run).flatMap(([name, value]) =>
      name.startsWith('is') && name !== 'isTest' && value === true ? name : [],
    )
    if (truths.join(' ') !== flags[run.status]) t.fail(`${run.id} ${run.status}: ${truths.join(' ')}`)
  }

  // word of a filter | the runs that it finds, by their two words
  const cases: [word: string, ...found: string[]][] = [
    ['DELAYED', 'DELAYED DELAYED'],
    ['QUEUED', 'QUEUED QUEUED'],
    ['PENDING_VERSION', 'PENDING_VERSION PENDING_VERSION'],
    ['DEQUEUED', 'EXECUTING DEQUEUED'],
    ['EXECUTING', 'EXECUTING EXECUTING'],
    ['REATTEMPTING', 'REATTEMPTING EXECUTING'],
    ['FROZEN', 'FROZEN WAITING'],
    ['COMPLETED', 'COMPLETED COMPLETED'],
    ['CANCELED', 'CANCELED CANCELED'],
    ['FAILED', 'FAILED FAILED'],
    ['INTERRUPTED', 'INTERRUPTED FAILED'],
    ['CRASHED', 'CRASHED CRASHED'],
    ['SYSTEM_FAILURE', 'SYSTEM_FAILURE SYSTEM_FAILURE'],
    ['EXPIRED', 'EXPIRED EXPIRED'],
    ['TIMED_OUT', 'TIMED_OUT TIMED_OUT'],
    ['FAILED,CRASHED', 'FAILED FAILED', 'CRASHED CRASHED'],
  ]
  for (const [word, ...found] of cases) {
    const expected = older.filter((run, i) => found.includes(`${run.status} ${newer[i]?.status}`))
    t.ok(expected.length > 0, `${word}: there is something to find`)
    for (const headers of [{}, V2]) {
      t.same(ids(await walk(read, `${EVER}&filter[status]=${word}`, headers)), ids(expected), word)
    }
  }
  const frozen = ids(await walk(read, `${EVER}&filter[status]=FROZEN`))
  const waiting = ids(await walk(read, `${EVER}&filter[status]=WAITING`, V2))
  t.ok(waiting.length > 0 && waiting.length < frozen.length, 'WAITING misses what is PAUSED')
  t.ok(waiting.every((id) => frozen.includes(id)))
})

t.test('runs in the states that the document has no word for hang together', async (t) => {
  for (const source of [yard, edge]) {
    const runs = await walk(reader(source), EVER)
    for (const run of runs) {
      const isOver = run.finishedAt !== undefined
      const holds: Record<string, boolean> = {
        EXPIRED:
          run.expiredAt === run.finishedAt &&
          run.ttl === '10m' &&
          Date.parse(run.expiredAt) - Date.parse(run.delayedUntil ?? run.createdAt) === 10 * MINUTE &&
          run.startedAt === undefined &&
          run.version === undefined &&
          run.durationMs === 0,
        TIMED_OUT: isOver && run.startedAt !== undefined && run.durationMs > 0 && run.version !== undefined,
        DELAYED: !isOver && Date.parse(run.delayedUntil) > NOW && run.startedAt === undefined,
        WAITING_FOR_DEPLOY: !isOver && run.version === undefined,
      }
      if (holds[run.status] === false) t.fail(run.status, { run })
      if (run.expiredAt && run.status !== 'EXPIRED') t.fail('expired, and is not EXPIRED', { run })
      if (run.startedAt < (run.delayedUntil ?? run.createdAt)) t.fail('started before its time', { run })
      if (run.finishedAt < run.startedAt) t.fail('finished before it started', { run })
    }
  }
  const [later] = (await reader(await serve(t, { fidelity: 'live' }))('filter[status]=DELAYED')).json.data
  t.type(later?.delayedUntil, 'string')
})

t.test('a scenario may ask for those states, and spec leaves them out', async (t) => {
  const outcomes = { EXPIRED: 1, TIMED_OUT: 1 }
  const path = scenario(t, { trigger: { prod: { past: 30, outcomes }, dev: { past: 30 } } })
  const words = async (yard: Yard, environment: 'dev' | 'prod'): Promise<string[]> =>
    [...new Set((await walk(reader(yard, environment), EVER)).map(({ status }) => status))].sort()
  const live = await serve(t, { fidelity: 'live', scenario: path })
  t.same(await words(live, 'prod'), ['EXPIRED', 'TIMED_OUT'])
  t.ok((await words(live, 'dev')).includes('EXPIRED'), 'they come without being asked for, too')
  const spec = await serve(t, { scenario: path })
  for (const environment of ['dev', 'prod'] as const) {
    t.same(
      await words(spec, environment),
      ['CANCELED', 'COMPLETED', 'CRASHED', 'FAILED', 'INTERRUPTED', 'SYSTEM_FAILURE'],
      environment,
    )
  }
})

t.test('filters that the document lacks', async (t) => {
  const read = reader(yard)
  const runs = await walk(read, EVER)
  const task =
    (...names: string[]) =>
    (run: Run) =>
      names.includes(run.taskIdentifier)
  const region =
    (...names: string[]) =>
    (run: Run) =>
      names.includes(run.region as string)
  const micro = task('send-welcome-email', 'deliver-webhook', 'trial-reminder')
  const cases: [query: string, keeps: (run: Run) => boolean, least: number][] = [
    ['filter[queue]=emails', task('send-welcome-email', 'trial-reminder'), 20],
    ['filter[queue]=task/charge-invoice', task('charge-invoice'), 10],
    ['filter[queue]=task%2Fcharge-invoice%2Cwebhooks', task('charge-invoice', 'deliver-webhook'), 30],
    ['filter[queue]=charge-invoice', () => false, 0],
    ['filter[machine]=micro', micro, 30],
    ['filter[machine]=medium-2x,micro', (run) => micro(run) || task('close-billing-period')(run), 31],
    ['filter[machine]=large-2x', () => false, 0],
    ['filter[region]=eu-central-1', region('eu-central-1'), 50],
    ['filter[region]=eu-central-1,us-east-1', () => true, 400],
    ['filter[region]=mars', () => false, 0],
    ['filter[machine]=micro&filter[region]=us-east-1', (run) => micro(run) && region('us-east-1')(run), 20],
    ['filter[batch]=batch_nope', () => false, 0],
  ]
  for (const [query, keeps, least] of cases) {
    const expected = ids(runs.filter(keeps))
    t.ok(expected.length >= least, `${query}: there is something to find`)
    t.same(ids(await walk(read, `${EVER}&${query}`)), expected, query)
  }
  const inSpec = reader(await serve(t))
  t.same(
    ids(
      (await inSpec('filter[machine]=huge&filter[queue]=nope&filter[batch]=x&filter[error]=error_')).json
        .data,
    ),
    ids((await inSpec()).json.data),
    'spec does not know them',
  )
})

t.test('batches and error groups, which no list shows', async (t) => {
  const db = join(t.testdir(), 'runyard.db')
  const options = { fidelity: 'live', rateLimits: false, db } as const
  const filling = await serve(t, options)
  await filling.runyard.close()
  const database = new Database(db)
  const rows = database.all<{ id: string; batch: string | null; error: string | null }>(
    `SELECT runs.id, facets ->> 'batch' AS batch, facets ->> 'error' AS error FROM runs
     WHERE provider = 'trigger' AND created_at <= ? ORDER BY created_at DESC, id DESC`,
    NOW,
  )
  database.close()
  const read = reader(await serve(t, options))
  const inProd = new Set(ids(await walk(read, EVER)))
  for (const [name, prefix] of [
    ['batch', 'batch_'],
    ['error', 'error_'],
  ] as const) {
    const values = rows.flatMap((row) => (inProd.has(row.id) && row[name] ? [row[name]] : []))
    const [value = ''] = values
    t.match(value, name === 'batch' ? /^batch_c[0-9a-z]{24}$/ : /^error_[0-9a-f]{16}$/)
    const expected = ids(rows.filter((row) => row[name] === value && inProd.has(row.id)))
    t.ok(expected.length > 0)
    t.same(ids(await walk(read, `${EVER}&filter[${name}]=${value}`)), expected, `${name} by its id`)
    const bare = value.slice(prefix.length)
    t.same(ids(await walk(read, `${EVER}&filter[${name}]=${bare}`)), expected, `${name} by its bare id`)
  }
  const { bulkActions = [] } = yard.sandbox.credentials.trigger.prod as { bulkActions?: string[] }
  const bulk = bulkActions[0] ?? ''
  const touched = ids(await walk(read, `${EVER}&filter[bulkAction]=${bulk}`))
  t.equal(touched.length, 8)
  t.same(ids(await walk(read, `${EVER}&filter[bulkAction]=${bulk.slice(5)}`)), touched, 'a bare id')
})

t.test('when runs were created', async (t) => {
  // Far from UTC, so that a date without a zone shows whether it is read in the machine's.
  const zone = process.env.TZ
  process.env.TZ = 'Asia/Kolkata'
  t.teardown(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  t.equal(new Date(0).getHours(), 5, 'the zone is another')
  const read = reader(yard)
  const runs = await walk(read, EVER)
  const some = runs[60] ?? runs[0]
  const [instant, text] = some ? [at(some), some.createdAt] : [0, '']
  const since = (ms: number) => (run: Run) => at(run) >= ms
  const until = (ms: number) => (run: Run) => at(run) <= ms
  const ago = (ms: number) => since(NOW - ms)
  const recent = ago(7 * DAY)
  const all = () => true
  const none = () => false
  const from = (value: string | number) => `filter[createdAt][from]=${encodeURIComponent(value)}`
  const to = (value: string | number) => `filter[createdAt][to]=${encodeURIComponent(value)}`
  const period = (value: string) => `filter[createdAt][period]=${encodeURIComponent(value)}`
  const may20 = Date.parse('2026-05-20T00:00:00Z')
  const cases: [query: string, keeps: (run: Run) => boolean][] = [
    // the hidden window, whatever else is filtered by
    ['', recent],
    ['filter[status]=COMPLETED', (run) => recent(run) && run.status === 'COMPLETED'],
    // one bound lifts it
    [from(instant), since(instant)],
    [from(instant + 1), since(instant + 1)],
    [from(text), since(instant)],
    [to(instant), until(instant)],
    [to(instant - 1), until(instant - 1)],
    [to(text), until(instant)],
    [to(NOW - 10 * DAY), until(NOW - 10 * DAY)],
    [to(NOW + DAY), all],
    [to('2030-01-01'), all],
    [`${from(instant)}&${to(instant)}`, (run) => at(run) === instant],
    [`${from(instant)}&${to(instant - 1)}`, none],
    [`${from(NOW + DAY)}&${to(NOW + 2 * DAY)}`, none],
    // 0 is falsy, and so is whatever comes out as 0
    [from(0), recent],
    [to(0), recent],
    [`${from(0)}&${to(0)}`, recent],
    [`${from(0)}&${to(instant)}`, until(instant)],
    [from('1970-01-01'), recent],
    [to('1970-01-01T00:00:00Z'), recent],
    [from('0.9'), recent],
    [from(' '), recent],
    [from(-1), all],
    [from(1), all],
    [to(1), none],
    [to(-1), none],
    // numbers are milliseconds, whatever they look like
    [from('2024'), all],
    [from('20240401'), all],
    [from('1e12'), all],
    [from('-1e15'), all],
    [to('1e15'), all],
    [to('1780315200'), none],
    // anything else is a date as JavaScript reads one, in UTC
    [from('2026-05-20'), since(may20)],
    [from('2026-05-20T10:00:00'), since(may20 + 10 * 60 * MINUTE)],
    [from('2026-05-20T10:00:00+02:00'), since(may20 + 8 * 60 * MINUTE)],
    [from('May 20, 2026'), since(may20)],
    [from('2026/5/20'), since(may20)],
    [from('5/20/2026 10:00'), since(may20 + 10 * 60 * MINUTE)],
    [from('Wed, 20 May 2026 10:00:00 GMT'), since(may20 + 10 * 60 * MINUTE)],
    [from('Wed May 20 2026 10:00:00 GMT+0200 (CEST)'), since(may20 + 8 * 60 * MINUTE)],
    [from('20 May 2026 10:00 EST'), since(may20 + 15 * 60 * MINUTE)],
    // periods
    [period('30m'), ago(30 * MINUTE)],
    [period('1d'), ago(DAY)],
    [period('1w'), recent],
    [period('10d'), ago(10 * DAY)],
    [period('1y'), all],
    [period('1M'), ago(MINUTE)],
    [period('1d 2h'), ago(26 * 60 * MINUTE)],
    [period('1.5d'), ago(1.5 * DAY)],
    [period('P1D'), ago(DAY)],
    [period('5'), ago(5)],
    [period('-1d'), none],
    ...['banana', '1dx', '1 fortnight', '0', '0d'].map((word): [string, () => boolean] => [
      period(word),
      all,
    ]),
    // beside one, the dates count for nothing
    [`${period('1d')}&${from('2020-01-01')}`, ago(DAY)],
    [`${period('1d')}&${from('2020-01-01')}&${to('2020-01-02')}`, ago(DAY)],
    [`${period('banana')}&${to('2020-01-01')}`, all],
  ]
  t.ok(runs.some((run) => !recent(run)) && runs.some(recent), 'there is something to hide')
  for (const [query, keeps] of cases) {
    t.same(ids(await walk(read, query)), ids(runs.filter(keeps)), query || 'nothing asked')
  }
})

const cursorOf = (run: Run | undefined): string =>
  Buffer.from(JSON.stringify({ c: run && at(run), r: run?.id.slice(4) })).toString('base64url')

t.test('pages follow each other in both directions', async (t) => {
  const cases: [name: string, yard: Yard, environment: 'dev' | 'staging' | 'prod', size: number][] = [
    ['default', yard, 'prod', 44],
    ['default', yard, 'staging', 7],
    ['edge, all in ties', edge, 'dev', 3],
    ['edge, a full page', edge, 'staging', 25],
    ['edge', edge, 'prod', 10],
  ]
  for (const [name, yard, environment, size] of cases) {
    const read = reader(yard, environment)
    const about = `${name}, ${environment} by ${size}`
    const pages: List[] = []
    for (let after = ''; ; after = pages.at(-1)?.pagination.next ?? '') {
      pages.push((await read(`${EVER}&page[size]=${size}&page[after]=${after}`)).json)
      if (pages.at(-1)?.pagination.next === undefined) break
    }
    const runs = pages.flatMap(({ data }) => data)
    t.equal(new Set(ids(runs)).size, runs.length, `${about}: every run once`)
    t.same(ids(runs), ids(await walk(read, EVER)), `${about}: the same walk`)
    t.equal(pages.length, Math.ceil(runs.length / size), `${about}: no page more than it takes`)
    for (const [i, page] of pages.entries()) {
      const pagination = {
        ...(i < pages.length - 1 && { next: cursorOf(page.data.at(-1)) }),
        ...(i > 0 && { previous: cursorOf(page.data[0]) }),
      }
      t.same(page.pagination, pagination, `${about}: pagination of page ${i}`)
    }

    let back = pages.at(-1)
    for (let i = pages.length - 2; i >= 0; i--) {
      const { json } = await read(`${EVER}&page[size]=${size}&page[before]=${back?.pagination.previous}`)
      t.same(json.data, pages[i]?.data.toReversed(), `${about}: page ${i}, coming back, oldest first`)
      const pagination = {
        next: cursorOf(json.data[0]),
        ...(i > 0 && { previous: cursorOf(json.data.at(-1)) }),
      }
      t.same(json.pagination, pagination, `${about}: pagination of page ${i}, coming back`)
      back = json
    }
  }
})

t.test('no cursor is refused', async (t) => {
  const read = reader(yard)
  const runs = await walk(read, EVER)
  const newest = runs.slice(0, 3)
  const [first, , third, fourth] = runs
  const last = runs.at(-1)
  const bare = (run: Run | undefined) => run?.id.slice(4) ?? ''
  const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const onward = (page: readonly Run[]) => ({ next: cursorOf(page.at(-1)), previous: cursorOf(page[0]) })
  const cases: [name: string, query: string, page: readonly Run[], pagination: object][] = [
    ['the first page', '', newest, { next: cursorOf(third) }],
    ['on from a run', `page[after]=${cursorOf(third)}`, runs.slice(3, 6), onward(runs.slice(3, 6))],
    ['past the end', `page[after]=${cursorOf(last)}`, [], {}],
    ['before the newest', `page[before]=${cursorOf(first)}`, [], {}],
    [
      'exactly a page before',
      `page[before]=${cursorOf(fourth)}`,
      newest.toReversed(),
      { next: cursorOf(third) },
    ],
    [
      'less than a page before',
      `page[before]=${cursorOf(third)}`,
      runs.slice(0, 2).toReversed(),
      { next: cursorOf(runs[1]) },
    ],
    [
      'both: before wins',
      `page[after]=${cursorOf(first)}&page[before]=${cursorOf(fourth)}`,
      newest.toReversed(),
      { next: cursorOf(third) },
    ],
    // a bare id, as cursors were until June 2026
    ['on from a bare id', `page[after]=${bare(third)}`, runs.slice(3, 6), onward(runs.slice(3, 6))],
    [
      'before a bare id',
      `page[before]=${bare(third)}`,
      runs.slice(0, 2).toReversed(),
      { next: cursorOf(runs[1]) },
    ],
    // what the document says is one: newer than any run
    ['run_1234', 'page[after]=run_1234', newest, onward(newest)],
    ['before run_1234', 'page[before]=run_1234', [], {}],
    ["a run's own id", `page[after]=${last?.id}`, newest, onward(newest)],
    ["before a run's own id", `page[before]=${last?.id}`, [], {}],
    // what sorts before all ids
    ['0', 'page[after]=0', [], {}],
    [
      'before 0',
      'page[before]=0',
      runs.slice(-3).toReversed(),
      { next: cursorOf(last), previous: cursorOf(runs.at(-3)) },
    ],
    // JSON, but no cursor
    ['an empty object', `page[before]=${json({})}`, [], {}],
    ['null, which sorts before all ids', `page[after]=${json(null)}`, [], {}],
    ['a text for the instant', `page[before]=${json({ c: '1', r: 'x' })}`, [], {}],
    // a place where no run is
    ['an instant before all', `page[after]=${json({ c: 0, r: 'x' })}`, [], {}],
    ['an instant after all', `page[after]=${json({ c: 1e300, r: '' })}`, newest, onward(newest)],
    [
      'another environment',
      `page[after]=${cursorOf(third)}&filter[env]=dev`,
      runs.slice(3, 6),
      onward(runs.slice(3, 6)),
    ],
  ]
  for (const [name, query, page, pagination] of cases) {
    const got = await read(`${EVER}&page[size]=3&${query}`)
    t.equal(got.status, 200, name)
    t.same(ids(got.json.data), ids(page), name)
    t.same(got.json.pagination, pagination, name)
  }
  const foreign = await reader(yard, 'dev')(`${EVER}&page[after]=${cursorOf(third)}`)
  t.ok(
    foreign.json.data.every(
      ({ env, createdAt }) => env.name === 'dev' && createdAt <= (third?.createdAt ?? ''),
    ),
  )
  const empty = await serve(t, { fidelity: 'live', scenario: 'empty' })
  t.equal((await reader(empty)()).text, '{"data":[],"pagination":{}}', 'no runs at all')
})

t.test('whatever a text says, it is read or refused', async (t) => {
  const read = reader(yard)
  const mayBeRefused = ['filter[createdAt][from]']
  const names = ['page[after]', 'page[before]', 'filter[createdAt][period]', 'filter[batch]', ...mayBeRefused]
  const dates = fc.stringMatching(/^[0-9a-zA-Z +:,/.()-]{0,20}$/)
  const texts = fc.oneof(fc.string({ unit: 'binary' }), dates)
  const holds = fc.asyncProperty(fc.constantFrom(...names), texts, async (name, text) => {
    const { status } = await read(`${name}=${encodeURIComponent(text)}`)
    return status === 200 || (status === 400 && mayBeRefused.includes(name))
  })
  await t.resolves(fc.assert(holds, { numRuns: 150 }))
})

t.test('branches', async (t) => {
  const { dev, prod, preview } = yard.sandbox.credentials.trigger
  const NO_BRANCH = 'x-trigger-branch header required for preview env'
  const cases: [key: string, branch: string | undefined, answer: string][] = [
    [preview.secretKey, undefined, NO_BRANCH],
    [preview.secretKey, '', NO_BRANCH],
    [preview.secretKey, 'nope', 'No matching branch env'],
    [preview.secretKey, preview.branch, 'preview-feat-usage-billing'],
    [preview.secretKey, `refs/heads/${preview.branch}`, 'preview-feat-usage-billing'],
    [preview.secretKey, 'fix/webhook-retries', 'preview-fix-webhook-retries'],
    [dev.secretKey, undefined, 'dev'],
    [dev.secretKey, 'default', 'dev'],
    [dev.secretKey, 'nope', 'No matching branch env'],
    [prod.secretKey, 'nope', 'prod'],
  ]
  for (const [key, branch, answer] of cases) {
    const got = await yard.get<List & { error?: string }>(`${PATH}?${EVER}`, {
      authorization: `Bearer ${key}`,
      ...(branch !== undefined && { 'x-trigger-branch': branch }),
    })
    t.equal(got.status === 200 ? got.json.data[0]?.env.name : got.json.error, answer, `${key} ${branch}`)
  }
})

t.test('each credential has its bucket', async (t) => {
  const yard = await serve(t, { fidelity: 'live' })
  const { dev, staging, prod, preview } = yard.sandbox.credentials.trigger
  const token = await publicToken(yard, { scopes: ['read:runs'] }) // takes one of prod
  const other = await publicToken(yard, { scopes: ['read:runs', 'x'] }) // and another
  // name | method | path | authorization | branch | status | remaining, or null when nobody counts
  type Case = [string, string, string, string | null, string | null, number, string | null]
  const cases: Case[] = [
    ['the first of dev', 'GET', PATH, dev.secretKey, null, 200, '749'],
    ['the second, with Bearer', 'GET', PATH, `Bearer ${dev.secretKey}`, null, 200, '748'],
    ['another environment', 'GET', PATH, `Bearer ${staging.secretKey}`, null, 200, '749'],
    ['prod', 'GET', PATH, `Bearer ${prod.secretKey}`, null, 200, '747'],
    ['a refused query', 'GET', `${PATH}?page[size]=0`, `Bearer ${prod.secretKey}`, null, 400, '746'],
    ['a wrong method', 'DELETE', PATH, `Bearer ${prod.secretKey}`, null, 405, '745'],
    ['HEAD', 'HEAD', PATH, `Bearer ${prod.secretKey}`, null, 200, '744'],
    ['a failure', 'GET', `${PATH}?filter[error]=error_`, `Bearer ${prod.secretKey}`, null, 500, '743'],
    ['a public token', 'GET', PATH, `Bearer ${token}`, null, 200, '749'],
    ['another public token', 'GET', PATH, `Bearer ${other}`, null, 200, '749'],
    ['an unknown key', 'GET', PATH, 'Bearer tr_prod_nope', null, 401, '749'],
    ['an unknown key again', 'POST', PATH, 'Bearer tr_prod_nope', null, 405, '748'],
    ['another unknown key', 'GET', PATH, 'Bearer tr_prod_nada', null, 401, '749'],
    ['a branch', 'GET', PATH, preview.secretKey, preview.branch, 200, '749'],
    ['another branch', 'GET', PATH, preview.secretKey, 'fix/webhook-retries', 200, '749'],
    ['no header', 'GET', PATH, null, null, 401, null],
    ['a wrong method without a header', 'POST', PATH, null, null, 401, null],
    ['a slash too many', 'GET', `${PATH}/`, `Bearer ${prod.secretKey}`, null, 301, null],
    ['a preflight', 'OPTIONS', PATH, `Bearer ${prod.secretKey}`, null, 200, null],
    ['none of these counted', 'GET', PATH, `Bearer ${prod.secretKey}`, null, 200, '742'],
  ]
  for (const [name, method, path, authorization, branch, status, remaining] of cases) {
    const { status: got, headers } = await yard.send(method, path, {
      headers: { ...(authorization && { authorization }), ...(branch && { 'x-trigger-branch': branch }) },
    })
    t.equal(got, status, name)
    t.equal(headers.get('x-ratelimit-remaining'), remaining, name)
    t.equal(headers.get('x-ratelimit-limit'), remaining && '750', name)
    t.equal(headers.get('x-ratelimit-reset'), remaining && String(NOW + 10_000), name)
  }
})

t.test('an empty bucket', async (t) => {
  for (const options of [{ fidelity: 'live' }, { fidelity: 'spec', rateLimits: true }] as const) {
    const yard = await serve(t, options)
    const read = reader(yard, 'dev')
    for (let i = 0; i < 750; i += 50)
      await Promise.all(Array.from({ length: 50 }, () => read('page[size]=10')))
    for (const remaining of [-1, -2]) {
      const got = await read('page[size]=nope', { origin: 'http://app.test' })
      const detail = 'Rate limit exceeded 0/750 requests remaining. Retry in 10 seconds.'
      const body = {
        title: 'Rate Limit Exceeded',
        status: 429,
        type: 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/429',
        detail,
        reset: NOW + 10_000,
        limit: 750,
        remaining,
        secondsUntilReset: 10,
        error: detail,
      }
      t.equal(got.status, 429, options.fidelity)
      t.equal(got.text, JSON.stringify(body, null, 2), options.fidelity)
      const headers: Record<string, string | null> = {
        'content-type': 'application/problem+json; charset=utf-8',
        'content-length': String(Buffer.byteLength(got.text)),
        etag: expressTag(got.text),
        'x-ratelimit-limit': '750',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(NOW + 10_000),
        'retry-after': null,
        'access-control-allow-origin': null,
        'access-control-expose-headers': null,
        vary: 'Accept-Encoding',
      }
      for (const [name, value] of Object.entries(headers)) t.equal(got.headers.get(name), value, name)
    }
    t.equal((await reader(yard, 'prod')()).status, 200, 'another environment has its own')
  }
})

/** Express's weak entity tag: the length in hex, and the start of a digest. */
function expressTag(body: string): string {
  return `W/"${Buffer.byteLength(body).toString(16)}-${createHash('sha1').update(body).digest('base64').slice(0, 27)}"`
}

t.test('headers', async (t) => {
  const origin = 'http://app.test'
  const authorization = `Bearer ${yard.sandbox.credentials.trigger.prod.secretKey}`
  const nobody = await yard.get(PATH, { origin })
  t.equal(nobody.headers.get('etag'), expressTag(nobody.text))
  t.equal(nobody.headers.get('content-length'), String(nobody.text.length))
  const cases: [name: string, headers: Record<string, string>, replied: Record<string, string | null>][] = [
    [
      'a page',
      { authorization },
      { vary: 'Accept-Encoding', 'x-robots-tag': 'noindex, nofollow', etag: null, 'x-powered-by': null },
    ],
    [
      'a page for a browser',
      { authorization, origin },
      { vary: 'Origin, Accept-Encoding', 'access-control-allow-origin': origin },
    ],
    [
      'no header, from a browser',
      { origin },
      { vary: 'Accept-Encoding', 'access-control-allow-origin': null, 'access-control-expose-headers': null },
    ],
    ['over what the browser would keep', { authorization }, { 'strict-transport-security': null }],
  ]
  for (const [name, headers, replied] of cases) {
    const got = await yard.get(PATH, headers)
    for (const [header, value] of Object.entries(replied))
      t.equal(got.headers.get(header), value, `${name}: ${header}`)
  }
})
