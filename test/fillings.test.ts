import { join } from 'node:path'
import t from 'tap'
import type { Fidelity } from '../src/core/fidelity.ts'
import { Secrets } from '../src/core/secrets.ts'
import { discoverProviders } from '../src/server/discover.ts'
import { Fillings } from '../src/server/fillings.ts'
import { Database } from '../src/store/database.ts'
import { eraseSandbox, writeSandbox } from '../src/store/sandboxes.ts'
import { NOW } from './serve.ts'

const providers = await discoverProviders()
const ONE = new Secrets('one')
const OTHER = new Secrets('another')

const MANY_BRANCHES = {
  trigger: {
    preview: Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`branch-${i}`, { past: 1 }])),
  },
}

/** Every row of a sandbox, in the order of their keys. */
function rows(database: Database, sandbox: string): unknown[] {
  return database.all(
    `SELECT provider, scope, created_at, id, facets, body, plan, due, born FROM runs
     WHERE sandbox = ? ORDER BY provider, scope, created_at, id`,
    sandbox,
  )
}

t.test('a sandbox that is copied has the bytes of one that is generated', async (t) => {
  const cases: readonly [scenario: string, fidelity: Fidelity, seed: number][] = [
    ['default', 'spec', 1],
    ['default', 'live', 1],
    ['default', 'spec', 4_294_967_295],
    ['edge', 'spec', 1],
    ['edge', 'live', 7],
    ['busy', 'live', 1],
    ['failing', 'spec', 1],
    ['empty', 'spec', 1],
    // More ids than one statement can rename.
    [join(t.testdir({ 'many.json': JSON.stringify(MANY_BRANCHES) }), 'many.json'), 'spec', 1],
  ]
  for (const [scenario, fidelity, seed] of cases) {
    const name = `${scenario}, ${fidelity}, seed ${seed}`
    const database = new Database(undefined)
    const elsewhere = new Database(undefined)
    const fillings = new Fillings(database, providers)
    const generated = new Fillings(elsewhere, providers)
    const filling = { scenario: fillings.scenario(scenario), fidelity, seed, start: NOW }
    fillings.transaction(() => fillings.fill('generated', filling, ONE, fillings.worlds(filling, ONE)))
    fillings.transaction(() => fillings.fill('copied', filling, OTHER, fillings.worlds(filling, OTHER)))
    generated.transaction(() => generated.fill('generated', filling, OTHER, generated.worlds(filling, OTHER)))
    const copied = rows(database, 'copied')
    t.same(copied, rows(elsewhere, 'generated'), name)
    if (scenario !== 'empty') t.not(copied.length, 0, `${name}: has runs`)
    const text = JSON.stringify(copied)
    for (const provider of providers) {
      const ids = provider.seeds.ids?.(fillings.worlds(filling, ONE)[provider.name]) ?? []
      t.same(
        ids.filter((id) => text.includes(id)),
        [],
        `${name}: no id of the first ${provider.name} world is left`,
      )
    }
    database.close()
    elsewhere.close()
  }
})

t.test('a sandbox that was changed is no template of the next', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const fillings = new Fillings(database, providers)
  const filling = { scenario: fillings.scenario('default'), fidelity: 'spec', seed: 1, start: NOW } as const
  fillings.transaction(() => fillings.fill('first', filling, ONE, fillings.worlds(filling, ONE)))
  const fresh = rows(database, 'first')
  database.run(`UPDATE runs SET body = '{}' WHERE sandbox = 'first'`)
  fillings.transaction(() => fillings.fill('second', filling, ONE, fillings.worlds(filling, ONE)))
  t.same(rows(database, 'second'), fresh)
})

t.test('what is rolled back leaves no template', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const fillings = new Fillings(database, providers)
  const filling = { scenario: fillings.scenario('default'), fidelity: 'spec', seed: 1, start: NOW } as const
  const failing = (): void => {
    fillings.fill('first', filling, ONE, fillings.worlds(filling, ONE))
    throw new Error('on purpose')
  }
  t.throws(() => fillings.transaction(failing), /on purpose/)
  t.same(rows(database, 'first'), [])
  fillings.transaction(() => fillings.fill('second', filling, ONE, fillings.worlds(filling, ONE)))
  t.ok(rows(database, 'second').length > 1000)
})

t.test('only so many templates are kept, and the one used last stays', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const fillings = new Fillings(database, providers)
  const standard = { scenario: fillings.scenario('default'), fidelity: 'spec', start: NOW } as const
  const kept = (): number =>
    database.get<{ templates: number }>('SELECT count(DISTINCT template) AS templates FROM templates.runs')
      ?.templates ?? 0
  const pages = (): number =>
    database.get<{ page_count: number }>('PRAGMA templates.page_count')?.page_count ?? 0
  for (const seed of [1, 2, 3, 4]) {
    fillings.transaction(() =>
      fillings.fill(`seed ${seed}`, { ...standard, seed }, ONE, fillings.worlds({ ...standard, seed }, ONE)),
    )
  }
  t.equal(kept(), 4)
  const full = pages()
  for (const seed of [5, 6, 7, 8, 9, 10]) {
    fillings.transaction(() =>
      fillings.fill(`seed ${seed}`, { ...standard, seed }, ONE, fillings.worlds({ ...standard, seed }, ONE)),
    )
  }
  t.equal(kept(), 4, 'the oldest are let go')
  t.ok(pages() <= full * 1.1, `and their memory with them: ${full} pages before, ${pages()} after`)
})

t.test('deleting a sandbox gives its memory back', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const fillings = new Fillings(database, providers)
  const filling = { scenario: fillings.scenario('default'), fidelity: 'spec', seed: 1, start: NOW } as const
  const pages = (): number => database.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  fillings.transaction(() => fillings.fill('first', filling, ONE, fillings.worlds(filling, ONE)))
  const before = pages()
  for (let i = 0; i < 20; i++) {
    fillings.transaction(() => {
      fillings.fill(`more ${i}`, filling, OTHER, fillings.worlds(filling, OTHER))
      writeSandbox(database, `more ${i}`, {})
    })
  }
  t.ok(pages() > before * 10, `${before} pages with one, ${pages()} with 21`)
  for (let i = 0; i < 20; i++) eraseSandbox(database, `more ${i}`)
  t.ok(pages() <= before * 1.1, `${pages()} when 20 have been deleted`)
})
