import fc from 'fast-check'
import t from 'tap'
import { iso } from '../src/core/clock.ts'
import { NOW, type SandboxView, serve, type Yard } from './serve.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

interface Clock {
  readonly now: string
  readonly frozen: boolean
}

type Headers = Record<string, string>
type Move = { readonly advance: number } | { readonly to: number }

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

/** How each API is walked: its first page's path, the path after a page, and the ids that a page shows. */
interface Walk {
  readonly name: string
  readonly headers: Headers
  readonly first: string
  next(page: unknown): string | undefined
  ids(page: unknown): string[]
}

function walks({ credentials }: SandboxView): Walk[] {
  const { conductorone, trigger, nx1, basedash } = credentials
  const c1 = '/api/v1/role-mining/runs?page_size=10'
  const runs = '/api/v1/runs?page[size]=10'
  const automation = basedash.automations[0]?.id
  const automations = `/api/public/organizations/${basedash.organizationId}/automations/${automation}/runs?limit=7`
  const idsOf = (list: unknown): string[] => Object(list).map(({ id }: { id: string }) => id)
  const following = (first: string, name: string, cursor: unknown): string | undefined =>
    cursor ? `${first}&${name}=${cursor}` : undefined
  return [
    {
      name: 'ConductorOne',
      headers: bearer(conductorone.admin.bearer),
      first: c1,
      next: (page) => following(c1, 'page_token', Object(page).nextPageToken),
      ids: (page) => idsOf(Object(page).list),
    },
    {
      name: 'Trigger.dev',
      headers: bearer(trigger.prod.secretKey),
      first: runs,
      next: (page) => following(runs, 'page[after]', Object(page).pagination.next),
      ids: (page) => idsOf(Object(page).data),
    },
    {
      name: 'Trigger.dev, by task',
      headers: bearer(trigger.prod.secretKey),
      first: `${runs}&filter[isTest]=false`,
      next: (page) => following(`${runs}&filter[isTest]=false`, 'page[after]', Object(page).pagination.next),
      ids: (page) => idsOf(Object(page).data),
    },
    {
      name: 'Nx1',
      headers: { 'authorization-psk': nx1.psk.admin },
      first: '/api/crew-runs?limit=100000',
      next: () => undefined,
      ids: idsOf,
    },
    {
      name: 'Basedash',
      headers: bearer(basedash.admin.apiKey),
      first: automations,
      next: (page) => following(automations, 'cursor', Object(page).pagination.nextCursor),
      ids: (page) => idsOf(Object(page).data),
    },
  ]
}

async function everything(
  yard: Yard,
  walk: Walk,
  between?: () => Promise<unknown>,
): Promise<{ ids: string[]; text: string }> {
  const ids: string[] = []
  let text = ''
  let path: string | undefined = walk.first
  while (path !== undefined) {
    const got: { text: string; json: unknown } = await yard.get(path, walk.headers)
    ids.push(...walk.ids(got.json))
    text += got.text
    path = walk.next(got.json)
    if (path !== undefined) await between?.()
  }
  return { ids, text }
}

/** Every run of a sandbox that exists by its now, as lists show them. */
async function allRuns(yard: Yard, id: string): Promise<string[]> {
  const shown: string[] = []
  for (const provider of ['conductorone', 'trigger', 'nx1', 'basedash']) {
    const { text } = await yard.control('GET', `/sandboxes/${id}/runs/${provider}?limit=1000`)
    shown.push(text)
  }
  return shown
}

const move = (yard: Yard, id: string, change: object) =>
  yard.control<Clock>('PATCH', `/sandboxes/${id}/clock`, change)

t.test('a clock is set, moved, frozen and thawed', async (t) => {
  const yard = await serve(t)
  const cases: readonly [change: object, now: string | RegExp, frozen: boolean][] = [
    [{ advance: '5m' }, '2026-06-01T12:05:00.000Z', true],
    [{ advance: 0 }, '2026-06-01T12:05:00.000Z', true],
    [{ advance: 250 }, '2026-06-01T12:05:00.250Z', true],
    [{ advance: '1h30m' }, '2026-06-01T13:35:00.250Z', true],
    [{ advance: '1.5s' }, '2026-06-01T13:35:01.750Z', true],
    [{ advance: '2d' }, '2026-06-03T13:35:01.750Z', true],
    [{ now: '2026-06-01T12:00:00Z' }, '2026-06-01T12:00:00.000Z', true],
    [{ now: '2026-06-01T14:00:00+02:00' }, '2026-06-01T12:00:00.000Z', true],
    [{ frozen: false }, /^2026-06-01T12:00:0/, false],
    [{ advance: '1m' }, /^2026-06-01T12:01:0/, false],
    [{ frozen: true }, /^2026-06-01T12:01:0/, true],
    [{ now: '2026-06-02T00:00:00Z', frozen: false }, /^2026-06-02T00:00:0/, false],
    [{ now: '2026-06-02T00:00:00Z', frozen: true }, '2026-06-02T00:00:00.000Z', true],
    [{ now: '1970-01-01T00:00:00Z' }, '1970-01-01T00:00:00.000Z', true],
    [{ now: '9999-12-31T23:59:59.999Z' }, '9999-12-31T23:59:59.999Z', true],
  ]
  for (const [change, now, frozen] of cases) {
    const got = await move(yard, 'default', change)
    t.match(got, { status: 200, json: { now, frozen } }, JSON.stringify(change))
    const read = await yard.control<Clock>('GET', '/sandboxes/default/clock')
    t.match(read.json, { now, frozen })
  }
})

