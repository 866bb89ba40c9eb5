import t, { type Test } from 'tap'
import type { components } from '../src/providers/basedash/wire.ts'
import { NOW, serve } from './serve.ts'

type Run = components['schemas']['PublicAutomationRun']
type List = components['schemas']['PublicAutomationRunListResponse']

const NO_SUCH_AUTOMATION = '{"error":{"title":"NotFound","detail":"Automation not found"}}'
const NO_KEY = '{"error":{"title":"Unauthorized","detail":"Missing or invalid API key"}}'

/** A yard, what its Basedash view says, and a reader of one automation's runs as the admin. */
async function basedash(t: Test, options: Parameters<typeof serve>[1] = {}) {
  const yard = await serve(t, options)
  const view = yard.sandbox.credentials.basedash
  const path = (automation = 0, query = '') =>
    pathOf(view.organizationId, view.automations[automation]?.id, query)
  const bearer = { authorization: `Bearer ${view.admin.apiKey}` }
  const list = (query = '', automation = 0) => yard.get<List>(path(automation, query), bearer)
  return { yard, view, path, bearer, list }
}

function pathOf(organization: string, automation: string | undefined, query = ''): string {
  return `/api/public/organizations/${organization}/automations/${automation}/runs${query && `?${query}`}`
}

/** Every run of an automation, by following the cursor. */
async function walk(list: (query: string) => Promise<{ json: List }>, limit: number): Promise<Run[]> {
  const runs: Run[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { data, pagination }: List = (await list(`limit=${limit}&cursor=${cursor}`)).json
    runs.push(...data)
    if (runs.length > 1000) throw new Error('the walk does not end')
    cursor = pagination.nextCursor
  }
  return runs
}

t.test('who may see an automation', async (t) => {
  const { yard, view } = await basedash(t)
  const { admin, member, otherAdmin, organizationId: ours, otherOrganizationId: theirs } = view
  const [automation] = view.automations
  const [other] = view.otherAutomations
  const key = (apiKey: string) => `Bearer ${apiKey}`
  const cases: [string, string | undefined, string, string | undefined, string, number][] = [
    ['the admin', key(admin.apiKey), ours, automation?.id, '', 200],
    ['the scheme in lower case', `bearer ${admin.apiKey}`, ours, automation?.id, '', 200],
    ["the other organization's admin, there", key(otherAdmin.apiKey), theirs, other?.id, '', 200],
    ['nobody', undefined, ours, automation?.id, '', 401],
    ['another scheme', `Basic ${admin.apiKey}`, ours, automation?.id, '', 401],
    ['a scheme without a key', 'Bearer', ours, automation?.id, '', 401],
    ['a key without a scheme', admin.apiKey, ours, automation?.id, '', 401],
    ['a key of the right form', `Bearer bd_key_${'x'.repeat(32)}`, ours, automation?.id, '', 401],
    ['a key of another form', 'Bearer sk_live_1', ours, automation?.id, '', 401],
    ['a key in other letters', key(admin.apiKey.toUpperCase()), ours, automation?.id, '', 401],
    ['a key with more behind it', `${key(admin.apiKey)}x`, ours, automation?.id, '', 401],
    ['a plain member', key(member.apiKey), ours, automation?.id, '', 404],
    ["the other organization's admin, here", key(otherAdmin.apiKey), ours, automation?.id, '', 404],
    ['a foreign organization', key(admin.apiKey), theirs, other?.id, '', 404],
    ["another organization's automation", key(admin.apiKey), ours, other?.id, '', 404],
    ['an automation of ours, elsewhere', key(otherAdmin.apiKey), theirs, automation?.id, '', 404],
    ['an unknown organization', key(admin.apiKey), 'org_abc123', automation?.id, '', 404],
    ['an unknown automation', key(admin.apiKey), ours, 'c000000000000000000000000', '', 404],
    ['an id of object legacy', key(admin.apiKey), '__proto__', 'constructor', '', 404],
    ['an id of escapes', key(admin.apiKey), '%00%F0%9F%92%A9', '%2e%2e%2f', '', 404],
    ['an unknown cursor at an unknown automation', key(admin.apiKey), ours, 'x', 'cursor=x', 404],
    ['401 before 400', undefined, ours, automation?.id, 'limit=0', 401],
    ['401 before 404', undefined, ours, 'x', '', 401],
    ['400 before 404', key(admin.apiKey), ours, 'x', 'limit=0', 400],
    ['400 before the wall', key(member.apiKey), ours, automation?.id, 'limit=0', 400],
  ]
  for (const [who, authorization, organization, id, query, status] of cases) {
    const got = await yard.get(
      pathOf(organization, id, query),
      authorization === undefined ? {} : { authorization },
    )
    t.equal(got.status, status, `${who}: ${status}`)
    t.equal(got.headers.get('content-type'), 'application/json', `${who}: exactly application/json`)
    if (status === 401) t.equal(got.text, NO_KEY, `${who}: the 401`)
    if (status === 404) t.equal(got.text, NO_SUCH_AUTOMATION, `${who}: the one 404`)
  }
})

