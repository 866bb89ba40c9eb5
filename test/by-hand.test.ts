import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type Got, NOW, type Problem, serve, type Yard } from './serve.ts'

/** A run, as its vendor's list shows it. */
type Item = Record<string, unknown>

const NAMES = ['conductorone', 'nx1', 'basedash'] as const
type Name = (typeof NAMES)[number]

const runsOf = (name: Name): string => `/sandboxes/default/runs/${name}`
const insert = (yard: Yard, name: Name, item: Item): Promise<Got<{ runs: Item[] } & Problem>> =>
  yard.control('POST', runsOf(name), item)
const at = (iso: unknown): number => {
  // Nx1's times may lack an offset; they are UTC all the same.
  const text = String(iso)
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)
}
const hasMembers = (t: Test, run: Item, item: Item, what: string): void => {
  for (const [member, value] of Object.entries(item)) t.strictSame(run[member], value, `${what}: ${member}`)
}

/** What the vendor's own list has. */
async function listed(yard: Yard, name: Name): Promise<Item[]> {
  const { conductorone, nx1, basedash } = yard.sandbox.credentials
  const ask = async <Body>(path: string, headers: Record<string, string>): Promise<Body> =>
    (await yard.get<Body>(path, headers)).json
  switch (name) {
    case 'conductorone': {
      const authorization = `Bearer ${conductorone.admin.bearer}`
      return (await ask<{ list: Item[] }>('/api/v1/role-mining/runs', { authorization })).list
    }
    case 'nx1':
      return ask('/api/crew-runs', { 'authorization-psk': nx1.psk.admin })
    case 'basedash': {
      const path = `/api/public/organizations/${basedash.organizationId}/automations/${basedash.automations[0]?.id}/runs`
      return (await ask<{ data: Item[] }>(path, { authorization: `Bearer ${basedash.admin.apiKey}` })).data
    }
  }
}

