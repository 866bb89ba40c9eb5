import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { iso, parseIso } from '../src/core/clock.ts'
import type { Change, Page, Run, RunQuery } from '../src/core/run.ts'
import { Database } from '../src/store/database.ts'
import { type Found, Vocabulary } from '../src/store/facet-block.ts'
import { FacetIndex } from '../src/store/facet-index.ts'
import { compareKeys, rangeOf } from '../src/store/range.ts'
import { Reader } from '../src/store/reader.ts'
import { SqliteRuns } from '../src/store/runs.ts'
import { eraseSandbox } from '../src/store/sandboxes.ts'
import { SqliteState } from '../src/store/states.ts'

const still = (): null => null

function run(scope: string, createdAt: number, id: string, facets: Run['facets'] = {}): Run {
  return { scope, createdAt, id, facets, body: { id }, plan: null }
}

const ids = (page: Page): string[] => page.items.map((item) => item.id)

/** Each run is ended by the instant it is due at; until then it has a plan. */
const ending = (current: Run): Change | null =>
  current.plan === null
    ? null
    : {
        at: Number(current.plan),
        run: { ...current, plan: null, facets: { status: 'ended' }, body: { ended: true } },
      }

t.test('nothing that is read is found by a scan or put in order by a sort', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  let now = 10
  const store = new SqliteRuns(database, 's', 'p', ending, () => now)
  store.insert([run('one', 1, 'a', { status: 'x' }), { ...run('two', 2, 'b'), plan: 15 }], now)
  const key = { createdAt: 5, id: 'x' }
  const status = { facet: 'status', anyOf: ['x', 'y'] }
  const seeks = [undefined, { direction: 'older', key } as const, { direction: 'newer', key } as const]
  for (const filters of [[], [status], [status, { facet: 'tag', anyOf: ['a'] }]]) {
    for (const seek of seeks) {
      await store.list({ scope: 'one', filters, limit: 25, seek })
      await store.list({ scope: 'one', filters, limit: 25, seek, since: 1, until: 9 })
      await store.add(() => [run('one', 3, `${filters.length} ${seek?.direction}`)])
    }
  }
  const { items } = await store.list({ scope: 'one', filters: [status], limit: 1 })
  t.same([items[0]?.facets, items[0]?.plan], [{ status: 'x' }, null])
  now = 20
  await store.all(undefined, 2)
  await store.all({ scope: 'two', createdAt: 1, id: 'b' }, 2)
  await store.locate('one', 'a')
  await store.counts()
  store.hasSeeded()
  store.settledAt()
  store.handmadeRuns()
  const reading = database.statements.filter((sql) => /\bruns\b/.test(sql) && !/^\s*INSERT/.test(sql))
  t.ok(reading.length >= 15, `${reading.length} statements`)
  for (const sql of reading) {
    const values = [...sql].filter((character) => character === '?').map(() => null)
    const plan = database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    const details = plan.map(({ detail }) => detail).join(' | ')
    t.match(details, /SEARCH runs USING/, sql)
    t.notMatch(details, /TEMP B-TREE|SCAN runs/, details)
    if (sql.includes('born IS NOT NULL')) t.match(details, /INDEX runs_by_hand/)
    if (sql.includes('AND due')) t.match(details, /INDEX runs_due/)
    if (!sql.includes('(created_at, id)')) continue
    t.match(
      details,
      /^SEARCH runs USING PRIMARY KEY \(sandbox=\? AND provider=\? AND scope=\? AND \(created_at,id\)>\(\?,\?\) AND \(created_at,id\)<\(\?,\?\)\)$/,
      `along the primary key, bounded on both sides: ${sql}`,
    )
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

/** Every run as the store has it now, and what a plain filter, sort and slice make of that. */
function model(rows: ReadonlyMap<string, Run>) {
  return (
    { scope, filters, limit, ...query }: RunQuery,
    now: number,
  ): { ids: string[]; hasMore: boolean } => {
    const { above, below, newer } = rangeOf({ scope, filters, limit, ...query }, now)
    const has = ({ facets }: Run, facet: string, value: string): boolean =>
      [facets[facet] ?? []].flat().includes(value)
    const found = [...rows.values()]
      .filter((row) => row.scope === scope && compareKeys(row, above) > 0 && compareKeys(row, below) < 0)
      .filter((row) => filters.every(({ facet, anyOf }) => anyOf.some((value) => has(row, facet, value))))
      .sort((a, b) => (newer ? compareKeys(a, b) : compareKeys(b, a)))
    const shown = (limit < 0 ? found : found.slice(0, limit)).map(({ id }) => id)
    return { ids: newer ? shown.reverse() : shown, hasMore: found.length > shown.length }
  }
}

const IDS = fc.string({
  minLength: 1,
  maxLength: 2,
  unit: fc.constantFrom('a', 'b', '0', 'Z', '"', 'é', '\uffff', '😀', '\u0000'),
})
const INSTANTS = fc.integer({ min: 0, max: 30 })
const VALUES = ['x', 'y', 'z', 'seldom']
const RUNS = fc.record({
  scope: fc.constantFrom('one', 'one', 'two'),
  createdAt: INSTANTS,
  id: IDS,
  facets: fc.record(
    { status: fc.constantFrom('x', 'y', 'z'), tag: fc.subarray(VALUES) },
    { requiredKeys: [] },
  ),
  plan: fc.oneof(fc.constant(null), INSTANTS),
})
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const QUERIES = fc.record({
  scope: fc.constantFrom('one', 'one', 'one', 'two', 'three'),
  filters: fc.oneof(
    fc.constantFrom(...[...VALUES, 'ended'].map((value) => [{ facet: 'status', anyOf: [value] }])),
    fc
      .subarray(['status', 'tag', 'none'])
      .chain((facets) =>
        fc.tuple(
          ...facets.map((facet) =>
            fc.subarray([...VALUES, 'ended', 'nobody']).map((anyOf) => ({ facet, anyOf })),
          ),
        ),
      ),
  ),
  limit: fc.integer({ min: -1, max: 6 }),
  since: seldom(fc.integer({ min: -1, max: 31 })),
  until: seldom(fc.integer({ min: -1, max: 31 })),
  seek: seldom(
    fc.record({
      direction: fc.constantFrom('older' as const, 'newer' as const),
      key: fc.record({ createdAt: fc.oneof(INSTANTS, fc.constant(-1e300), fc.constant(1e300)), id: IDS }),
    }),
  ),
})

const NOTHING: Found = { blocks: [], places: [] }

t.test('an index in blocks of four finds what a plain filter finds', async (t) => {
  const steps = fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.record({ put: RUNS }) },
      { weight: 3, arbitrary: fc.record({ ask: QUERIES, now: INSTANTS }) },
    ),
    { minLength: 20, maxLength: 80 },
  )
  let blocks = 0
  const property = fc.property(
    fc.uniqueArray(RUNS, { selector: ({ id }) => id, maxLength: 60 }),
    steps,
    (born, steps) => {
      const database = new Database(undefined)
      const store = new SqliteRuns(database, 's', 'p', still, () => 30)
      const rows = new Map<string, Run>(born.map((row) => [row.id, { ...row, body: {} }]))
      store.insert(rows.values(), 30)
      const reader = new Reader(database, 's', 'p')
      const vocabulary = new Vocabulary()
      const indexes = new Map(['one', 'two', 'three'].map((scope) => [scope, new FacetIndex(vocabulary, 4)]))
      for (const step of steps) {
        if ('put' in step) {
          if (rows.has(step.put.id)) continue
          const row: Run = { ...step.put, body: {} }
          rows.set(row.id, row)
          store.insert([row], 30)
          indexes.get(row.scope)?.forget(row)
          continue
        }
        const { scope, filters, limit } = step.ask
        const index = indexes.get(scope)
        const range = rangeOf(step.ask, step.now)
        const most = limit < 0 ? Number.POSITIVE_INFINITY : limit + 1
        let found = index?.find(range, filters, most) ?? NOTHING
        for (let loads = 0; 'segment' in found; loads++) {
          if (loads > 100) throw new Error('the index never has enough')
          blocks++
          index?.load(found, reader.entries(scope))
          found = index?.find(range, filters, most) ?? NOTHING
        }
        const { blocks: of, places } = found
        const expected = model(rows)({ ...step.ask, limit: limit < 0 ? -1 : limit + 1 }, step.now).ids
        const got = places.map((place, i) => of[i]?.key(place).id)
        assert.deepEqual(range.newer ? got.reverse() : got, expected)
      }
      database.close()
    },
  )
  fc.assert(property, { numRuns: 150, seed: 20260601, endOnFailure: true })
  t.ok(blocks > 1000, `${blocks} blocks were read`)
})