t.test('a thawed clock ticks on from its present', async (t) => {
  const yard = await serve(t)
  await move(yard, 'default', { now: '2030-01-01T00:00:00Z', frozen: false })
  const read = async () => Date.parse((await yard.control<Clock>('GET', '/sandboxes/default/clock')).json.now)
  const before = await read()
  while ((await read()) === before);
  t.ok((await read()) > before)
  t.ok(before >= Date.parse('2030-01-01T00:00:00Z'))
})

t.test('a clock that goes stops at the end of time', async (t) => {
  const yard = await serve(t)
  await yard.control('POST', '/sandboxes', {
    id: 'last',
    clock: { now: '9999-12-31T23:59:59.999Z', frozen: false },
  })
  await new Promise((resolve) => setTimeout(resolve, 5))
  const { status, json } = await yard.control<{ sandboxes: SandboxView[] }>('GET', '/sandboxes')
  t.equal(status, 200)
  t.same(json.sandboxes[1]?.clock, { now: '9999-12-31T23:59:59.999Z', frozen: false })
})

t.test('what a clock cannot be told, and why', async (t) => {
  const yard = await serve(t)
  const cases: readonly [change: unknown, detail: RegExp][] = [
    [{}, /fewer than 1/],
    [{ now: '2026-06-01T12:00:00Z', advance: '5m' }, /`now` or `advance`, not both/],
    [{ now: 'noon' }, /\/now must match format/],
    [{ now: '2026-02-30T00:00:00Z' }, /\/now/],
    [{ now: '1969-12-31T23:59:59.999Z' }, /\/now is no instant from 1970 to 9999/],
    [{ now: '9999-12-31T23:59:59-00:01' }, /\/now is no instant from 1970 to 9999/],
    [{ advance: '-5m' }, /\/advance must be: Milliseconds, or a text/],
    [{ advance: -5 }, /\/advance must be/],
    [{ advance: '5 minutes' }, /\/advance must be/],
    [{ advance: '5000000d' }, /\/advance goes beyond the year 9999/],
    [{ advance: Number.MAX_SAFE_INTEGER }, /\/advance goes beyond/],
    [{ frozen: 'yes' }, /\/frozen must be boolean/],
    [{ speed: 2 }, /\/speed is unknown; there are now, advance, frozen/],
    [undefined, /The body is missing/],
  ]
  for (const [change, detail] of cases) {
    const got = await yard.control('PATCH', '/sandboxes/default/clock', change)
    t.match(got, { status: 422, json: { detail } }, `${JSON.stringify(change)}: ${got.text}`)
  }
  const { json } = await yard.control<Clock>('GET', '/sandboxes/default/clock')
  t.same(json, { now: '2026-06-01T12:00:00.000Z', frozen: true }, 'and nothing moved')
})

t.test("runs live: each vendor's states, as the clock moves", async (t) => {
  const yard = await serve(t, { scenario: 'busy', fidelity: 'live', rateLimits: false })
  const trigger =
    'QUEUED EXECUTING REATTEMPTING FROZEN COMPLETED FAILED CRASHED CANCELED EXPIRED TIMED_OUT'.split(' ')
  const states: Readonly<Record<string, readonly string[]>> = {
    conductorone: ['RUN_STATUS_RUNNING', 'RUN_STATUS_COMPLETED', 'RUN_STATUS_FAILED'],
    trigger,
    nx1: ['running', 'completed', 'failed'],
    basedash: ['GENERATING', 'FINISHED'],
  }
  const born = ['DELAYED', 'pending']
  const entered = new Map<string, Set<string>>()
  const seen = new Set<string>()
  const last = new Map<string, string>()
  for (let step = 0; step < 60; step++) {
    for (const provider of Object.keys(states)) {
      const { json } = await yard.control<{ runs: { id: string; status: string }[] }>(
        'GET',
        `/sandboxes/default/runs/${provider}?limit=1000`,
      )
      for (const { id, status } of json.runs) {
        const before = last.get(id)
        last.set(id, status)
        seen.add(status)
        // Seen to change, or to appear: not what was there at the start.
        if (step === 0 || before === status) continue
        entered.set(provider, (entered.get(provider) ?? new Set()).add(status))
      }
    }
    await move(yard, 'default', { advance: step < 30 ? '20s' : '50m' })
  }
  for (const [provider, all] of Object.entries(states)) {
    const missing = all.filter((state) => !entered.get(provider)?.has(state))
    t.same(missing, [], `${provider}: ${[...(entered.get(provider) ?? [])].join(', ')}`)
  }
  t.same(
    born.filter((state) => !seen.has(state)),
    [],
    'and those that runs begin in',
  )
})