t.test('what is given comes back, and what is absent hangs together with it', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  /** `then`: how the run is when it has come to rest, if that is another way than it was put in. */
  const cases: readonly [name: Name, item: Item, now: Item, then?: Item][] = [
    ['conductorone', {}, { status: 'RUN_STATUS_RUNNING', totalUsers: 0 }, { completedAt: String }],
    ['conductorone', { status: 'RUN_STATUS_RUNNING' }, { errorMessage: '' }, { completedAt: String }],
    ['conductorone', { status: 'RUN_STATUS_COMPLETED' }, { totalUsers: Number, completedAt: String }],
    ['conductorone', { status: 'RUN_STATUS_FAILED' }, { errorMessage: /./, suggestionsGenerated: 0 }],
    ['conductorone', { status: 'RUN_STATUS_UNSPECIFIED' }, { createdAt: '2026-06-01T12:00:00Z' }],
    [
      'conductorone',
      { status: 'RUN_STATUS_UNSPECIFIED', completedAt: '2026-05-01T00:00:00Z' },
      { createdAt: '2026-05-01T00:00:00Z' },
    ],
    [
      'conductorone',
      {
        status: 'RUN_STATUS_UNSPECIFIED',
        createdAt: '2026-04-30T00:00:00Z',
        completedAt: '2026-05-01T00:00:00Z',
      },
      { updatedAt: '2026-05-01T00:00:00Z' },
    ],
    ['conductorone', { errorMessage: 'no' }, { status: 'RUN_STATUS_FAILED', completedAt: String }],
    ['conductorone', { totalUsers: 7 }, { status: 'RUN_STATUS_COMPLETED' }],
    ['conductorone', { triggerDetail: 'Zoë' }, { triggerType: 'TRIGGER_TYPE_MANUAL' }, {}],
    ['conductorone', { triggerType: 'TRIGGER_TYPE_SCHEDULED' }, { triggerDetail: /role mining/i }, {}],
    [
      'conductorone',
      { createdAt: '2026-05-01T08:00:00.123456789Z', errorMessage: '' },
      { status: 'RUN_STATUS_COMPLETED', completedAt: /^2026-05-01T08:/ },
    ],
    [
      'conductorone',
      { status: 'RUN_STATUS_RUNNING', createdAt: '2026-05-01T10:00:00+02:00' },
      { updatedAt: '2026-05-01T10:00:00+02:00' },
      { completedAt: /^2026-06-01T12:/ },
    ],
    ['nx1', {}, { status: 'pending', started_at: null, result: null }, { completed_at: String }],
    ['nx1', { status: 'pending' }, { created_at: /^2026-06-01T11:59:5/ }, { completed_at: String }],
    ['nx1', { status: 'running' }, { started_at: String, completed_at: null }, { completed_at: String }],
    ['nx1', { status: 'completed' }, { result: String, error: null, completed_at: String }],
    ['nx1', { status: 'failed' }, { result: null, error: String, started_at: String }],
    ['nx1', { status: 'failed', started_at: null }, { completed_at: String }],
    ['nx1', { status: 'failed', created_at: '2026-06-01T11:59:00+00:00' }, { completed_at: /^2026-06-01T1/ }],
    ['nx1', { result: '42' }, { status: 'completed', error: null }],
    ['nx1', { error: 'no' }, { status: 'failed', result: null }],
    ['nx1', { started_at: '2026-06-01T11:00:00' }, { status: 'running', result: null }, { result: /./ }],
    ['nx1', { owner_id: 'somebody else' }, { status: 'pending' }, {}],
    ['nx1', { crew_type: 'ask' }, { crew_config: null, task_input: { question: String } }, {}],
    ['nx1', { crew_type: null }, { crew_config: { agents: Array } }, {}],
    ['nx1', { crew_type: 'of another kind' }, { crew_config: null, task_input: Object }, {}],
    ['nx1', { crew_config: { agents: [], tasks: [] } }, { crew_type: null }, {}],
    ['basedash', {}, { status: 'GENERATING', isManualRun: true, memberId: String }, { status: 'FINISHED' }],
    ['basedash', { status: 'GENERATING' }, { createdAt: /^2026-06-01T11:59:[45]/ }, { status: 'FINISHED' }],
    ['basedash', { status: 'FINISHED' }, { name: /^Notable signups/, updatedAt: /^2026-06-01T11:59/ }],
    ['basedash', { status: null }, { updatedAt: '2026-06-01T12:00:00.000Z' }],
    ['basedash', { isManualRun: false }, { memberId: null }, { status: 'FINISHED' }],
    ['basedash', { memberId: null }, { isManualRun: false }, { status: 'FINISHED' }],
    ['basedash', { name: 'Mine' }, { status: 'GENERATING' }, { name: 'Mine', status: 'FINISHED' }],
    ['basedash', { updatedAt: '2026-05-01T00:00:00Z' }, { status: 'FINISHED', createdAt: /^2026-04-30/ }],
  ]
  for (const [name, item, now, then] of cases) {
    const what = `${name} ${JSON.stringify(item)}`
    await yard.control('DELETE', runsOf(name))
    const { status, json, text } = await insert(yard, name, item)
    if (!t.equal(status, 201, what)) t.comment(text)
    const [run = {}] = json.runs
    hasMembers(t, run, item, what)
    t.match(run, now, `${what}: the rest`)
    t.strictSame(await listed(yard, name), [run], `${what} is what the vendor's list has`)

    const { created_at, started_at, completed_at, createdAt, updatedAt, completedAt } = run
    const times = [created_at ?? createdAt, started_at, completed_at ?? completedAt, updatedAt]
    const instants = times.filter((time) => time !== null && time !== undefined).map(at)
    t.strictSame(
      instants,
      [...instants].sort((a, b) => a - b),
      `${what}: its times are in order`,
    )
    t.ok(
      instants.every((time) => time <= NOW),
      `${what}: and past`,
    )

    await yard.control('PATCH', '/sandboxes/default/clock', { advance: '1h' })
    const [later = {}] = await listed(yard, name)
    if (then === undefined) t.strictSame(later, run, `${what} has come to rest`)
    else {
      t.not(later.status, run.status, `${what} goes on`)
      t.match(later, then, `${what}: to its end`)
      t.ok(at(later.completed_at ?? later.updatedAt) > NOW, `${what}: after it was put in`)
    }
    await yard.control('PATCH', '/sandboxes/default/clock', { now: '2026-06-01T12:00:00Z', frozen: true })
  }
})

t.test('a run to come appears when it is time', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const cases: readonly [name: Name, item: Item][] = [
    ['conductorone', { createdAt: '2026-06-01T12:30:00Z' }],
    ['nx1', { created_at: '2026-06-01T12:30:00+00:00', started_at: null, result: null }],
    ['basedash', { createdAt: '2026-06-01T12:30:00.000Z' }],
  ]
  for (const [name, item] of cases) {
    const { json } = await insert(yard, name, item)
    t.match(json.runs, [{ status: /RUN_STATUS_RUNNING|pending|GENERATING/ }], name)
    t.same(await listed(yard, name), [], `${name}: not yet`)
  }
  await yard.control('PATCH', '/sandboxes/default/clock', { advance: '30m' })
  for (const [name] of cases) t.equal((await listed(yard, name)).length, 1, name)
})