t.test('a walk through thousands of runs, both ways, meets each that passes once', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const store = new SqliteRuns(database, 's', 'p', still, () => 9_999)
  const every = (n: number, i: number): string => (i % n === 0 ? 'yes' : 'no')
  const runs = Array.from({ length: 5000 }, (_, i) =>
    run('one', Math.floor(i / 3), `run ${i}`, {
      half: every(2, i),
      some: every(40, i),
      few: every(1999, i),
      tags: [`${i % 7}`, `${i % 3000}`],
    }),
  )
  store.insert(runs, 9_999)
  for (const direction of ['older', 'newer'] as const) {
    const seek = { direction, key: { createdAt: direction === 'older' ? 9_999 : -1, id: 'x' } }
    const page = await store.list({ scope: 'one', filters: [], limit: -1, seek })
    t.equal(new Set(ids(page)).size, 5000, `${direction}: all at once`)
  }
  // More combinations than blocks remember, again and again.
  for (let round = 0; round < 3; round++) {
    for (let tag = 0; tag < 80; tag++) {
      const filters = [
        { facet: 'tags', anyOf: [`${tag}`] },
        { facet: 'some', anyOf: [round % 2 === 0 ? 'yes' : 'no'] },
      ]
      const passing = runs.filter(({ facets }) =>
        filters.every(({ facet, anyOf }) => anyOf.some((value) => [facets[facet]].flat().includes(value))),
      )
      const page = await store.list({ scope: 'one', filters, limit: -1 })
      t.equal(page.items.length, passing.length, JSON.stringify(filters))
    }
  }
  const cases: readonly [filters: RunQuery['filters'], expected: number][] = [
    [[], 5000],
    [[{ facet: 'half', anyOf: ['yes'] }], 2500],
    [[{ facet: 'half', anyOf: ['yes', 'no'] }], 5000],
    [[{ facet: 'few', anyOf: ['yes'] }], 3],
    [
      [
        { facet: 'some', anyOf: ['yes'] },
        { facet: 'half', anyOf: ['no'] },
      ],
      0,
    ],
    [
      [
        { facet: 'tags', anyOf: ['3', '2999', '1000'] },
        { facet: 'some', anyOf: ['yes'] },
      ],
      19,
    ],
  ]
  for (const [filters, expected] of cases) {
    for (const direction of ['older', 'newer'] as const) {
      const met: string[] = []
      let key = { createdAt: direction === 'older' ? 9_999 : -1, id: 'x' }
      for (let more = true; more; ) {
        const page = await store.list({ scope: 'one', filters, limit: 70, seek: { direction, key } })
        met.push(...ids(page))
        more = page.hasMore
        key = page.items.at(direction === 'older' ? -1 : 0) ?? key
      }
      t.equal(met.length, expected, `${direction}: ${JSON.stringify(filters)}`)
      t.equal(new Set(met).size, expected)
    }
  }
})