t.test('any moves that end at an instant give the bytes of that instant', async (t) => {
  const yard = await serve(t)
  const moves = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 3 * HOUR }) }) },
      { weight: 1, arbitrary: fc.record({ to: fc.integer({ min: NOW - 26 * HOUR, max: NOW + 26 * HOUR }) }) },
    ),
    { minLength: 1, maxLength: 6 },
  )
  let number = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('spec', 'live'), moves, async (fidelity, made: Move[]) => {
      const id = `steps-${number++}`
      const { json: view } = await yard.control<SandboxView>('POST', '/sandboxes', {
        id,
        fidelity,
        rateLimits: false,
      })
      let now = NOW
      for (const step of made) {
        now = 'to' in step ? step.to : now + step.advance
        await move(yard, id, 'to' in step ? { now: iso(step.to) } : { advance: step.advance })
        // Read on the way: what is due is applied before a read.
        for (const walk of walks(view)) await yard.get(walk.first, walk.headers)
      }
      const stepped = await allRuns(yard, id)
      await yard.control('POST', `/sandboxes/${id}/reset`)
      await move(yard, id, { now: iso(now) })
      const straight = await allRuns(yard, id)
      t.same(stepped, straight, `${fidelity}: ${JSON.stringify(made)}`)
      await yard.control('DELETE', `/sandboxes/${id}`)
    }),
    { numRuns: 12, seed: 20260601, endOnFailure: true },
  )
})

t.test('a walk that began before the clock moved repeats and loses nothing', async (t) => {
  const yard = await serve(t)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: HOUR }), { minLength: 1 }), async (steps) => {
      await yard.control('POST', '/sandboxes/default/reset')
      for (const walk of walks(yard.sandbox)) {
        const before = (await everything(yard, walk)).ids
        let i = 0
        const between = () => move(yard, 'default', { advance: steps[i++ % steps.length] })
        const { ids } = await everything(yard, walk, between)
        t.same(ids, before, `${walk.name}: ${JSON.stringify(steps)}`)
      }
    }),
    { numRuns: 4, seed: 20260601, endOnFailure: true },
  )
})

t.test('the latest run stays the first of the list', async (t) => {
  const yard = await serve(t, { scenario: 'busy' })
  const headers = bearer(yard.sandbox.credentials.conductorone.admin.bearer)
  const latest = new Set<string>()
  for (let hour = 0; hour < 24; hour++) {
    const { json: list } = await yard.get<{ list: unknown[] }>('/api/v1/role-mining/runs', headers)
    const { json: newest } = await yard.get<{ run: { id: string } }>(
      '/api/v1/role-mining/runs/latest',
      headers,
    )
    t.same(newest.run, list.list[0])
    latest.add(newest.run.id)
    await move(yard, 'default', { advance: '1h' })
  }
  t.ok(latest.size > 1, `${latest.size} runs were the latest, each in its time`)
})

t.test('a clock that is set back shows what was there at that time', async (t) => {
  const yard = await serve(t)
  const [, trigger] = walks(yard.sandbox)
  if (trigger === undefined) throw new Error('there is a walk')
  const atNow = await everything(yard, trigger)
  const { json } = await yard.control<{ runs: { id: string }[] }>('POST', '/sandboxes/default/runs/trigger', {
    taskIdentifier: 'by-hand',
  })
  const id = json.runs[0]?.id ?? ''
  await yard.control('DELETE', '/sandboxes/default/runs/nx1')
  const statuses: string[] = []
  const status = async (): Promise<string | undefined> => {
    const { json } = await yard.get<{ data: { status: string }[] }>(
      '/api/v1/runs?filter[taskIdentifier]=by-hand',
      trigger.headers,
    )
    return json.data[0]?.status
  }
  const born = await status()
  await move(yard, 'default', { advance: '1d' })
  const ended = await status()
  statuses.push(String(born), String(ended))
  t.not(born, ended, `${born} became ${ended}`)
  await move(yard, 'default', { now: iso(NOW) })
  t.equal(await status(), born, 'what was put in by hand is as it was then')
  await move(yard, 'default', { now: iso(NOW - 10 * 24 * HOUR) })
  t.equal(await status(), undefined, 'and not there before')
  const back = await everything(yard, trigger)
  t.ok(back.ids.length < atNow.ids.length)
  t.same(atNow.ids.slice(-back.ids.length), back.ids, 'what was created later is not there')
  await move(yard, 'default', { now: iso(NOW) })
  const again = await everything(yard, trigger)
  t.same(
    again.ids.filter((other) => other !== id),
    atNow.ids,
  )
  const { json: cleared } = await yard.get('/api/crew-runs', {
    'authorization-psk': yard.sandbox.credentials.nx1.psk.admin,
  })
  t.same(cleared, [], 'what was cleared stays cleared')
})