t.test('it is found where it belongs', async (t) => {
  const yard = await serve(t)
  const { conductorone, nx1, basedash } = yard.sandbox.credentials
  await insert(yard, 'conductorone', {
    id: 'mine',
    status: 'RUN_STATUS_RUNNING',
    createdAt: '2026-06-01T12:00:00Z',
  })
  const latest = await yard.get('/api/v1/role-mining/runs/latest', {
    authorization: `Bearer ${conductorone.admin.bearer}`,
  })
  t.match(latest.json, { run: { id: 'mine' } }, 'the latest run')

  await insert(yard, 'nx1', { id: 'mine', owner_id: 'bob' })
  for (const [who, sees] of [
    ['bob', true],
    ['alice', false],
    ['general', false],
    ['admin', true],
  ] as const) {
    const { json } = await yard.get<Item[]>('/api/crew-runs', { 'authorization-psk': nx1.psk[who] })
    t.equal(
      json.some(({ id }) => id === 'mine'),
      sees,
      `${who} ${sees ? 'sees' : 'does not see'} bob's run`,
    )
  }

  const [first, second] = basedash.automations
  const [foreign] = basedash.otherAutomations
  const belongings: readonly [item: Item, organizationId: string, automationId: string | undefined][] = [
    [{}, basedash.organizationId, first?.id],
    [{ automationId: second?.id }, basedash.organizationId, second?.id],
    [{ automationId: foreign?.id }, basedash.otherOrganizationId, foreign?.id],
    [{ organizationId: basedash.otherOrganizationId }, basedash.otherOrganizationId, foreign?.id],
  ]
  for (const [item, organizationId, automationId] of belongings) {
    const { json } = await insert(yard, 'basedash', item)
    const place = organizationId === basedash.organizationId ? basedash.admin : basedash.otherAdmin
    t.match(json.runs, [{ organizationId, automationId, name: String }], JSON.stringify(item))
    const path = `/api/public/organizations/${organizationId}/automations/${automationId}/runs?limit=100`
    const { json: page } = await yard.get<{ data: Item[] }>(path, { authorization: `Bearer ${place.apiKey}` })
    t.match(
      page.data.filter(({ id }) => id === json.runs[0]?.id),
      json.runs,
      'and its list has it',
    )
  }
})

