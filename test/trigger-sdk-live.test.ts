import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BadRequestError, InternalServerError, RateLimitError, TriggerClient } from '@trigger.dev/sdk'
import t, { type Test } from 'tap'
import { BadRequestError as BadRequestError3, runs as runs3 } from 'trigger-sdk-3/v3'
import { NOW, serve, type Yard } from './serve.ts'

/** The vendor's own clients, 4.8.3 and 3.3.17, against what the service was observed to do. */
const yard = await serve(t, { fidelity: 'live', rateLimits: false })
const key = yard.sandbox.credentials.trigger.prod.secretKey
const DAY = 86_400_000

/** As much of a page as both clients have. */
interface Page {
  readonly data: readonly { id: string; status: string; createdAt: Date }[]
  readonly pagination: { next?: string | undefined; previous?: string | undefined }
  getNextPage(): Promise<Page>
  getPreviousPage(): Promise<Page>
  [Symbol.asyncIterator](): AsyncIterator<{ id: string }>
}
type Query = NonNullable<Parameters<typeof runs3.list>[0]> & object
/** Waits shorter than the clients' own; how often they try is left to them. */
const QUICKLY = { retry: { minTimeoutInMs: 5, maxTimeoutInMs: 20 } }

type List = (query: Query, url?: string, secretKey?: string) => Promise<Page>

const list4: List = (query, url = yard.url, secretKey = key) =>
  new TriggerClient({ baseURL: url, accessToken: secretKey }).runs.list(query as object, QUICKLY)

/** `configure()` of 3.3.17 counts once in a process, the environment counts at each call. */
const list3: List = (query, url = yard.url, secretKey = key) => {
  process.env.TRIGGER_API_URL = url
  process.env.TRIGGER_SECRET_KEY = secretKey
  return runs3.list(query, QUICKLY)
}

const clients: readonly [version: string, list: List][] = [
  ['4.8.3', list4],
  ['3.3.17', list3],
]

