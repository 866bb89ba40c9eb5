import fc from 'fast-check'
import t, { type Test } from 'tap'
import { NOW, serve, type Yard } from './serve.ts'

/** A run, as a list shows it. */
type Item = Record<string, unknown>
type Fidelity = 'spec' | 'live'

const RUNS = '/sandboxes/default/runs/trigger'
const V2 = { 'x-trigger-api-version': '2025-07-16' }
const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const at = (offset: number): string => new Date(NOW + offset).toISOString()

const insert = (yard: Yard, body: Item | Item[]) =>
  yard.control<{ runs: Item[]; errors: { pointer: string; detail: string }[] }>('POST', RUNS, body)

async function inserted(yard: Yard, item: Item): Promise<Item> {
  const { status, text, json } = await insert(yard, item)
  if (status !== 201) throw new Error(text)
  return json.runs[0] ?? {}
}

const advance = (yard: Yard, by: string) => yard.control('PATCH', '/sandboxes/default/clock', { advance: by })

/** The credentials of the environment that a run shows. */
function headersOf(yard: Yard, run: Item): Record<string, string> {
  const { dev, staging, prod, preview } = yard.sandbox.credentials.trigger
  const name = Object(run.env).name
  if (name === 'dev' || name === 'prod')
    return { authorization: `Bearer ${name === 'dev' ? dev.secretKey : prod.secretKey}` }
  if (name === 'stg') return { authorization: `Bearer ${staging.secretKey}` }
  const branch = name === 'preview-fix-webhook-retries' ? 'fix/webhook-retries' : preview.branch
  return { authorization: `Bearer ${preview.secretKey}`, 'x-trigger-branch': branch }
}

/** The run as its environment's list shows it to who asks so; undefined where the list has no such run. */
async function listed(yard: Yard, run: Item, query = '', headers = {}): Promise<Item | undefined> {
  let cursor = ''
  for (;;) {
    const path = `/api/v1/runs?page[size]=100&${query}${cursor && `&page[after]=${cursor}`}`
    const got = await yard.get<{ data: Item[]; pagination: { next?: string } }>(path, {
      ...headersOf(yard, run),
      ...headers,
    })
    if (got.status !== 200) throw new Error(`${path}: ${got.text}`)
    const found = got.json.data.find(({ id }) => id === run.id)
    cursor = got.json.pagination.next ?? ''
    if (found !== undefined || cursor === '') return found
  }
}

const ALL = 'filter[createdAt][from]=1'

/** Every filter that should find a run by what it shows; by its status under the newer version. */
function filtersFor(run: Item, fidelity: Fidelity): string[] {
  const one = (name: string, value: unknown): string[] =>
    value === undefined ? [] : [`filter[${name}]=${encodeURIComponent(String(value))}`]
  return [
    ...one('taskIdentifier', run.taskIdentifier),
    ...one('isTest', run.isTest),
    ...one('version', run.version),
    ...[run.tags].flat().flatMap((tag) => one('tag', tag)),
    // No filter finds WAITING_FOR_DEPLOY by its name, and none but those of `live` a region.
    ...(run.status === 'WAITING_FOR_DEPLOY' ? [] : one('status', run.status)),
    ...(fidelity === 'live' ? one('region', run.region) : []),
    [...one('createdAt][from', run.createdAt), ...one('createdAt][to', run.createdAt)].join('&'),
  ]
}

/** In the order in which they happen. */
const ORDER = ['createdAt', 'delayedUntil', 'startedAt', 'finishedAt', 'updatedAt'] as const

function hangsTogether(t: Test, run: Item, name: string): void {
  const times = ORDER.flatMap((member) => {
    // What was canceled while it was delayed did not get so far.
    const isMissed = member === 'delayedUntil' && run.startedAt === undefined
    return run[member] === undefined || isMissed ? [] : [Date.parse(String(run[member]))]
  })
  t.same(
    times,
    times.toSorted((a, b) => a - b),
    `${name}: times are in order`,
  )
  if (run.startedAt !== undefined) {
    const lasted =
      (Date.parse(String(run.finishedAt ?? run.updatedAt)) || 0) - Date.parse(String(run.startedAt))
    t.ok(Number(run.durationMs) <= Math.max(lasted, 0) || run.isExecuting, `${name}: it had the time`)
  }
}

