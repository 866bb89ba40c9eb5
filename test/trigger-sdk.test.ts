import {
  type ApiClientConfiguration,
  AuthenticationError,
  BadRequestError,
  TriggerClient,
} from '@trigger.dev/sdk'
import t from 'tap'
import { NOW, serve } from './serve.ts'

/** The vendor's own client, as published, against a Runyard that listens. */
const yard = await serve(t)
const { dev, staging, prod, preview } = yard.sandbox.credentials.trigger
const DAY = 86_400_000

function client(config: ApiClientConfiguration): TriggerClient['runs'] {
  return new TriggerClient({ baseURL: yard.url, ...config }).runs
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

const inProd = client({ accessToken: prod.secretKey })

t.test('for await meets every run of every environment', async (t) => {
  const cases: [name: string, config: ApiClientConfiguration, environment: string, runs: number][] = [
    ['dev', { accessToken: dev.secretKey }, 'dev', 50],
    ['staging', { accessToken: staging.secretKey }, 'stg', 80],
    ['prod', { accessToken: prod.secretKey }, 'prod', 420],
    [
      'preview',
      { accessToken: preview.secretKey, previewBranch: preview.branch },
      'preview-feat-usage-billing',
      40,
    ],
    [
      'another branch',
      { accessToken: preview.secretKey, previewBranch: 'fix/webhook-retries' },
      'preview-fix-webhook-retries',
      30,
    ],
    ['prod, under the prefix', { accessToken: prod.secretKey, baseURL: `${yard.url}/trigger` }, 'prod', 420],
  ]
  for (const [name, config, environment, runs] of cases) {
    const found = await all(client(config).list({ limit: 20 }))
    t.equal(found.length, runs, name)
    t.equal(new Set(found.map(({ id }) => id)).size, runs, name)
    t.same([...new Set(found.map(({ env }) => env.name))], [environment], name)
  }
})

t.test('list takes every option of the vendor', async (t) => {
  const runs = await all(inProd.list({ limit: 100 }))
  const [tag = ''] = runs.find(({ tags }) => tags.length > 2)?.tags ?? []
  const version = runs.find((run) => run.version)?.version ?? ''
  const { schedules = [], bulkActions = [] } = prod as {
    schedules?: { id: string; task: string }[]
    bulkActions?: string[]
  }
  const from = new Date(NOW - 10 * DAY)
  const to = new Date(NOW - 5 * DAY)
  type Query = Parameters<typeof inProd.list>[0] & object
  type Found = (typeof runs)[number]
  const cases: [query: Query, keeps: (run: Found) => boolean][] = [
    [{}, () => true],
    [{ status: 'COMPLETED' }, ({ status }) => status === 'COMPLETED'],
    [{ status: ['WAITING', 'DEQUEUED'] }, ({ status }) => status === 'WAITING' || status === 'DEQUEUED'],
    [{ status: 'EXECUTING' }, ({ status }) => status === 'EXECUTING'],
    [{ status: ['EXPIRED', 'TIMED_OUT', 'DELAYED'] }, () => false],
    [{ taskIdentifier: 'charge-invoice' }, (run) => run.taskIdentifier === 'charge-invoice'],
    [
      { taskIdentifier: ['charge-invoice', 'support-agent'] },
      (run) => ['charge-invoice', 'support-agent'].includes(run.taskIdentifier),
    ],
    [{ version }, (run) => run.version === version],
    [{ tag: [tag, 'no-such-tag'] }, ({ tags }) => tags.includes(tag)],
    [{ isTest: true }, (run) => run.isTest],
    [{ isTest: false }, (run) => !run.isTest],
    [{ from, to }, ({ createdAt }) => createdAt >= from && createdAt <= to],
    [{ from: from.getTime() }, ({ createdAt }) => createdAt >= from],
    [{ period: '3d' }, ({ createdAt }) => createdAt.getTime() >= NOW - 3 * DAY],
    [{ schedule: schedules[0]?.id ?? '' }, (run) => run.taskIdentifier === schedules[0]?.task],
    [{ status: [], taskIdentifier: [], tag: [] }, () => true],
    [
      { status: 'COMPLETED', taskIdentifier: 'deliver-webhook', period: '20d', isTest: false },
      (run) =>
        run.status === 'COMPLETED' &&
        run.taskIdentifier === 'deliver-webhook' &&
        run.createdAt.getTime() >= NOW - 20 * DAY &&
        !run.isTest,
    ],
  ]
  for (const [query, keeps] of cases) {
    const found = await all(inProd.list({ ...query, limit: 30 }))
    t.same(found, runs.filter(keeps), JSON.stringify(query))
  }
  t.equal((await all(inProd.list({ bulkAction: bulkActions[0] ?? '', limit: 10 }))).length, 8)
})

t.test('pages, there and back', async (t) => {
  const first = await inProd.list({ limit: 10 })
  t.equal(first.hasNextPage(), true)
  t.equal(first.hasPreviousPage(), false)
  t.throws(() => first.getPreviousPage(), { message: 'No previous page available' })
  const second = await first.getNextPage()
  const third = await second.getNextPage()
  t.equal(third.hasPreviousPage(), true)
  // The client sends both cursors here (fidelity/trigger.md §5.3): `before` wins.
  t.same((await third.getPreviousPage()).data, second.data)
  t.same((await inProd.list({ limit: 10, before: third.data[0]?.id ?? '' })).data, second.data)
  t.same((await inProd.list({ limit: 10, after: second.data.at(-1)?.id ?? '' })).data, third.data)

  const last = await inProd.list({
    limit: 100,
    after: (await all(inProd.list({ limit: 100 }))).at(-2)?.id ?? '',
  })
  t.equal(last.data.length, 1)
  t.throws(() => last.getNextPage(), { message: 'No next page available' })
})

t.test('items come typed', async (t) => {
  const [run] = (await inProd.list({ status: 'COMPLETED', limit: 10 })).data
  t.type(run?.createdAt, Date)
  t.type(run?.finishedAt, Date)
  t.match(run, {
    isSuccess: true,
    isCompleted: true,
    isWaiting: false,
    costInCents: Number,
    baseCostInCents: 0.0025,
    durationMs: Number,
  })
})

t.test('refusals come as the errors of the client', async (t) => {
  const bad = await refusal(inProd.list({ status: ['FOO' as 'QUEUED'], limit: 5 }))
  t.ok(bad instanceof BadRequestError)
  t.match(bad, {
    status: 400,
    message: 'Query Error',
    body: {
      details: [{ code: 'too_small' }, { message: 'Invalid status values: FOO', path: ['filter[status]'] }],
    },
  })
  const stranger = await refusal(client({ accessToken: 'tr_prod_nope' }).list())
  t.ok(stranger instanceof AuthenticationError)
  t.match(stranger, { status: 401, message: 'Invalid API key' })

  const lost = await refusal(client({ accessToken: preview.secretKey, previewBranch: 'nope' }).list())
  t.ok(lost instanceof AuthenticationError)
  t.match(lost, { message: 'No matching branch env' })
})

async function refusal(asked: PromiseLike<unknown>): Promise<unknown> {
  try {
    await asked
  } catch (error) {
    return error
  }
  throw new Error('not refused')
}