t.test('limit, as zod coerces it', async (t) => {
  const { list } = await basedash(t)
  const accepted: [string, number][] = [
    ['', 50],
    ['limit=1', 1],
    ['limit=100', 100],
    ['limit=5.0', 5],
    ['limit=%205%20', 5],
    ['limit=+5', 5],
    ['limit=%2B5', 5],
    ['limit=1e1', 10],
    ['limit=0x10', 16],
    ['limit=0&limit=7', 7],
    ['limit=7&page=2&limit[x]=1&__proto__[limit]=3', 7],
    ['limit%00=1&%E0%A4%A=1', 50],
  ]
  for (const [query, items] of accepted) {
    const got = await list(query)
    t.equal(got.status, 200, `'${query}' is taken`)
    t.equal(got.json.data.length, items, `'${query}' reads ${items}`)
  }

  const small = 'Too small: expected number to be >=1'
  const big = 'Too big: expected number to be <=100'
  const fraction = 'Invalid input: expected int, received number'
  const noNumber = 'Invalid input: expected number, received NaN'
  const refused: [string, string][] = [
    ['limit=0', small],
    ['limit=-1', small],
    ['limit=', small],
    ['limit=%20', small],
    ['limit=101', big],
    ['limit=1e20', big],
    ['limit=1.5', fraction],
    ['limit=abc', noNumber],
    ['limit=true', noNumber],
    ['limit=NaN', noNumber],
    ['limit=1_000', noNumber],
    ['limit=5;', noNumber],
    ['limit=%00', noNumber],
    ['limit=7&limit=0', small],
  ]
  for (const [query, message] of refused) {
    const got = await list(query)
    t.equal(got.status, 400, `'${query}' is refused`)
    t.equal(
      got.text,
      JSON.stringify({ error: { title: 'ValidationError', detail: `limit: ${message}` } }),
      `'${query}': ${message}`,
    )
  }
  for (const query of ['limit=Infinity', 'limit=-Infinity']) {
    t.match(
      (await list(query)).json,
      { error: { title: 'ValidationError', detail: /^limit: / } },
      `'${query}'`,
    )
  }
})

t.test('pages', async (t) => {
  const { list, view } = await basedash(t)
  const whole = await walk(list, 100)
  const empty = { data: [], pagination: { nextCursor: null, hasMore: false } }

  t.match(
    view.automations.map(({ runs }) => runs),
    [120, 50, 0],
    'the view counts the runs: more than a page of 100, exactly a page of 50, none',
  )
  t.equal(whole.length, 120)
  t.equal(new Set(whole.map(({ id }) => id)).size, 120, 'each run once')
  t.strictSame(
    whole,
    whole.toSorted((a, b) =>
      a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? 1 : -1,
    ),
    'newest first, ties by id',
  )
  for (const limit of [1, 7, 50, 60])
    t.strictSame(await walk(list, limit), whole, `the same walk by ${limit}`)

  const first = (await list()).json
  t.strictSame(first.pagination, { nextCursor: whole[49]?.id, hasMore: true }, 'the cursor is the last id')
  const second = (await list(`cursor=${whole[49]?.id}`)).json
  t.strictSame(second.data, whole.slice(50, 100), 'the cursor itself is not on its page')
  t.strictSame((await list(`cursor=x&cursor=${whole[49]?.id}`)).json, second, 'the last of two cursors')
  t.strictSame((await list('cursor=')).json, first, 'an empty cursor is none')
  t.strictSame((await list('cursor[id]=x')).json, first, 'nor is a cursor in brackets one')

  const full = (await list('', 1)).json
  t.equal(full.data.length, 50)
  t.strictSame(
    full.pagination,
    { nextCursor: null, hasMore: false },
    'a page that is exactly full is the last',
  )
  t.strictSame((await list('', 2)).json, empty, 'no runs')

  const nowhere: [string, string | undefined][] = [
    ['the oldest run', whole.at(-1)?.id],
    ['a run of another automation', full.data[0]?.id],
    ['an unknown id', 'c000000000000000000000000'],
    ['no id', '%00%27%3B--'],
    ['broken escapes', '%E0%A4%A'],
    ['too long', 'c'.repeat(10_000)],
  ]
  for (const [what, cursor] of nowhere) {
    const got = await list(`cursor=${cursor}`)
    t.equal(got.status, 200, `after ${what}`)
    t.strictSame(got.json, empty, `after ${what} comes an empty page`)
  }
})