t.test('an item comes back as it was given, is listed, and lives on', async (t) => {
  /** `later`: what it shows a month later, which is not what it shows now. */
  const cases: [name: string, under: Fidelity | 'both', item: Item, now: Item, later?: Item][] = [
    ['nothing', 'both', {}, { status: 'QUEUED', createdAt: at(0), updatedAt: at(0) }, { isQueued: false }],
    ['a task of its own', 'both', { taskIdentifier: 'mine/üñ' }, { taskKind: 'STANDARD' }, {}],
    ['a task of the seeds', 'both', { taskIdentifier: 'support-agent' }, { taskKind: 'AGENT' }, {}],
    ['a kind', 'both', { taskKind: 'SCHEDULED' }, { tags: [] }, {}],
    ['a run of yesterday', 'both', { createdAt: at(-DAY) }, { isQueued: false }],
    ['a start', 'both', { startedAt: at(-5_000) }, { status: 'EXECUTING' }, { isExecuting: false }],
    ['an end', 'both', { finishedAt: at(-MINUTE) }, { status: 'COMPLETED', updatedAt: at(-MINUTE) }],
    ['an expiry', 'both', { expiredAt: at(-MINUTE) }, { status: 'EXPIRED', finishedAt: at(-MINUTE) }],
    ['a flag', 'both', { isFailed: true }, { status: 'FAILED', isCompleted: true }],
    ['the newer flag', 'both', { isWaiting: true }, { status: 'WAITING' }, { isWaiting: false }],
    [
      'no flag',
      'both',
      { isQueued: false, isExecuting: false, isCompleted: false, isWaiting: false },
      { status: 'EXPIRED' },
    ],
    [
      'a delay',
      'both',
      { delayedUntil: at(DAY) },
      { status: 'DELAYED', isQueued: true },
      { delayedUntil: at(DAY) },
    ],
    ['a delay that is over', 'both', { delayedUntil: at(-DAY) }, { isQueued: false }],
    ['a future', 'both', { createdAt: at(DAY) }, { status: 'QUEUED', updatedAt: at(DAY) }, {}],
    ['a delay that was over', 'both', { status: 'COMPLETED', delayedUntil: at(-MINUTE) }, {}],
    [
      'a start after a delay',
      'both',
      { status: 'EXECUTING', createdAt: at(-DAY), delayedUntil: at(-MINUTE), durationMs: 5 },
      {},
      {},
    ],
    ['QUEUED', 'both', { status: 'QUEUED' }, { isQueued: true }, { status: 'COMPLETED' }],
    ['QUEUED, pinned', 'both', { status: 'QUEUED', version: '20200101.1' }, {}, { version: '20200101.1' }],
    ['PENDING_VERSION', 'both', { status: 'PENDING_VERSION' }, { isQueued: true }, { status: 'COMPLETED' }],
    [
      'WAITING_FOR_DEPLOY',
      'live',
      { status: 'WAITING_FOR_DEPLOY' },
      { isQueued: true },
      { status: 'COMPLETED' },
    ],
    [
      'EXECUTING',
      'both',
      { status: 'EXECUTING' },
      { isExecuting: true, durationMs: 0 },
      { status: 'COMPLETED' },
    ],
    [
      'EXECUTING, a while',
      'both',
      { status: 'EXECUTING', taskIdentifier: 'mine', durationMs: 9 * MINUTE },
      { isExecuting: true },
      { status: 'COMPLETED' },
    ],
    ['EXECUTING, at a price', 'both', { status: 'EXECUTING', costInCents: 50 }, {}, { isSuccess: true }],
    ['REATTEMPTING', 'both', { status: 'REATTEMPTING' }, { isExecuting: true }, { status: 'COMPLETED' }],
    [
      'FROZEN',
      'both',
      { status: 'FROZEN' },
      { isExecuting: true, isWaiting: false },
      { status: 'COMPLETED' },
    ],
    [
      'WAITING',
      'both',
      { status: 'WAITING' },
      { isExecuting: false, isWaiting: true },
      { status: 'COMPLETED' },
    ],
    [
      'DEQUEUED',
      'both',
      { status: 'DEQUEUED' },
      { isExecuting: true, durationMs: 0 },
      { status: 'COMPLETED' },
    ],
    ['DELAYED', 'both', { status: 'DELAYED' }, { isQueued: true }, { status: 'COMPLETED' }],
    ['COMPLETED', 'both', { status: 'COMPLETED' }, { isSuccess: true, isFailed: false }],
    ['FAILED', 'both', { status: 'FAILED' }, { isFailed: true }],
    ['CANCELED', 'both', { status: 'CANCELED' }, { isCancelled: true }],
    ['CANCELED while delayed', 'both', { status: 'CANCELED', delayedUntil: at(DAY) }, { durationMs: 0 }],
    ['CRASHED', 'both', { status: 'CRASHED' }, { isFailed: true }],
    ['INTERRUPTED', 'both', { status: 'INTERRUPTED' }, { isFailed: true }],
    ['SYSTEM_FAILURE', 'both', { status: 'SYSTEM_FAILURE' }, { isFailed: true }],
    ['EXPIRED', 'both', { status: 'EXPIRED' }, { ttl: '10m', isCompleted: false, durationMs: 0 }],
    ['EXPIRED soon', 'both', { status: 'EXPIRED', createdAt: at(-3 * MINUTE) }, { ttl: '3m' }],
    ['a fraction', 'both', { status: 'COMPLETED', durationMs: 0.5 }, {}],
    ['no time to live', 'both', { ttl: 1e-9 }, { ttl: 1e-9 }, {}],
    ['all the time to live', 'both', { ttl: 1e300, tags: [] }, { tags: [] }, {}],
    ['TIMED_OUT', 'both', { status: 'TIMED_OUT' }, { isCompleted: false }],
    [
      'all of its times',
      'both',
      {
        status: 'COMPLETED',
        createdAt: '2026-05-30T10:00:00Z',
        delayedUntil: '2026-05-30T12:01:00+02:00',
        startedAt: '2026-05-30T10:02:00.123456Z',
        finishedAt: '2026-05-30T10:03:00Z',
        updatedAt: '2026-05-30T11:00:00Z',
        durationMs: 30_000,
      },
      {},
    ],
    [
      'what is not time',
      'both',
      {
        id: 'run_mine',
        status: 'FAILED',
        taskIdentifier: 'charge-invoice',
        taskKind: 'AGENT',
        version: '20240523.1',
        idempotencyKey: 'k',
        isTest: true,
        ttl: 3600,
        tags: ['z', 'Ä, b', 'a'],
        costInCents: 1.5,
        baseCostInCents: 0.1,
        depth: 3,
        metadata: { nested: [null, { deep: true }] },
        region: 'mars-1',
      },
      {},
    ],
  ]
  for (const fidelity of ['spec', 'live'] as const) {
    const yard = await serve(t, { fidelity, scenario: 'empty' })
    const mine = cases.filter(([, own]) => own === 'both' || own === fidelity)
    const runs = new Map<string, Item>()
    for (const [name, , item, now] of mine) {
      const run = await inserted(yard, item)
      runs.set(name, run)
      t.match(run, { ...item, ...now }, `${fidelity} ${name}: is shown`)
      t.strictSame(Object.fromEntries(Object.keys(item).map((member) => [member, run[member]])), item, name)
      hangsTogether(t, run, `${fidelity} ${name}`)
      const isAhead = Date.parse(String(run.createdAt)) > NOW
      const words = ['WAITING', 'DEQUEUED'].includes(String(run.status)) ? V2 : {}
      t.strictSame(
        await listed(yard, run, ALL, words),
        isAhead ? undefined : run,
        `${fidelity} ${name}: is listed`,
      )
      const filters = filtersFor(run, fidelity).join('&')
      if (!isAhead) t.ok(await listed(yard, run, filters, V2), `${fidelity} ${name}: ${filters}`)
    }
    await advance(yard, '40d')
    for (const [name, , item, , then] of mine) {
      const run = runs.get(name) ?? {}
      const later = (await listed(yard, run, ALL)) ?? {}
      t.type(later.finishedAt, 'string', `${fidelity} ${name}: comes to an end`)
      hangsTogether(t, later, `${fidelity} ${name}, later`)
      if (then === undefined) t.strictSame(later, run, `${fidelity} ${name}: rests`)
      else t.match(later, { taskIdentifier: run.taskIdentifier, createdAt: run.createdAt, ...then }, name)
      for (const member of ['durationMs', 'costInCents'])
        t.ok(Number(later[member]) >= Number(item[member] ?? run[member]), `${fidelity} ${name}: ${member}`)
    }
  }
})

