import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { base, en, Faker } from '@faker-js/faker'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { progressOn } from '../src/cli/progress.ts'
import { iso } from '../src/core/clock.ts'
import {
  companyName,
  country,
  countryCode,
  domainName,
  firstName,
  fullName,
  lastName,
  weekday,
} from '../src/core/names.ts'
import type { Random } from '../src/core/random.ts'
import { settle } from '../src/core/run.ts'
import { Secrets } from '../src/core/secrets.ts'
import { alphabetically } from '../src/providers/trigger/history/alphabetically.ts'
import { seededRandom } from '../src/seed/random.ts'
import { Twister } from '../src/seed/twister.ts'
import { discoverProviders } from '../src/server/discover.ts'
import { Fillings } from '../src/server/fillings.ts'
import { Database } from '../src/store/database.ts'
import { NOW, serve } from './serve.ts'

const providers = await discoverProviders()

/** One more than is made in line, in all providers together. */
const LARGE = {
  days: 90,
  trigger: {
    prod: { past: 18_000, ahead: 200, inFlight: 20, bulkActions: 4, extremes: true },
    dev: { past: 40 },
  },
  nx1: { runs: 1_500, ahead: 3, pending: 2, running: 3, extremes: true },
  conductorone: { past: 300, ahead: 2, running: true },
  basedash: { automations: [{ name: 'Zoë · 週次', past: 200, generating: 2, ahead: 1 }, { name: 'None' }] },
}

function fileOf(t: Test, contents: unknown): string {
  return join(t.testdir({ 'large.json': JSON.stringify(contents) }), 'large.json')
}

function rows(database: Database, sandbox: string): unknown[] {
  return database.all(
    `SELECT provider, scope, created_at, id, facets, body, plan, due, born FROM runs
     WHERE sandbox = ? ORDER BY provider, scope, created_at, id`,
    sandbox,
  )
}

t.test('a stream draws what Faker draws, seeded alike', async () => {
  const seeds = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 2_000 }), (seed, draws) => {
      const faker = new Faker({ locale: {}, seed: 0 })
      faker.seed(seed)
      const twister = new Twister(seed)
      for (let i = 0; i < draws; i++) {
        if (twister.next() !== faker.number.float()) return false
      }
      return true
    }),
  )
  const drawn = fc.oneof(
    fc.tuple(fc.constant('int'), fc.integer(), fc.nat()),
    fc.tuple(fc.constant('text'), fc.nat(80), fc.nat(40)),
    fc.tuple(fc.constant('pick'), fc.nat(20), fc.constant(0)),
    fc.tuple(fc.constant('shuffle'), fc.nat(20), fc.constant(0)),
  )
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 30 }), fc.nat(), (draws, seed) => {
      const [own, other] = [seededRandom(seed, 'a'), seededRandom(seed, 'a')]
      const randomizer = { next: () => other.float(0, 1), seed: () => {} }
      const { number, string, helpers } = new Faker({ locale: {}, randomizer })
      return draws.every(([what, a, b]) => {
        const alphabet = 'abcdefghijklmnopqrstuvwxyz'.slice(0, (a % 26) + 1)
        const letters = [...alphabet]
        if (what === 'int') return own.int(a, a + b) === number.int({ min: a, max: a + b })
        if (what === 'text') return own.text(alphabet, b) === string.fromCharacters(alphabet, b)
        if (what === 'pick') return own.pick(letters) === helpers.arrayElement(letters)
        return own.shuffle(letters).join('') === helpers.shuffle(letters).join('')
      })
    }),
  )
})

t.test('names are those that Faker makes of the same stream', async (t) => {
  const names: Record<string, [(random: Random) => string, (faker: Faker) => string]> = {
    fullName: [fullName, ({ person }) => person.fullName()],
    firstName: [firstName, ({ person }) => person.firstName()],
    lastName: [lastName, ({ person }) => person.lastName()],
    companyName: [companyName, ({ company }) => company.name()],
    domainName: [domainName, ({ internet }) => internet.domainName()],
    country: [country, ({ location }) => location.country()],
    countryCode: [countryCode, ({ location }) => location.countryCode()],
    weekday: [weekday, ({ date }) => date.weekday()],
  }
  for (const [name, [own, fakers]] of Object.entries(names)) {
    const [random, other] = [seededRandom(1, name), seededRandom(1, name)]
    const randomizer = { next: () => other.float(0, 1), seed: () => {} }
    const faker = new Faker({ locale: [en, base], randomizer })
    const times = Array.from({ length: 5_000 })
    t.same(
      times.map(() => own(random)),
      times.map(() => fakers(faker)),
      name,
    )
  }
})

