import fc from 'fast-check'
import t from 'tap'
import { iso, parseIso } from '../src/core/clock.ts'
import type { Change, Page, Run, RunQuery } from '../src/core/run.ts'
import { Database } from '../src/store/database.ts'
import { pageQuery, SqliteRuns } from '../src/store/runs.ts'
import { SqliteState } from '../src/store/states.ts'

const still = (): null => null

function run(scope: string, createdAt: number, id: string, facets: Run['facets'] = {}): Run {
  return { scope, createdAt, id, facets, body: { id }, plan: null }
}

const ids = (page: Page): string[] => page.items.map((item) => item.id)

t.test('no page query scans or sorts', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const key = { createdAt: 5, id: 'x' }
  const status = { facet: 'status', anyOf: ['A', 'B'] }
  const tag = { facet: 'tag', anyOf: ['a'] }
  const queries: readonly [name: string, query: Omit<RunQuery, 'scope' | 'limit'>][] = [
    ['first page', { filters: [] }],
    ['older than a key', { filters: [], seek: { direction: 'older', key } }],
    ['newer than a key', { filters: [], seek: { direction: 'newer', key } }],
    ['one filter', { filters: [status] }],
    ['two filters, older', { filters: [status, tag], seek: { direction: 'older', key } }],
    ['two filters, newer', { filters: [status, tag], seek: { direction: 'newer', key } }],
    ['since and until', { filters: [], since: 1, until: 9 }],
    ['everything', { filters: [status, tag], since: 1, until: 9, seek: { direction: 'newer', key } }],
  ]
  for (const [name, query] of queries) {
    const { sql, values } = pageQuery('s', 'p', { scope: 'c', limit: 25, ...query }, 10)
    const plan = database
      .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
      .map((row) => row.detail)
    const ofRuns = plan.filter((detail) => /\bruns\b/.test(detail))
    t.equal(ofRuns.length, 1, `${name}: the table is read once`)
    t.match(
      ofRuns[0],
      /^SEARCH runs USING PRIMARY KEY \(sandbox=\? AND provider=\? AND scope=\? AND \(created_at,id\)>\(\?,\?\) AND \(created_at,id\)<\(\?,\?\)\)$/,
      `${name}: along the primary key, bounded on both sides`,
    )
    t.notOk(
      plan.some((detail) => /TEMP B-TREE|SCAN runs/.test(detail)),
      `${name}: ${plan.join(' | ')}`,
    )
  }
})

t.test('the due step and the look-up by id use their indexes', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const plans: readonly [sql: string, index: RegExp][] = [
    [
      "SELECT id FROM runs WHERE sandbox = 's' AND provider = 'p' AND due <= 5",
      /USING (COVERING )?INDEX runs_due/,
    ],
    [
      "SELECT min(due) FROM runs WHERE sandbox = 's' AND provider = 'p' AND due IS NOT NULL",
      /USING (COVERING )?INDEX runs_due/,
    ],
    [
      "SELECT created_at FROM runs WHERE sandbox = 's' AND provider = 'p' AND id = 'i' AND scope = 'c' AND created_at <= 5",
      /USING (COVERING )?INDEX runs_by_id|USING PRIMARY KEY/,
    ],
  ]
  for (const [sql, index] of plans) {
    const plan = database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map((row) => row.detail)
    t.match(plan.join(' | '), index, sql)
  }
})

t.test('a page is what a plain sort, filter and slice would give', async (t) => {
  const STATUSES = ['A', 'B', 'C']
  const TAGS = ['x', 'y', 'z']
  const rows = fc.uniqueArray(
    fc.record({
      scope: fc.constantFrom('one', 'two'),
      createdAt: fc.integer({ min: 0, max: 12 }),
      id: fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '0', 'Z') }),
      status: fc.constantFrom(...STATUSES),
      tag: fc.subarray(TAGS),
    }),
    { selector: (row) => row.id, minLength: 12, maxLength: 40 },
  )
  const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
  const asked = fc.record({
    limit: fc.integer({ min: -1, max: 8 }),
    now: fc.oneof(fc.constant(12), fc.integer({ min: 0, max: 12 })),
    since: seldom(fc.integer({ min: -1, max: 13 })),
    until: seldom(fc.integer({ min: -1, max: 13 })),
    status: seldom(fc.subarray(STATUSES)),
    tag: seldom(fc.subarray(TAGS)),
    direction: fc.constantFrom(undefined, 'older' as const, 'newer' as const),
    // Often a run's own place, as a cursor is.
    at: fc.oneof(
      fc.nat().map((nth) => ({ nth })),
      fc.record({ createdAt: fc.integer({ min: 0, max: 12 }), id: fc.constantFrom('a', 'b0', 'Za') }),
    ),
  })
  const property = fc.asyncProperty(rows, asked, async (rows, asked) => {
    const database = new Database(undefined)
    const store = new SqliteRuns(database, 's', 'p', still, () => asked.now)
    store.insert(
      rows.map((row) => run(row.scope, row.createdAt, row.id, { status: row.status, tag: row.tag })),
      asked.now,
    )
    const { limit, since, until, status, tag, direction } = asked
    const at = 'nth' in asked.at ? (rows[asked.at.nth % rows.length] ?? asked.at) : asked.at
    if ('nth' in at) throw new Error('there are rows')
    const filters = [
      ...(status ? [{ facet: 'status', anyOf: status }] : []),
      ...(tag ? [{ facet: 'tag', anyOf: tag }] : []),
    ]
    const seek = direction && { direction, key: at }
    const page = await store.list({ scope: 'one', filters, since, until, limit, seek })
    database.close()

    const before = (a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): number =>
      b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
    const matching = rows
      .filter((row) => row.scope === 'one' && row.createdAt <= asked.now)
      .filter((row) => row.createdAt >= (since ?? -1) && row.createdAt <= (until ?? 99))
      .filter((row) => status === undefined || status.includes(row.status))
      .filter((row) => tag === undefined || tag.some((value) => row.tag.includes(value)))
      .sort(before)
      .filter((row) => {
        if (direction === 'older') return before(row, at) > 0
        return direction === 'newer' ? before(row, at) < 0 : true
      })
    const size = limit < 0 ? matching.length : limit
    const expected =
      direction === 'newer' ? matching.slice(Math.max(0, matching.length - size)) : matching.slice(0, size)
    const hasMore = matching.length > size
    return (
      JSON.stringify(ids(page)) === JSON.stringify(expected.map((row) => row.id)) && page.hasMore === hasMore
    )
  })
  await fc.assert(property, { numRuns: 400, seed: 20260601 })
  t.pass('400 random stores and questions agree with the model')
})