t.test('as long as the edition is the same, so is every page', async (t) => {
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ now: INSTANTS }) },
      { weight: 3, arbitrary: fc.constant({ look: true } as const) },
      { weight: 2, arbitrary: fc.record({ put: RUNS }) },
      {
        weight: 1,
        arbitrary: fc.record({ seed: fc.uniqueArray(RUNS, { selector: ({ id }) => id, maxLength: 5 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          { gone: 'clear' as const },
          { gone: 'sandbox' as const },
          { gone: 'settled' as const },
        ),
      },
    ),
    { minLength: 10, maxLength: 60 },
  )
  let kept = 0
  let changes = 0
  const property = fc.asyncProperty(
    steps,
    fc.array(QUERIES, { minLength: 3, maxLength: 6 }),
    async (steps, others) => {
      const asked: readonly RunQuery[] = [{ scope: 'one', filters: [], limit: 100 }, ...others]
      const database = new Database(undefined)
      let now = 10
      let nth = 0
      const open = () => new SqliteRuns(database, 's', 'p', ending, () => now)
      let store = open()
      // Runs as they were born, each with the latest instant that it was shown at.
      const born = new Map<string, Run>()
      const editions = new Map<number, string>()
      for (const step of steps) {
        if ('now' in step) now = step.now
        if ('put' in step && !born.has(step.put.id)) {
          const row: Run = { ...step.put, body: { nth: nth++ } }
          await store.add(() => [row])
          born.set(row.id, row)
        }
        // As fillings do it: beside the sandbox's own store.
        if ('seed' in step) {
          const rows = step.seed
            .filter(({ id }) => !born.has(id))
            .map((row): Run => ({ ...row, body: { nth: nth++ } }))
          open().insert(rows, now)
          for (const row of rows) born.set(row.id, row)
        }
        if ('gone' in step) {
          if (step.gone === 'clear') await store.clear()
          if (step.gone === 'sandbox') {
            eraseSandbox(database, 's')
            store = open()
          }
          if (step.gone === 'settled') store.settledBy(now)
          if (step.gone !== 'settled') born.clear()
        }
        const edition = store.edition()
        const all = await store.all(undefined, 1000)
        const stands = new Map(all.items.map((run) => [run.id, run]))
        const pages = await Promise.all(asked.map((query) => store.list(query)))
        for (const [i, page] of pages.entries()) {
          const query = asked[i]
          if (query === undefined) continue
          const { hasMore } = page
          assert.deepEqual({ ids: ids(page), hasMore }, model(stands)(query, now))
          for (const { id, body, facets, plan } of page.items) {
            const stand = stands.get(id)
            assert.deepEqual(
              { body, facets, plan },
              { body: stand?.body, facets: stand?.facets, plan: stand?.plan },
            )
          }
        }
        const bodies = pages.map(({ items, hasMore }) => [
          items.map(({ id, facets, plan }) => [id, facets, plan]),
          hasMore,
        ])
        const text = JSON.stringify([bodies, all.items])
        if (editions.has(edition)) {
          kept++
          assert.equal(text, editions.get(edition), `edition ${edition} after ${JSON.stringify(step)}`)
        } else changes++
        editions.set(edition, text)
        assert.equal(store.edition(), edition, 'nothing changes it by itself')
      }
      database.close()
    },
  )
  await fc.assert(property, { numRuns: 60, seed: 20260601, endOnFailure: true })
  t.ok(kept > 300 && changes > 500, `${kept} times the same, ${changes} times another`)
})

t.test('a run that was read is not given in place of another of its id', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const open = () => new SqliteRuns(database, 's', 'p', still, () => 10)
  let store = open()
  const ways: readonly [how: string, empty: () => unknown][] = [
    ['cleared', () => store.clear()],
    ['erased by another store of the sandbox', () => open().erase()],
    [
      'deleted with its sandbox',
      () => {
        eraseSandbox(database, 's')
        store = open()
      },
    ],
  ]
  for (const [how, empty] of ways) {
    for (const filters of [[], [{ facet: 'status', anyOf: ['x'] }]]) {
      const shown: unknown[] = []
      for (const nth of [1, 2]) {
        await empty()
        open().insert([{ ...run('one', 5, 'a', { status: 'x' }), body: { nth } }], 10)
        const page = await store.list({ scope: 'one', filters, limit: 5 })
        shown.push(...page.items.map(({ body }) => body))
      }
      t.same(shown, [{ nth: 1 }, { nth: 2 }], `${how}, ${filters.length} filters`)
    }
  }
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