t.test('a run stays for a while in the status that it was put in with', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const words = ['QUEUED', 'EXECUTING', 'REATTEMPTING', 'FROZEN', 'DELAYED', 'PENDING_VERSION']
  for (const taskIdentifier of ['mine', 'send-welcome-email', 'import-usage-rows']) {
    const items = words.map((status) => ({ status, taskIdentifier }))
    const { runs } = (await insert(yard, items)).json
    await advance(yard, '20s')
    for (const run of runs) {
      const later = await listed(yard, run, ALL)
      t.equal(later?.status, run.status, `${taskIdentifier} ${run.status}`)
    }
  }
})

t.test('a new run lives on step by step', async (t) => {
  const yard = await serve(t, { scenario: 'empty', fidelity: 'live' })
  const run = await inserted(yard, {
    taskIdentifier: 'offboard-customer',
    delayedUntil: at(2_000),
    ttl: '1h',
  })
  const seen: unknown[] = []
  for (let i = 0; i < 80; i++) {
    const status = (await listed(yard, run, ALL, V2))?.status
    if (status !== seen.at(-1)) seen.push(status)
    await advance(yard, i < 70 ? '200ms' : '1d')
  }
  t.same(seen, ['DELAYED', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING', 'COMPLETED'])
})

t.test('environments', async (t) => {
  const yard = await serve(t)
  const prod = Object((await inserted(yard, {})).env)
  const dev = Object((await inserted(yard, { env: { name: 'dev' } })).env)
  const cases: [env: Item, found: Item][] = [
    [{}, prod],
    [{ name: 'prod' }, prod],
    [{ id: prod.id }, prod],
    [{ id: dev.id, name: 'dev' }, dev],
    [{ user: dev.user }, dev],
    [{ name: 'stg' }, { name: 'stg' }],
    [{ name: 'preview-fix-webhook-retries' }, { name: 'preview-fix-webhook-retries' }],
  ]
  for (const [env, found] of cases) {
    const run = await inserted(yard, { env })
    t.match(run.env, found, JSON.stringify(env))
    t.ok(await listed(yard, run), `${JSON.stringify(env)}: its own key lists it`)
  }
  const { schedules = [] } = yard.sandbox.credentials.trigger.prod as {
    schedules?: { id: string; task: string }[]
  }
  for (const { id, task } of schedules) {
    const run = await inserted(yard, { taskIdentifier: task, status: 'COMPLETED' })
    t.ok(await listed(yard, run, `filter[schedule]=${id}`), `${task}: found by its schedule`)
  }
})

t.test('what contradicts itself is refused, by name', async (t) => {
  const yard = await serve(t)
  const prod = Object((await inserted(yard, {})).env)
  const before = (await yard.control<{ runs: Item[] }>('GET', `${RUNS}?limit=1000`)).json.runs.length
  const cases: [item: Item, pointer: string, detail: RegExp][] = [
    [{ env: { name: 'staging' } }, '/env/name', /there are prod, dev, stg, preview-feat-usage-billing, /],
    [{ env: { name: 'preview' } }, '/env/name', /names no environment that has runs/],
    [{ env: { id: 'cm0' } }, '/env/id', new RegExp(prod.id)],
    [{ env: { id: prod.id, name: 'dev' } }, '/env/name', /there is prod$/],
    [{ env: { name: 'prod', user: 'Anna' } }, '/env/user', /leave it out/],
    [{ id: '1234' }, '/id', /must begin with run_/],
    [{ tags: ['ok', 'x'.repeat(129)] }, '/tags/1', /1 to 128 characters/],
    [{ tags: Array.from('elevenmarks') }, '/tags', /at most 10/],
    [{ createdAt: '2026-06-01 12:00:00Z' }, '/createdAt', /is no instant .* is one/],
    [
      { createdAt: at(0), finishedAt: at(-1) },
      '/finishedAt',
      /must not be before createdAt, 2026-06-01T12:00:00.000Z/,
    ],
    [{ createdAt: at(-5), updatedAt: at(-6) }, '/updatedAt', /not be before createdAt/],
    [{ startedAt: at(-1), delayedUntil: at(0) }, '/startedAt', /not be before delayedUntil/],
    [
      { startedAt: at(1) },
      '/startedAt',
      /must not lie ahead of the sandbox's present, 2026-06-01T12:00:00.000Z/,
    ],
    [{ updatedAt: at(1) }, '/updatedAt', /lie ahead/],
    [{ status: 'COMPLETED', createdAt: at(1) }, '/createdAt', /COMPLETED was created by then/],
    [
      { status: 'QUEUED', finishedAt: at(-1) },
      '/finishedAt',
      /a run that is over, and one that is QUEUED is not/,
    ],
    [{ isExecuting: true, finishedAt: at(-1) }, '/finishedAt', /no status goes with all that is given/],
    [{ status: 'QUEUED', startedAt: at(-1) }, '/startedAt', /a run that has started/],
    [{ status: 'DEQUEUED', durationMs: 5 }, '/durationMs', /a run that has executed/],
    [{ status: 'COMPLETED', expiredAt: at(-1) }, '/expiredAt', /a run that is EXPIRED/],
    [{ status: 'COMPLETED', isFailed: true }, '/isFailed', /is false of a run that is COMPLETED/],
    [{ status: 'FROZEN', isWaiting: true }, '/isWaiting', /is false of a run that is FROZEN/],
    [{ status: 'WAITING', isExecuting: true }, '/isExecuting', /is false of a run that is WAITING/],
    [{ isFailed: true, isSuccess: true }, '/isFailed', /no status goes/],
    [{ status: 'DELAYED', delayedUntil: at(0) }, '/delayedUntil', /must lie after/],
    [{ status: 'QUEUED', delayedUntil: at(1) }, '/delayedUntil', /DELAYED until then, not QUEUED/],
    [{ status: 'EXPIRED', createdAt: at(-MINUTE), ttl: '1h' }, '/ttl', /must be over by/],
    [{ status: 'EXPIRED', ttl: 1e300 }, '/ttl', /must be over by/],
    [{ durationMs: 1e300 }, '/durationMs', /more than the 2147483647 ms/],
    [{ durationMs: -1 }, '/durationMs', /below 0/],
    [{ startedAt: at(-10), durationMs: 11 }, '/durationMs', /more than the 10 ms/],
    [
      { status: 'FAILED', startedAt: at(-10), updatedAt: at(-8), durationMs: 3 },
      '/durationMs',
      /than the 2 ms/,
    ],
  ]
  for (const [item, pointer, detail] of cases) {
    const { status, json } = await insert(yard, item)
    t.equal(status, 422, JSON.stringify(item))
    t.match(json.errors, [{ pointer, detail }], JSON.stringify(item))
    t.equal(json.errors?.length, 1, JSON.stringify(item))
  }
  const { runs } = (await yard.control<{ runs: Item[] }>('GET', `${RUNS}?limit=1000`)).json
  t.equal(runs.length, before, 'nothing of it was put in')
})

t.test('any part of a real item is taken, comes back, and is found', async (t) => {
  for (const fidelity of ['spec', 'live'] as const) {
    const yard = await serve(t, { fidelity })
    const old = (await yard.control<{ runs: Item[] }>('GET', `${RUNS}?limit=1000`)).json.runs
    const newer = await yard.get<{ data: Item[] }>(`/api/v1/runs?page[size]=100`, {
      ...headersOf(yard, { env: { name: 'prod' } }),
      ...V2,
    })
    const items = [...old, ...newer.json.data]
    const members = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((name) => name !== 'id')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...items),
        fc.oneof(fc.subarray(members), fc.subarray(members, { maxLength: 3 }), fc.constant(members)),
        fc.nat(),
        async (item, kept, n) => {
          const given = Object.fromEntries(
            kept.filter((name) => name in item).map((name) => [name, item[name]]),
          )
          const run = await inserted(yard, given)
          const shown = Object.fromEntries(Object.keys(given).map((name) => [name, run[name]]))
          if (JSON.stringify(shown) !== JSON.stringify(given))
            throw new Error(`it shows ${JSON.stringify(run)}`)
          const filters = filtersFor(run, fidelity).filter((filter) => !filter.includes('%2C'))
          const filter = `${ALL}&${filters[n % filters.length]}`
          if (!(await listed(yard, run, filter, V2))) throw new Error(`${filter} does not find it`)
        },
      ),
      { numRuns: 200, seed: 20_260_601 },
    )
  }
})

t.test('the same runs in the same sandbox are the same bytes', async (t) => {
  const items: Item[] = [{}, {}, { status: 'FAILED' }, { status: 'EXECUTING', taskIdentifier: 'mine' }]
  const first = await insert(await serve(t), items)
  const second = await insert(await serve(t), items)
  t.equal(first.text, second.text)
  t.equal(new Set(first.json.runs.map(({ id }) => id)).size, items.length, 'each has an id of its own')
  t.not((await insert(await serve(t, { seed: 2 }), items)).text, first.text, 'and others for another seed')
})