t.test('a cursor reaches its own scope only', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const store = new SqliteRuns(database, 's', 'p', still, () => 10)
  const other = new SqliteRuns(database, 'elsewhere', 'p', still, () => 10)
  store.insert([run('one', 1, 'a'), run('two', 2, 'b'), run('one', 11, 'later')], 10)
  const cases: readonly [store: SqliteRuns, scope: string, id: string, found: boolean, why: string][] = [
    [store, 'one', 'a', true, 'its own'],
    [store, 'two', 'a', false, "another scope's"],
    [store, 'one', 'nope', false, 'unknown'],
    [store, 'one', 'later', false, 'not created yet'],
    [other, 'one', 'a', false, "another sandbox's"],
  ]
  for (const [asked, scope, id, found, why] of cases)
    t.equal((await asked.locate(scope, id)) !== undefined, found, why)
})

t.test('time passes over runs the same way in any step size', async (t) => {
  // A run counts up every 7 ms until 5.
  const next = (current: Run): Change | null => {
    const count = Number(current.body.count ?? 0)
    if (count === 5) return null
    const body = { count: count + 1 }
    return {
      at: current.createdAt + (count + 1) * 7,
      run: { ...current, body, facets: { count: String(count + 1) } },
    }
  }
  const history = async (steps: number[]): Promise<string[]> => {
    const database = new Database(undefined)
    let now = 0
    const store = new SqliteRuns(database, 's', 'p', next, () => now)
    store.insert([run('one', 0, 'a'), run('one', 3, 'b'), run('one', 20, 'c')], 0)
    const seen: string[] = []
    for (const step of steps) {
      now += step
      seen.push(JSON.stringify(await store.list({ scope: 'one', filters: [], limit: -1 })))
    }
    database.close()
    return seen
  }
  const fine = await history(Array.from({ length: 70 }, () => 1))
  const counts = (page = '[]'): unknown[] =>
    JSON.parse(page).items.map((item: Run) => [item.id, item.body.count ?? 0])
  t.same(
    counts(fine[6]),
    [
      ['b', 0],
      ['a', 1],
    ],
    'what is due this very millisecond has happened',
  )
  t.same(
    counts(fine[69]),
    [
      ['c', 5],
      ['b', 5],
      ['a', 5],
    ],
    'every run comes to rest',
  )
  for (const size of [2, 5, 7, 35, 70]) {
    const coarse = await history(Array.from({ length: 70 / size }, () => size))
    t.same(
      coarse,
      fine.filter((_, i) => (i + 1) % size === 0),
      `steps of ${size} ms`,
    )
  }
})

t.test('an instant is UTC unless it says otherwise, on every machine', async (t) => {
  const zone = process.env.TZ
  t.teardown(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  process.env.TZ = 'America/New_York'
  const cases: readonly [text: string, means: string | undefined][] = [
    ['2026-06-01', '2026-06-01T00:00:00.000Z'],
    ['2026-06-01T10:00', '2026-06-01T10:00:00.000Z'],
    ['2026-06-01t10:00:00', '2026-06-01T10:00:00.000Z'],
    ['2026-06-01T10:00:00.5z', '2026-06-01T10:00:00.500Z'],
    ['2026-06-01T10:00:00+02:00', '2026-06-01T08:00:00.000Z'],
    ['2026-06-01T10:00:00-0430', '2026-06-01T14:30:00.000Z'],
    ['2026-13-01', undefined],
    ['2026-02-29', undefined],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-06-31T00:00:00Z', undefined],
    ['0004-02-29', '0004-02-29T00:00:00.000Z'],
    ['June 1 2026', undefined],
    ['noon', undefined],
    ['', undefined],
  ]
  for (const [text, means] of cases) {
    const ms = parseIso(text)
    t.equal(ms === undefined ? undefined : iso(ms), means, text)
  }
})

t.test('state is kept until its time, taken once, and scoped', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  let wall = 100
  const state = new SqliteState(database, 's', 'p', () => wall)
  const other = new SqliteState(database, 'elsewhere', 'p', () => wall)
  await state.put('code', 'k', { n: 1 }, 200)
  await state.put('code', 'k', { n: 2 }, 200)
  t.same(await state.get('code', 'k'), { n: 2 }, 'the last one put')
  t.equal(await other.get('code', 'k'), undefined, 'not in another sandbox')
  t.equal(await state.get('session', 'k'), undefined, 'not of another kind')
  t.same(
    await Promise.all([state.take('code', 'k'), state.take('code', 'k')]),
    [{ n: 2 }, undefined],
    'taken once',
  )
  await state.put('code', 'late', 1, 150)
  wall = 150
  t.equal(await state.get('code', 'late'), undefined, 'gone when its time is over')
})