t.test('what cannot be is refused, with what would be right', async (t) => {
  const yards = { spec: await serve(t), live: await serve(t, { fidelity: 'live', rateLimits: false }) }
  const { automations, organizationId, otherOrganizationId } = yards.spec.sandbox.credentials.basedash
  const [automation = { id: '' }] = automations
  const cases: readonly [name: Name, item: Item, member: string, detail: string | RegExp, only?: 'live'][] = [
    [
      'conductorone',
      { createdAt: '2026-05-02T00:00:00Z', completedAt: '2026-05-01T00:00:00Z' },
      'completedAt',
      'is before createdAt: it can be 2026-05-02T00:00:00Z at the earliest',
    ],
    [
      'conductorone',
      { updatedAt: '2026-05-01T00:00:00Z', completedAt: '2026-05-02T00:00:00Z' },
      'updatedAt',
      'is before completedAt: it can be 2026-05-02T00:00:00Z at the earliest',
    ],
    [
      'conductorone',
      { status: 'RUN_STATUS_COMPLETED', completedAt: '2026-06-01T12:00:00.001Z' },
      'completedAt',
      'lies ahead, though the run has a past: it can be 2026-06-01T12:00:00.000Z at the latest',
    ],
    [
      'conductorone',
      { status: 'RUN_STATUS_RUNNING', createdAt: '2026-07-01T00:00:00Z' },
      'createdAt',
      /ahead/,
    ],
    [
      'conductorone',
      { status: 'RUN_STATUS_COMPLETED', errorMessage: 'no' },
      'errorMessage',
      /RUN_STATUS_FAILED$/,
    ],
    [
      'conductorone',
      { status: 'RUN_STATUS_RUNNING', errorMessage: 'no' },
      'errorMessage',
      /RUN_STATUS_FAILED$/,
    ],
    [
      'conductorone',
      { status: 'RUN_STATUS_RUNNING', completedAt: '2026-05-01T00:00:00Z' },
      'completedAt',
      /under way; leave it out/,
    ],
    ['conductorone', { createdAt: '2016-12-31T23:59:60Z' }, 'createdAt', /is no instant; .* would be one/],
    ['conductorone', { status: 'RUN_STATUS_FAILED', completedAt: null }, 'completedAt', /null/, 'live'],
    ['conductorone', { createdAt: null }, 'createdAt', /is no instant/, 'live'],
    ['nx1', { created_at: 'yesterday' }, 'created_at', /instant|pattern/],
    ['nx1', { status: 'pending', started_at: '2026-05-01T00:00:00' }, 'started_at', /pending; leave it out/],
    ['nx1', { status: 'running', started_at: null }, 'started_at', /is null, though the run is running/],
    ['nx1', { status: 'running', result: '42' }, 'result', /running; leave it out/],
    ['nx1', { status: 'completed', error: 'no' }, 'error', /completed; leave it out/],
    ['nx1', { error: 'no', result: '42' }, 'result', /failed; leave it out/],
    ['nx1', { status: 'completed', completed_at: null }, 'completed_at', /is null/],
    [
      'nx1',
      { started_at: '2026-05-02T00:00:00', completed_at: '2026-05-01T00:00:00' },
      'completed_at',
      'is before started_at: it can be 2026-05-02T00:00:00 at the earliest',
    ],
    ['nx1', { status: 'completed', created_at: '2026-06-02T00:00:00' }, 'created_at', /lies ahead/],
    [
      'nx1',
      { created_at: '2026-05-02T00:00:00+00:00' },
      'created_at',
      'has an offset, which live leaves out; 2026-05-02T00:00:00 would be right',
      'live',
    ],
    ['nx1', { crew_config: { agents: [{ role: 'x' }] } }, 'crew_config', /./],
    [
      'basedash',
      { automationId: 'x' },
      'automationId',
      new RegExp(`names no automation; there are ${automation.id} `),
    ],
    ['basedash', { organizationId: 'x' }, 'organizationId', new RegExp(`there are ${organizationId} and `)],
    [
      'basedash',
      { automationId: automation.id, organizationId: otherOrganizationId },
      'organizationId',
      new RegExp(`${organizationId}$`),
    ],
    ['basedash', { memberId: 'x' }, 'memberId', /names no member of the organization; there are c/],
    ['basedash', { id: '' }, 'id', /is empty/],
    [
      'basedash',
      { createdAt: '2026-05-02T00:00:00.000Z', updatedAt: '2026-05-01T00:00:00.000Z' },
      'updatedAt',
      'is before createdAt: it can be 2026-05-02T00:00:00.000Z at the earliest',
    ],
    ['basedash', { status: 'FINISHED', createdAt: '2026-07-01T00:00:00.000Z' }, 'createdAt', /lies ahead/],
  ]
  for (const [name, item, member, detail, only] of cases) {
    for (const fidelity of only === undefined ? (['spec', 'live'] as const) : [only]) {
      const { status, json } = await insert(yards[fidelity], name, item)
      const what = `${fidelity} ${name} ${JSON.stringify(item)}`
      t.equal(status, 422, what)
      const [error] = json.errors ?? []
      t.ok(error?.pointer.startsWith(`/${member}`), `${what}: names ${error?.pointer}`)
      t.match(error?.detail, detail, what)
    }
  }
})

t.test('the same call, the same run', async (t) => {
  const [one, other] = [await serve(t), await serve(t)]
  for (const name of NAMES) {
    for (const item of [{}, {}, { status: null }, { name: 'x' }, { status: 'failed' }]) {
      t.equal((await insert(one, name, item)).text, (await insert(other, name, item)).text, name)
    }
    const { json } = await one.control<{ runs: Item[] }>('GET', `${runsOf(name)}?limit=1000`)
    t.equal(new Set(json.runs.map(({ id }) => id)).size, json.runs.length, 'but the next call, another run')
  }
})

t.test('any members of a real run make a run that has them', async (t) => {
  for (const fidelity of ['spec', 'live'] as const) {
    for (const scenario of ['default', 'edge']) {
      const yard = await serve(t, { fidelity, scenario, rateLimits: false })
      for (const name of NAMES) {
        const { json } = await yard.control<{ runs: Item[] }>('GET', `${runsOf(name)}?limit=1000`)
        const part = fc
          .constantFrom(...json.runs)
          .chain((item) => fc.subarray(Object.entries(item)))
          .map((entries): Item => Object.fromEntries(entries))
        const property = fc.asyncProperty(part, async (item) => {
          await yard.control('DELETE', runsOf(name))
          const { status, json, text } = await insert(yard, name, item)
          // That the run is what the document says it is, the call itself has checked.
          if (status !== 201) throw new Error(text)
          const [run = {}] = json.runs
          const kept = Object.fromEntries(Object.keys(item).map((member) => [member, run[member]]))
          if (JSON.stringify(kept) !== JSON.stringify(item)) throw new Error(text)
        })
        await t.resolves(fc.assert(property, { numRuns: 50 }), `${fidelity} ${scenario} ${name}`)
      }
    }
  }
})