t.test('what a run says', async (t) => {
  const { list, view } = await basedash(t)
  const runs = [...(await walk(list, 100)), ...(await walk((query) => list(query, 1), 100))]
  const automations = new Set(view.automations.map(({ id }) => id))
  const members = ['id', 'automationId', 'organizationId', 'name', 'status', 'isManualRun', 'memberId']
  for (const run of runs) {
    const { id, createdAt, updatedAt, isManualRun, memberId, status } = run
    const faults = [
      Object.keys(run).join() !== [...members, 'createdAt', 'updatedAt'].join() && 'nine members in order',
      !/^c[a-z0-9]{24}$/.test(id) && 'a cuid',
      Number.parseInt(id.slice(1, 9), 36) !== Date.parse(createdAt) && 'a cuid of its time',
      !automations.has(run.automationId) && 'its automation',
      run.organizationId !== view.organizationId && 'its organization',
      !/^2026-0[56]-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(createdAt) && 'a time',
      (Date.parse(createdAt) > NOW || Date.parse(createdAt) < NOW - 30 * 86_400_000) &&
        'within the last 30 days',
      (updatedAt < createdAt || Date.parse(updatedAt) > NOW) && 'updated between its creation and now',
      !isManualRun && memberId !== null && 'nobody started a scheduled run',
      status === 'GENERATING' &&
        Date.parse(createdAt) < NOW - 240_000 &&
        'nothing generates for more than minutes',
      status === 'FINISHED' && updatedAt === createdAt && 'finishing takes time',
    ].filter(Boolean)
    if (faults.length > 0) t.fail(faults.join(', '), { run })
  }
  const some = (test: (run: Run) => boolean) => runs.filter(test).length
  t.equal(
    some(({ status }) => status === 'GENERATING'),
    2,
    'two in flight',
  )
  t.ok(some(({ status }) => status === null) > 0, 'some without a status')
  t.ok(some(({ status }) => status === 'FINISHED') > 100, 'most finished')
  t.ok(some(({ memberId }) => memberId !== null) > 10, 'some started by a member')
  t.ok(
    some(({ isManualRun, memberId }) => isManualRun && memberId === null) > 0,
    'some of a member who has left',
  )
  t.ok(new Set(runs.map(({ name }) => name)).size > 80, 'titles of their own')
})

t.test('time', async (t) => {
  const db = `${t.testdir()}/yard.db`
  const before = await basedash(t, { db })
  const then = await walk(before.list, 100)
  await before.yard.runyard.close()
  const after = await basedash(t, { db, clock: NOW + 86_400_000 + 240_000 })
  const now = await walk(after.list, 100)

  t.equal(now.length, 125, 'five more by tomorrow')
  t.equal(now.filter(({ status }) => status === 'GENERATING').length, 0, 'all of them at rest')
  t.strictSame(
    now.slice(5).map(({ id }) => id),
    then.map(({ id }) => id),
    'none has moved',
  )
  const inFlight = then.filter(({ status }) => status === 'GENERATING')
  for (const { id, updatedAt } of inFlight) {
    const later = now.find((run) => run.id === id)
    t.equal(later?.status, 'FINISHED')
    t.ok(later && later.updatedAt > updatedAt, 'updated when it finished')
  }
  t.strictSame(
    (await after.list(`cursor=${then[49]?.id}`)).json.data,
    then.slice(50, 100),
    'a page read on from before the new runs is the page it was',
  )
})