interface Attempt {
  readonly at: number
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** A reply that stands in for the service's. */
type Instead = { status: number; headers: Record<string, string> } | undefined

/** A proxy in front of a yard that keeps what was asked. `version`: the version header that goes on, or none. */
async function frontDoor(
  t: Test,
  { url }: Yard,
  options: { version?: string | null; instead?: (attempt: number) => Instead } = {},
): Promise<{ url: string; attempts: Attempt[] }> {
  const attempts: Attempt[] = []
  const server = createServer(async (request, response) => {
    attempts.push({ at: Date.now(), url: request.url ?? '', headers: request.headers })
    const instead = options.instead?.(attempts.length)
    if (instead !== undefined) {
      response.writeHead(instead.status, instead.headers).end()
      return
    }
    const { authorization = '', 'x-trigger-api-version': sent = null } = request.headers
    const version = options.version === undefined ? sent : options.version
    const got = await fetch(url + request.url, {
      headers: { authorization, ...(version !== null && { 'x-trigger-api-version': String(version) }) },
    })
    const headers = [...got.headers].filter(([name]) => name === 'content-type' || name.startsWith('x-'))
    response.writeHead(got.status, Object.fromEntries(headers)).end(await got.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, attempts }
}

async function refusal(asked: Promise<unknown>): Promise<unknown> {
  try {
    await asked
  } catch (error) {
    return error
  }
  throw new Error('not refused')
}

async function take<Item>(items: AsyncIterable<Item>, most: number): Promise<Item[]> {
  const taken: Item[] = []
  for await (const item of items) if (taken.push(item) >= most) break
  return taken
}

/** Every run there is, with its word in each version. */
async function words(): Promise<{ id: string; at: number; v1: string; v2: string }[]> {
  type Body = { data: { id: string; status: string; createdAt: string }[]; pagination: { next?: string } }
  const walk = async (headers: Record<string, string>): Promise<Body['data']> => {
    const runs: Body['data'] = []
    let after = ''
    do {
      const query = `filter[createdAt][period]=banana&page[size]=100&page[after]=${after}`
      const { json } = await yard.get<Body>(`/api/v1/runs?${query}`, { authorization: key, ...headers })
      runs.push(...json.data)
      after = json.pagination.next ?? ''
    } while (after)
    return runs
  }
  const [older, newer] = [await walk({}), await walk({ 'x-trigger-api-version': '2025-07-16' })]
  return older.map(({ id, createdAt, status }, i) => {
    return { id, at: Date.parse(createdAt), v1: status, v2: newer[i]?.status ?? '' }
  })
}

t.test('which words for statuses each client can read', async (t) => {
  const all = await words()
  const alone = all.filter((run, i) => run.at !== all[i - 1]?.at && run.at !== all[i + 1]?.at)
  const older = [...new Set(all.map(({ v1 }) => v1))]
  const newer = [...new Set(all.map(({ v2 }) => v2))]
  t.equal(older.length, 15)
  t.equal(newer.length, 13)
  const asV1 = await frontDoor(t, yard, { version: null })
  const asV2 = await frontDoor(t, yard, { version: '2025-07-16' })
  // client | the version it meets | the words of that version | those at which it throws the page away
  const cases: [name: string, list: List, url: string, v: 'v1' | 'v2', words: string[], throws: string[]][] =
    [
      ['4.8.3, which asks for the version', list4, yard.url, 'v2', newer, []],
      [
        '4.8.3, were the version lost',
        list4,
        asV1.url,
        'v1',
        older,
        ['FROZEN', 'INTERRUPTED', 'REATTEMPTING', 'WAITING_FOR_DEPLOY'],
      ],
      ['3.3.17, which asks for none', list3, yard.url, 'v1', older, ['PENDING_VERSION']],
      ['3.3.17, were it given one', list3, asV2.url, 'v2', newer, ['DEQUEUED', 'PENDING_VERSION', 'WAITING']],
    ]
  for (const [name, list, url, version, all_, throws] of cases) {
    const thrown: string[] = []
    for (const word of all_) {
      const run = alone.find((run) => run[version] === word)
      const at = run?.at ?? 0
      try {
        const { data } = await list({ from: at, to: at }, url)
        t.match(data, [{ id: run?.id, status: word }], `${name}: ${word}`)
      } catch (error) {
        t.match(error, { status: 200, message: 'Validation error' }, `${name}: ${word}`)
        thrown.push(word)
      }
    }
    t.same(thrown.sort(), throws, name)
  }
  t.ok(asV1.attempts.length === older.length, 'a page that cannot be read is not asked for again')

  const everything = await take(await list4({ period: '1y' as string, limit: 100 }), 10_000)
  t.equal(everything.length, all.length, '4.8.3 reads all there is')
  t.match(
    await refusal(list3({})),
    { status: 200, message: 'Validation error' },
    'one PENDING_VERSION costs 3.3.17 a page',
  )
})

t.test('options of 4.8.3 that no document has', async (t) => {
  const { runs } = new TriggerClient({ baseURL: yard.url, accessToken: key })
  type Options = NonNullable<Parameters<typeof runs.list>[0]>
  type Found = Awaited<ReturnType<typeof runs.list>>['data'][number]
  const all = await take(runs.list({ period: '1y', limit: 100 }), 10_000)
  const recent = all.filter(({ createdAt }) => createdAt.getTime() >= NOW - 7 * DAY)
  const emails = ['send-welcome-email', 'trial-reminder']
  const micro = [...emails, 'deliver-webhook']
  const cases: [query: Options, from: Found[], keeps: (run: Found) => boolean][] = [
    [{}, recent, () => true],
    [{ queue: { type: 'custom', name: 'emails' } }, recent, (run) => emails.includes(run.taskIdentifier)],
    [
      { queue: { type: 'task', name: 'charge-invoice' } },
      recent,
      ({ taskIdentifier }) => taskIdentifier === 'charge-invoice',
    ],
    [{ machine: 'micro', period: '1y' }, all, (run) => micro.includes(run.taskIdentifier)],
    [{ region: ['eu-central-1'], period: '1y' }, all, ({ region }) => region === 'eu-central-1'],
    [{ batch: 'batch_nope' }, recent, () => false],
    [{ status: ['EXPIRED', 'TIMED_OUT'], period: '1y' }, all, (run) => /EXPIRED|TIMED_OUT/.test(run.status)],
    [{ from: new Date(NOW - 20 * DAY) }, all, (run) => run.createdAt.getTime() >= NOW - 20 * DAY],
    [{ limit: 1 }, recent, () => true],
  ]
  for (const [query, from, keeps] of cases) {
    const expected = from.filter(keeps)
    t.same(await take(runs.list(query), 10_000), expected, JSON.stringify(query))
  }
})

t.test('the way back', async (t) => {
  for (const [version, list] of clients) {
    const door = await frontDoor(t, yard)
    const completed: Query = { status: 'COMPLETED', limit: 10 }
    const first = await list(completed, door.url)
    const second = await first.getNextPage()
    const third = await second.getNextPage()
    t.throws(() => first.getPreviousPage(), { message: 'No previous page available' }, version)

    const back = await third.getPreviousPage()
    const sent = new URLSearchParams(door.attempts.at(-1)?.url.split('?')[1])
    t.equal(sent.get('page[after]'), second.pagination.next, `${version} sends the cursor that it came by`)
    t.equal(sent.get('page[before]'), third.pagination.previous, `${version} sends the one back, which wins`)
    t.same(back.data, [...second.data].reverse(), `${version}: the second page, oldest first`)

    t.same((await back.getNextPage()).data, back.data, `${version} stays where it is when it turns again`)
    const endless = await take(back, 50)
    t.equal(new Set(endless.map(({ id }) => id)).size, 10, `${version} goes round in one page for ever`)
  }
})

t.test('a failure of the service is tried five times', async (t) => {
  for (const [version, list] of clients) {
    const door = await frontDoor(t, yard)
    const error = await refusal(list({ bulkAction: 'bulk_a_b' }, door.url))
    t.match(error, { status: 500 }, version)
    t.equal(door.attempts.length, 5, version)
    t.equal(new Set(door.attempts.map(({ url }) => url)).size, 1, 'the same each time')
    if (version !== '4.8.3') continue
    t.ok(error instanceof InternalServerError)
    const keys = door.attempts.map(({ headers }) => headers['x-trigger-request-idempotency-key'])
    t.equal(new Set(keys).size, 1, 'as one request')
  }
})

t.test('a refusal is tried once', async (t) => {
  for (const [version, list] of clients) {
    const door = await frontDoor(t, yard)
    const error = await refusal(list({ status: 'FOO' as 'QUEUED' }, door.url))
    t.match(error, { status: 400 }, version)
    t.ok(error instanceof BadRequestError || error instanceof BadRequestError3, version)
    t.match((error as Error).message, 'Query Error', version)
    t.equal(door.attempts.length, 1, version)
    if (version !== '4.8.3') continue
    t.match(error, { body: { details: [{ message: 'Invalid status values: FOO' }] } })
  }
})

t.test('a limit is waited for, as long as x-ratelimit-reset says and Retry-After does not', async (t) => {
  for (const [version, list] of clients) {
    const door = await frontDoor(t, yard, {
      instead: (attempt) =>
        attempt > 1
          ? undefined
          : {
              status: 429,
              headers: { 'retry-after': '60', 'x-ratelimit-reset': String(Date.now() + 700) },
            },
    })
    const { data } = await list({ status: 'COMPLETED' }, door.url)
    t.equal(data.length, 25, version)
    const [refused, taken] = door.attempts
    const waited = (taken?.at ?? 0) - (refused?.at ?? 0)
    t.ok(waited >= 650 && waited < 10_000, `${version} waited ${waited} ms`)
  }
})

t.test('an empty bucket is waited for until it is filled', async (t) => {
  const limited = await serve(t, { fidelity: 'live', clock: 'live' })
  const { secretKey } = limited.sandbox.credentials.trigger.prod
  const ask = () => limited.get('/api/v1/runs?page[size]=1', { authorization: secretKey })
  let got = await ask()
  while (got.status === 200) got = (await Promise.all(Array.from({ length: 25 }, ask)))[0] ?? got
  t.equal(got.status, 429)
  const resetAt = Number(got.headers.get('x-ratelimit-reset'))
  t.ok(resetAt > Date.now() && resetAt <= Date.now() + 10_000, 'the real clock')

  const tried = new TriggerClient({ baseURL: limited.url, accessToken: secretKey }).runs.list(
    { limit: 1 },
    {
      retry: { maxAttempts: 1 },
    },
  )
  const error = await refusal(tried)
  t.ok(error instanceof RateLimitError)
  t.match(
    (error as Error).message,
    /^Rate limit exceeded 0\/750 requests remaining. Retry in [\d.]+ seconds.$/,
  )

  await Promise.all(
    clients.map(async ([version, list]) => {
      const door = await frontDoor(t, limited)
      const { data } = await list({ status: 'COMPLETED', limit: 1 }, door.url, secretKey)
      t.equal(data.length, 1, version)
      t.equal(door.attempts.length, 2, `${version}: one more was enough`)
      t.ok((door.attempts[1]?.at ?? 0) >= resetAt, `${version} waited`)
    }),
  )
})