t.test('tags are in the order of a collator', async (t) => {
  const { compare } = new Intl.Collator('en')
  const tag = fc.oneof(
    fc.stringMatching(/^[a-c0-1_:.-]{0,6}$/),
    fc.stringMatching(/^[a-bA-B_:é ]{0,4}$/),
    fc.string({ maxLength: 3 }),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  )
  fc.assert(
    fc.property(tag, tag, (a, b) => Math.sign(alphabetically(a, b)) === Math.sign(compare(a, b))),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('an instant reads as Date writes it', async (t) => {
  const instants = fc.oneof(
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
    fc.integer({ min: 0, max: 253_402_300_799_999 }),
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    fc.integer({ min: -3, max: 3 }).map((ms) => NOW - (NOW % 86_400_000) + ms),
  )
  fc.assert(
    fc.property(instants, (ms) => iso(ms) === new Date(ms).toISOString()),
    { numRuns: 2_000 },
  )
  t.throws(() => iso(Number.NaN), RangeError)
  t.throws(() => iso(8.64e15 + 1), RangeError)
})

t.test('changes that come as one are those that come one by one', async (t) => {
  for (const { name, seeds, next } of providers) {
    const section = (LARGE as Record<string, unknown>)[name] ?? {}
    const random = seededRandom(3, name)
    const request = {
      section,
      fidelity: 'live',
      start: NOW,
      days: 3,
      random,
      secrets: new Secrets('x'),
    } as const
    let compared = 0
    for (const run of seeds.build(request).runs) {
      if (compared++ > 500) break
      for (const at of [run.createdAt, NOW, NOW + 86_400_000]) {
        const single = settle(run, at, (run) => next(run))
        t.equal(JSON.stringify(settle(run, at, next)), JSON.stringify(single), `${name} ${run.id} at ${at}`)
      }
    }
  }
})

t.test('what threads make has the bytes of what is made in line', async (t) => {
  const path = fileOf(t, LARGE)
  const database = new Database(undefined)
  const fillings = new Fillings(database, providers)
  const filling = { scenario: fillings.scenario(path), fidelity: 'live', seed: 5, start: NOW } as const
  const secrets = new Secrets('threads', true)
  t.ok(fillings.isLarge(filling))
  const told: number[] = []
  const { signal } = new AbortController()
  await fillings.fillByParts('parts', filling, secrets, signal, (done) => told.push(done))
  fillings.transaction(() => fillings.fill('at once', filling, secrets, fillings.worlds(filling, secrets)))
  const made = fillings.made(filling, secrets)
  t.strictSame(made.worlds, fillings.worlds(filling, secrets))
  fillings.transaction(() => fillings.fill('in line', filling, secrets, made.worlds, made))
  const expected = rows(database, 'in line')
  t.equal(expected.length, 20_248, 'all are there')
  t.strictSame(rows(database, 'parts'), expected, 'by parts')
  t.strictSame(rows(database, 'at once'), expected, 'at once')
  t.equal(told.at(-1), expected.length, 'and progress is told')
  database.close()
})

t.test('a large sandbox holds nobody up', async (t) => {
  const path = fileOf(t, { trigger: { prod: { past: 60_000 } } })
  const { control, sandbox, get } = await serve(t)
  const done: string[] = []
  const asked = async (what: string, call: Promise<{ status: number }>, status: number): Promise<void> => {
    t.equal((await call).status, status, what)
    done.push(what)
  }
  const { secretKey } = sandbox.credentials.trigger.prod
  const making = asked('made', control('POST', '/sandboxes', { id: 'big', scenario: path }), 201)
  for (let round = 0; round < 5; round++) {
    await asked('health', control('GET', '/health'), 200)
    const headers = { authorization: `Bearer ${secretKey}` }
    await asked('list', get('/api/v1/runs', headers), 200)
    await asked('same id', control('POST', '/sandboxes', { id: 'big' }), 409)
    await asked('not there yet', control('GET', '/sandboxes/big'), 404)
    await asked('another', control('POST', '/sandboxes', { id: `small-${round}` }), 201)
  }
  t.notOk(done.includes('made'), 'while it was being made')
  await making
  const { json } = await control<{ counts: Record<string, number> }>('GET', '/sandboxes/big')
  t.equal(json.counts.trigger, 60_000)
  t.equal((await control('POST', '/sandboxes', { id: 'big' })).status, 409)
  t.equal((await control('DELETE', '/sandboxes/big')).status, 204)
  t.equal((await control('GET', '/sandboxes/big')).status, 404)
  t.equal((await control('POST', '/sandboxes', { id: 'big' })).status, 201, 'the id is free again')
})

t.test('reset and a clock that is set back make a large sandbox as it was', async (t) => {
  const path = fileOf(t, { trigger: { prod: { past: 20_500, ahead: 10 } } })
  const { control } = await serve(t)
  type Runs = { runs: unknown[] }
  const created = await control('POST', '/sandboxes', {
    id: 'big',
    scenario: path,
    clock: '2026-06-01T12:00:00Z',
  })
  t.equal(created.status, 201)
  const read = async (): Promise<Runs> =>
    (await control<Runs>('GET', '/sandboxes/big/runs/trigger?limit=100')).json
  const before = await read()
  await control('PATCH', '/sandboxes/big/clock', { advance: '1d' })
  await control('DELETE', '/sandboxes/big/runs/nx1')
  t.notSame(await read(), before)
  await control('PATCH', '/sandboxes/big/clock', { now: '2026-06-01T12:00:00Z' })
  t.same(await read(), before, 'set back')
  await control('DELETE', '/sandboxes/big/runs/trigger')
  await control('POST', '/sandboxes/big/reset')
  t.same(await read(), before, 'reset')
})

t.test('closing ends what is being made, and the next to open the file clears it away', async (t) => {
  const folder = t.testdir({ 'large.json': JSON.stringify({ trigger: { prod: { past: 200_000 } } }) })
  const db = join(folder, 'runyard.db')
  const { runyard, control } = await serve(t, { db })
  const making = control<{ title: string }>('POST', '/sandboxes', {
    id: 'big',
    scenario: join(folder, 'large.json'),
  })
  // Until the first part of it is written.
  while (!(await hasRows(db))) await setTimeout(20)
  await runyard.close()
  const answer = await making
  t.equal(answer.status, 409)
  t.equal(answer.json.title, 'Closing')

  const database = new Database(db)
  t.equal(rowsOfBig(database), true, 'the file has a part of it')
  database.close()
  const again = await serve(t, { db })
  t.equal((await again.control('GET', '/sandboxes/big')).status, 404)
  await again.runyard.close()
  const swept = new Database(db)
  t.equal(rowsOfBig(swept), false, 'and none of it any more')
  swept.close()

  async function hasRows(file: string): Promise<boolean> {
    const { size } = await import('node:fs').then(({ statSync }) => statSync(`${file}-wal`))
    return existsSync(file) && size > 3_000_000
  }
  function rowsOfBig(database: Database): boolean {
    return database.get(`SELECT 1 FROM runs WHERE sandbox = 'big'`) !== undefined
  }
})

t.test('a scenario of which runs cannot be made leaves nothing', async (t) => {
  const database = new Database(undefined)
  t.teardown(() => database.close())
  const fillings = new Fillings(database, providers)
  const filling = {
    scenario: fillings.scenario(fileOf(t, { trigger: LARGE.trigger, nx1: { runs: 2_000 } })),
    fidelity: 'spec',
    seed: 1,
    start: 9e15,
  } as const
  const secrets = new Secrets('x')
  await t.rejects(
    fillings.fillByParts('broken', filling, secrets, new AbortController().signal),
    /runs could not be made: RangeError/,
  )
  const stopped = AbortSignal.abort(new Error('on purpose'))
  await t.rejects(fillings.fillByParts('stopped', { ...filling, start: NOW }, secrets, stopped), /on purpose/)
  t.throws(
    () => fillings.transaction(() => fillings.fill('broken', filling, secrets, {})),
    /runs could not be made: RangeError/,
  )
})

t.test('progress is one line on a terminal, and nothing elsewhere', async (t) => {
  const written: string[] = []
  const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0
  t.equal(progressOn({ isTTY: false, write }), undefined)
  const progress = progressOn({ isTTY: true, write })
  for (const done of [0, 1, 500_000, 500_001, 1_000_000, 1_000_001]) progress?.(done, 1_000_000)
  t.same(written, [
    '\r\u001b[K0 % of 1,000,000 runs made',
    '\r\u001b[K50 % of 1,000,000 runs made',
    '\r\u001b[K',
  ])
})