t.test('methods and paths', async (t) => {
  const { yard, path, bearer, view } = await basedash(t)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const body = method === 'OPTIONS' ? null : '{"broken'
    const got = await yard.send(method, path(), {
      headers: { ...bearer, 'content-type': 'application/json' },
      body,
    })
    t.equal(got.status, 405, method)
    t.equal(got.headers.get('allow'), 'GET', method)
    t.equal(got.text, '{"error":{"title":"MethodNotAllowed","detail":"Method not allowed"}}', method)
  }
  const head = await yard.send('HEAD', path(), { headers: bearer })
  t.equal(head.status, 200, 'HEAD is answered as GET')
  t.equal(head.text, '', 'without a body')
  t.equal((await yard.send('HEAD', path())).status, 401, 'HEAD asks for the key')

  const unknown = [
    '/api/public',
    '/api/public/',
    '/api/public/organizations',
    `${path()}/`,
    `${path()}/x`,
    `/basedash/x`,
  ]
  for (const path of unknown) {
    const got = await yard.get(path, bearer)
    t.equal(got.status, 404, path)
    t.equal(got.text, '{"error":{"title":"NotFound","detail":"Not found"}}', path)
  }

  const under = await yard.get<List>(`/basedash${path()}`, bearer)
  t.equal(under.json.data.length, 50, 'under the prefix')
  t.equal(yard.sandbox.env.BASEDASH_API_URL, `${yard.url}/api/public`)
  t.equal(yard.sandbox.env.BASEDASH_API_KEY, view.admin.apiKey)
  t.equal(yard.sandbox.counts.basedash, 187, 'all automations of both organizations')
})

t.test('rate limit', async (t) => {
  const { yard, path, list, view } = await basedash(t, { rateLimits: true })
  for (let i = 0; i < 40; i++) await yard.get(path())
  let served = 0
  for (let batch = 0; batch < 30; batch++) {
    const replies = await Promise.all(Array.from({ length: 20 }, () => list('limit=1')))
    served += replies.filter(({ status }) => status === 200).length
  }
  t.equal(served, 600, '600 a minute, and 401s do not count')
  for (const query of ['limit=1', 'limit=0']) {
    const got = await yard.get<components['schemas']['RateLimitErrorResponse']>(path(0, query), {
      authorization: `Bearer ${view.admin.apiKey}`,
    })
    t.equal(got.status, 429, `429 before 400: ${query}`)
    const { retryAfterMs } = got.json.error
    t.ok(retryAfterMs > 0 && retryAfterMs <= 60_000, 'the rest of the window')
    t.equal(
      got.text,
      JSON.stringify({ error: { title: 'RateLimitExceeded', detail: 'Too many requests', retryAfterMs } }),
    )
  }
  t.equal((await yard.get(path(), { authorization: `Bearer ${view.member.apiKey}` })).status, 404, 'per key')
})

t.test('no rate limit unless asked for', async (t) => {
  const { list } = await basedash(t)
  const replies = await Promise.all(Array.from({ length: 650 }, () => list('limit=1')))
  t.ok(replies.every(({ status }) => status === 200))
})

t.test('scenario: empty', async (t) => {
  const { list, view } = await basedash(t, { scenario: 'empty' })
  for (const [place, { runs }] of view.automations.entries()) {
    t.equal(runs, 0)
    t.strictSame((await list('', place)).json, { data: [], pagination: { nextCursor: null, hasMore: false } })
  }
})

t.test('scenario: edge', async (t) => {
  const { list, view, yard } = await basedash(t, { scenario: 'edge' })
  let ties = 0
  for (const [place, { runs }] of view.automations.entries()) {
    const whole = await walk((query) => list(query, place), 100)
    t.equal(whole.length, runs)
    for (const limit of [1, 10, 25]) {
      t.strictSame(await walk((query) => list(query, place), limit), whole, `automation ${place} by ${limit}`)
    }
    ties += whole.length - new Set(whole.map(({ createdAt }) => createdAt)).size
  }
  t.ok(ties > 50, 'many ties')
  t.strictSame(
    (await list('limit=50', 0)).json.pagination,
    { nextCursor: null, hasMore: false },
    'a full page of 50',
  )
  t.strictSame(
    (await list('limit=100', 1)).json.pagination,
    { nextCursor: null, hasMore: false },
    'and of 100',
  )
  t.match(
    (await list('', 3)).text,
    /تقرير أسبوعي · 📊👩🏽‍💻 · e\u0301 · \\"quoted\\" \\\\ <b>&amp;/,
    'unicode comes through',
  )
  const got = await yard.get<List>(pathOf(view.otherOrganizationId, view.otherAutomations[0]?.id), {
    authorization: `Bearer ${view.otherAdmin.apiKey}`,
  })
  t.equal(got.json.data.length, 1, 'one run')
})
