import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { get as httpsGet } from 'node:https'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { createRunyard } from '../src/index.ts'
import { listening } from './child.ts'
import type { SandboxView } from './serve.ts'

const CLI = join(process.cwd(), 'dist/cli.js')
const CLOCK = '2026-06-01T12:00:00Z'

type Fields = Readonly<Record<string, string>>

interface Got {
  readonly status: number
  readonly headers: Fields
  readonly text: string
}

/** A line of the log. */
interface Line {
  readonly pid: number
  readonly msg: string
}

interface Server {
  readonly url: string
  readonly child: ChildProcess
  /** What the log has said so far. */
  lines(): readonly Line[]
  /** The processes that answer. */
  workers(): readonly number[]
  banners(): number
  stop(signal?: NodeJS.Signals): Promise<number | null>
  readonly temporary: string
}

let folders = 0

/** A server in a process of its own, stopped when the test ends. */
async function start(
  t: Test,
  args: readonly string[],
  folder: string,
  temporary = join(folder, `tmp-${++folders}`),
): Promise<Server> {
  mkdirSync(temporary, { recursive: true })
  const { PATH = '' } = process.env
  const env = { PATH, TMPDIR: temporary, XDG_CACHE_HOME: join(folder, 'cache') }
  const child = spawn(process.execPath, [CLI, '--port', '0', '--log', 'info', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const { url, out } = await listening(child)
  const lines = (): Line[] =>
    out()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  return {
    url,
    child,
    temporary,
    lines,
    workers: () => [
      ...new Set(
        lines().flatMap(({ pid, msg }) => (msg.startsWith('Server listening at http:') ? [pid] : [])),
      ),
    ],
    banners: () => out().match(/^Runyard .* on http/gm)?.length ?? 0,
    async stop(signal = 'SIGTERM') {
      const closed = once(child, 'close')
      child.kill(signal)
      const [code] = (await closed) as [number | null]
      return code
    },
  }
}

/** On a connection of its own, so that each of two workers gets every other one. */
function ask(
  { url }: { readonly url: string },
  method: string,
  path: string,
  headers: Fields = {},
  body?: string,
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    const sent = request(url + path, { method, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => {
        const { date: _date, ...rest } = response.headers
        resolve({ status: response.statusCode ?? 0, headers: rest as Fields, text })
      })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A call of the control plane. */
function control(server: { readonly url: string }, method: string, path: string, body?: unknown) {
  const json = { 'content-type': 'application/json' }
  return body === undefined
    ? ask(server, method, `/_runyard${path}`)
    : ask(server, method, `/_runyard${path}`, json, JSON.stringify(body))
}

async function viewOf(server: { readonly url: string }, id = 'default'): Promise<SandboxView> {
  return JSON.parse((await control(server, 'GET', `/sandboxes/${id}`)).text)
}

const FORM: Fields = { 'content-type': 'application/x-www-form-urlencoded' }

const bearer = (token: string): Fields => ({ authorization: `Bearer ${token}` })

/** Requests that list runs, of each API, with filters, pages, refusals and paths that lead nowhere. */
function readsOf({ credentials }: SandboxView): readonly (readonly [path: string, headers: Fields])[] {
  const { conductorone, trigger, nx1, basedash } = credentials
  const automation = `/api/public/organizations/${basedash.organizationId}/automations/${basedash.automations[0]?.id}`
  const prod = bearer(trigger.prod.secretKey)
  return [
    ['/api/v1/role-mining/runs?page_size=10', bearer(conductorone.admin.bearer)],
    ['/api/v1/role-mining/runs/latest', bearer(conductorone.admin.bearer)],
    ['/api/v1/role-mining/runs', bearer(conductorone.basic.bearer)],
    ['/api/v1/runs?page[size]=10', prod],
    ['/api/v1/runs?page[size]=10&filter[status]=EXECUTING,QUEUED,COMPLETED', prod],
    ['/trigger/api/v1/runs?page[size]=7', prod],
    ['/api/v1/runs?page[size]=1000', prod],
    ['/api/v1/runs?page[size]=10', bearer('tr_prod_nobody')],
    ['/api/v1/runs/nowhere', prod],
    ['/api/crew-runs', { 'authorization-psk': nx1.psk.admin }],
    ['/api/crew-runs?limit=3', { 'authorization-psk': nx1.psk.alice }],
    [`${automation}/runs?limit=5`, bearer(basedash.admin.apiKey)],
    [`${automation}/runs?limit=5`, bearer(basedash.member.apiKey)],
    ['/nobody', {}],
  ]
}

/** Every page of every list, and what else there is to read. */
async function allOf(server: Server): Promise<Got[]> {
  const got: Got[] = []
  for (const [path, headers] of readsOf(await viewOf(server))) {
    let next: string | undefined = path
    while (next !== undefined) {
      const page: Got = await ask(server, 'GET', next, headers)
      got.push(page)
      next = nextPage(path, page)
    }
  }
  return got
}

function nextPage(path: string, { status, text }: Got): string | undefined {
  if (status !== 200) return undefined
  const { nextPageToken, nextCursor, pagination } = JSON.parse(text)
  if (nextPageToken) return `${path}&page_token=${nextPageToken}`
  if (nextCursor) return `${path}&cursor=${nextCursor}`
  return pagination?.next ? `${path}&page[after]=${pagination.next}` : undefined
}

/** What a server says, as if it listened on another port and by another wall clock. */
function same(text: string | undefined, { url }: Server): string | undefined {
  return text
    ?.replaceAll(new URL(url).host, 'here')
    .replaceAll(/"wall":"[^"]*"/g, '"wall":""')
    .replaceAll(/came after [^"]* ms/g, 'came after some ms')
}

async function journalOf(server: Server): Promise<string | undefined> {
  return same((await control(server, 'GET', '/sandboxes/default/journal?limit=1000')).text, server)
}

t.test('replicas that nobody writes to agree byte for byte, whichever is asked', async (t) => {
  const folder = t.testdir({ cache: {} })
  const args = ['--clock', CLOCK, '--seed', '5']
  const replicas = await Promise.all([
    start(t, args, folder),
    start(t, args, folder),
    start(t, [...args, '--workers', '2'], folder),
  ])
  const [first, second, third] = await Promise.all(replicas.map(allOf))
  t.ok((first?.length ?? 0) > 40, `${first?.length} pages`)
  t.same(second, first)
  t.same(third, first, 'one with workers too')

  const [one, other] = replicas
  if (one === undefined || other === undefined) throw new Error('there are three')
  const { credentials } = await viewOf(one)
  const { clientId, clientSecret } = credentials.conductorone.admin
  const fields = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const minted = await ask(one, 'POST', '/auth/v1/token', FORM, new URLSearchParams(fields).toString())
  const token = JSON.parse(minted.text).access_token
  const got = await Promise.all(
    replicas.map((replica) => ask(replica, 'GET', '/api/v1/role-mining/runs?page_size=10', bearer(token))),
  )
  for (const page of got) t.match(page, { status: 200, text: got[0]?.text }, 'a token of one opens all')
})

const folder = t.testdir({ cache: {} })
/** A server that is one process, and one that is three, for the tests that follow. */
const [one, many] = await Promise.all([
  start(t, ['--clock', CLOCK], folder),
  start(t, ['--clock', CLOCK, '--workers', '2'], folder),
])

t.test('what is written is seen by every worker at once', async (t) => {
  const runs = [{ taskIdentifier: 'mine', status: 'EXECUTING' }, { taskIdentifier: 'mine' }]
  const writes: readonly [name: string, method: string, path: string, body?: unknown][] = [
    ['insert', 'POST', '/runs/trigger', runs],
    ['advance', 'PATCH', '/clock', { advance: '1h' }],
    ['insert by that time', 'POST', '/runs/nx1', [{}, {}]],
    ['set back', 'PATCH', '/clock', { now: '2026-05-30T00:00:00Z' }],
    ['advance far', 'PATCH', '/clock', { advance: '3d' }],
    ['clear one API', 'DELETE', '/runs/basedash'],
    ['a refusal', 'POST', '/runs/conductorone', { status: 'nope' }],
    ['a fault', 'POST', '/faults', { provider: 'trigger', status: 500, count: 3 }],
    ['no faults', 'DELETE', '/faults'],
    ['set back again', 'PATCH', '/clock', { now: '2026-05-01T00:00:00Z' }],
    ['reset', 'POST', '/reset'],
    ['a delay', 'POST', '/faults', { provider: 'nx1', delay: 1, nth: 2 }],
    ['clear all of one', 'DELETE', '/runs/trigger'],
    ['reset with faults', 'POST', '/reset'],
    ['journal cleared', 'DELETE', '/journal'],
  ]
  const reads = readsOf(await viewOf(one))
  for (const [name, method, path, body] of writes) {
    const [expected, got] = await Promise.all(
      [one, many].map((server) => control(server, method, `/sandboxes/default${path}`, body)),
    )
    t.equal(same(got?.text, many), same(expected?.text, one), `${name}: the reply`)
    for (const [read, headers] of reads) {
      // In turn: what is counted is counted in the same order.
      const expected = [await ask(one, 'GET', read, headers), await ask(one, 'GET', read, headers)]
      const got = [await ask(many, 'GET', read, headers), await ask(many, 'GET', read, headers)]
      t.same(got, expected, `${name}: ${read}`)
    }
    t.same(await journalOf(many), await journalOf(one), `${name}: the journal`)
  }
  const told = many.lines().filter(({ msg }) => msg === 'exchange')
  const [a = 0, b = 0] = many.workers().map((pid) => told.filter((line) => line.pid === pid).length)
  t.ok(a > 100 && b > 100, `workers have answered ${a} and ${b} by themselves, of ${told.length}`)
  t.equal(many.banners(), 1)
})

t.test('nobody sees half of a change', async (t) => {
  const headers = bearer((await viewOf(many)).credentials.trigger.prod.secretKey)
  let asked = 0
  // Each another question, so that none is answered by an answer that was kept.
  const read = () => ask(many, 'GET', `/api/v1/runs?page[size]=100&n=${asked++}`, headers)
  const set = (now: string) => control(many, 'PATCH', '/sandboxes/default/clock', { now })
  const instants = ['2026-05-20T00:00:00Z', '2026-06-03T00:00:00Z']
  const pages: string[] = []
  for (const now of instants) {
    await set(now)
    pages.push((await read()).text)
  }
  let isOver = false
  const strange: string[] = []
  const readers = Array.from({ length: 6 }, async () => {
    while (!isOver) {
      const { text } = await read()
      if (!pages.includes(text)) strange.push(text)
    }
  })
  for (let i = 0; i < 40; i++) {
    const now = i % instants.length
    await set(instants[now] ?? '')
    t.equal((await read()).text === pages[now], true, `${instants[now]}, told`)
  }
  isOver = true
  await Promise.all(readers)
  t.same(strange.slice(0, 1), [], `${strange.length} pages are neither of before nor of after`)
})

t.test('what was answered before a reset is in no journal after it', async (t) => {
  const { text } = await control(many, 'POST', '/sandboxes', { id: 'renewed' })
  const headers = bearer((JSON.parse(text) as SandboxView).credentials.trigger.dev.secretKey)
  for (let round = 0; round < 8; round++) {
    const marked = { env: { name: 'dev' }, taskIdentifier: 'marked' }
    await control(many, 'POST', '/sandboxes/renewed/runs/trigger', marked)
    let asked = 0
    let isOver = false
    const before = new Set<string>()
    const readers = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const search = `round=${round}&n=${asked++}`
        const { text } = await ask(many, 'GET', `/api/v1/runs?${search}`, headers)
        if (text.includes('"marked"')) before.add(search)
      }
    })
    await setTimeout(20)
    await control(many, 'POST', '/sandboxes/renewed/reset')
    isOver = true
    await Promise.all(readers)
    const { text } = await control(many, 'GET', '/sandboxes/renewed/journal?limit=1000')
    const late = (JSON.parse(text).exchanges as { search: string }[]).filter((one) => before.has(one.search))
    t.same(late, [], `round ${round}: ${before.size} saw what was reset`)
    t.ok(before.size > 0)
  }
})

t.test('sandboxes come and go for all workers at once', async (t) => {
  const status = async (view: SandboxView): Promise<number[]> => {
    const headers = bearer(view.credentials.trigger.prod.secretKey)
    const got = await Promise.all([1, 2, 3, 4].map(() => ask(many, 'GET', '/api/v1/runs', headers)))
    return got.map(({ status }) => status)
  }
  for (let i = 0; i < 10; i++) {
    const made = await control(many, 'POST', '/sandboxes', { id: 'mine' })
    t.equal(made.status, 201)
    const view = JSON.parse(made.text)
    t.same(await status(view), [200, 200, 200, 200], 'its credentials open it')
    await control(many, 'POST', '/sandboxes/mine/faults', { status: 500 })
    t.same(await status(view), [500, 500, 500, 500], 'its faults strike')
    await control(many, 'DELETE', '/sandboxes/mine')
    t.same(await status(view), [401, 401, 401, 401], 'and nothing does any more')
  }
})

t.test('what is counted is counted over all workers', async (t) => {
  const { text } = await control(many, 'POST', '/sandboxes', { id: 'counted', fidelity: 'live' })
  const { basedash, trigger } = (JSON.parse(text) as SandboxView).credentials
  const path = `/api/public/organizations/${basedash.organizationId}/automations/${basedash.automations[0]?.id}/runs`
  const headers = bearer(basedash.admin.apiKey)
  const got = await Promise.all(Array.from({ length: 120 }, () => ask(many, 'GET', path, headers)))
  t.equal(got.filter(({ status }) => status === 200).length, 100, 'a hundred a minute')
  t.equal(got.filter(({ status }) => status === 429).length, 20)

  await control(many, 'POST', '/sandboxes/counted/faults', { provider: 'trigger', status: 500, count: 1 })
  const struck = await Promise.all(
    Array.from({ length: 20 }, () => ask(many, 'GET', '/api/v1/runs', bearer(trigger.prod.secretKey))),
  )
  t.equal(struck.filter(({ status }) => status === 500).length, 1, 'a fault that strikes once')
})

t.test('every exchange is in the journal once, in the order in which one client made them', async (t) => {
  await control(many, 'POST', '/sandboxes/default/reset')
  const { credentials } = await viewOf(many)
  const headers = bearer(credentials.trigger.prod.secretKey)
  const COUNT = 300
  const CLIENTS = 3
  const client = async (name: number): Promise<void> => {
    for (let i = 0; i < COUNT; i++) {
      // Every tenth is the leader's.
      const extra = i % 10 === 0 ? { prefer: 'code=503' } : {}
      await ask(many, 'GET', `/api/v1/runs?page[size]=10&client=${name}-${i}`, { ...headers, ...extra })
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)))
  const { text } = await control(many, 'GET', '/sandboxes/default/journal?limit=1000')
  const { exchanges, recorded } = JSON.parse(text) as { exchanges: { search: string }[]; recorded: number }
  t.equal(recorded, COUNT * CLIENTS)
  for (let name = 0; name < CLIENTS; name++) {
    const made = exchanges.flatMap(
      ({ search }) => new RegExp(`client=${name}-(\\d+)`).exec(search)?.[1] ?? [],
    )
    t.same(
      made.map(Number),
      Array.from({ length: COUNT }, (_, i) => i),
    )
  }
  const report = JSON.parse((await control(many, 'GET', '/sandboxes/default/report')).text)
  t.equal(report.exchanges, COUNT * CLIENTS)
  await control(many, 'DELETE', '/sandboxes/default/journal')
  t.match(await journalOf(many), '"recorded":0')
})

t.test('who logs out is out everywhere', async (t) => {
  const { nx1 } = (await viewOf(many)).credentials
  const protocol = '/realms/rapid/protocol/openid-connect'
  for (let i = 0; i < 5; i++) {
    const fields = {
      grant_type: 'password',
      client_id: nx1.oauth.clientId,
      username: 'bob',
      password: 'bob',
      scope: 'openid',
    }
    const body = new URLSearchParams(fields).toString()
    const { text } = await ask(many, 'POST', `${protocol}/token`, FORM, body)
    const { access_token, id_token } = JSON.parse(text)
    const statuses = async (): Promise<number[]> => {
      const got = await Promise.all(
        [1, 2, 3, 4].map(() => ask(many, 'GET', '/api/crew-runs', bearer(access_token))),
      )
      return got.map(({ status }) => status)
    }
    t.same(await statuses(), [200, 200, 200, 200])
    const out = new URLSearchParams({ id_token_hint: id_token }).toString()
    t.ok((await ask(many, 'POST', `${protocol}/logout`, FORM, out)).status < 400)
    t.same(await statuses(), [401, 401, 401, 401])
  }
})

t.test('several processes answer as one does, whatever comes in whatever order', async () => {
  const reads = readsOf(await viewOf(one))
  type Step = readonly [method: string, path: string, body?: unknown]
  const steps = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...reads).map(([path]): Step => ['GET', path]) },
    fc.nat(200_000).map((s): Step => ['PATCH', '/clock', { advance: `${s}s` }]),
    fc.nat(20).map((days): Step => ['PATCH', '/clock', { now: `2026-05-${days + 10}T08:00:00Z` }]),
    fc
      .tuple(fc.constantFrom('trigger', 'nx1', 'basedash'), fc.integer({ min: 1, max: 4 }))
      .map(([provider, count]): Step => ['POST', `/runs/${provider}`, Array(count).fill({})]),
    fc
      .constantFrom('trigger', 'nx1', 'conductorone')
      .map((provider): Step => ['DELETE', `/runs/${provider}`]),
    fc
      .record({ status: fc.constantFrom(429, 500), nth: fc.integer({ min: 1, max: 3 }) })
      .map((fault): Step => ['POST', '/faults', fault]),
    fc.constantFrom<Step[]>(
      ['DELETE', '/faults'],
      ['GET', '/faults'],
      ['POST', '/reset'],
      ['GET', ''],
      ['GET', '/runs/trigger?limit=20'],
      ['GET', '/report'],
    ),
  )
  const headers = new Map(reads)
  const take = (server: Server, [method, path, body]: Step): Promise<Got> => {
    const credentials = headers.get(path)
    return credentials === undefined
      ? control(server, method, `/sandboxes/default${path}`, body)
      : ask(server, method, path, credentials)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (sequence) => {
      for (const server of [one, many]) await control(server, 'POST', '/sandboxes/default/reset')
      for (const step of sequence) {
        const expected = await take(one, step)
        const got = await take(many, step)
        if (same(got.text, many) !== same(expected.text, one))
          throw new Error(`${step.join(' ')}: ${got.text}\nand not ${expected.text}`)
      }
      const [expected, got] = [await journalOf(one), await journalOf(many)]
      if (got !== expected) throw new Error(`the journal is ${got}\nand not ${expected}`)
    }),
    { numRuns: 15 },
  )
})

t.test(
  'a worker that dies is replaced, nothing that was written is lost, and SIGTERM ends all',
  async (t) => {
    const folder = t.testdir({ cache: {} })
    const db = join(folder, 'yard.db')
    const server = await start(t, ['--workers', '2', '--clock', CLOCK, '--db', db], folder)
    const headers = bearer((await viewOf(server)).credentials.trigger.prod.secretKey)
    const mine = async (): Promise<number> => {
      const got = await ask(server, 'GET', '/api/v1/runs?page[size]=100&filter[taskIdentifier]=mine', headers)
      return JSON.parse(got.text).data.length
    }
    const rounds: readonly (readonly [kills: number, name: string])[] = [
      [1, 'one'],
      [1, 'another'],
      [2, 'both'],
    ]
    for (const [i, [kills, name]] of rounds.entries()) {
      const made = await control(server, 'POST', '/sandboxes/default/runs/trigger', {
        taskIdentifier: 'mine',
      })
      t.equal(made.status, 201)
      const before = server.workers()
      for (const pid of before.filter(isAlive).slice(-kills)) process.kill(pid, 'SIGKILL')
      while (server.workers().length < before.length + kills) await setTimeout(50)
      t.equal(await mine(), i + 1, `${name} killed`)
      t.equal(await mine(), i + 1, `${name} killed, the other worker`)
    }
    const said = server.lines().filter(({ msg }) => msg === 'a worker ended and is replaced')
    t.equal(said.length, 4, 'the log says so')

    const slow = ask(server, 'GET', '/api/v1/runs', { ...headers, prefer: 'delay=700' })
    await setTimeout(200)
    const ended = server.stop()
    t.equal((await slow).status, 200, 'what is in flight is answered')
    t.equal(await ended, 0)
    const left = readdirSync(folder).filter((name) => name.startsWith('yard'))
    t.same(left, ['yard.db'], 'the write-ahead log is folded in')
    t.same(server.workers().filter(isAlive), [], 'no worker is left')
  },
)

t.test('whoever is alone with a file stays so', async (t) => {
  const folder = t.testdir({ cache: {} })
  const db = join(folder, 'yard.db')
  const ways: readonly (readonly string[])[] = [
    ['--db', db, '--scenario', 'empty'],
    ['--db', db, '--scenario', 'empty', '--workers', '2'],
  ]
  const inUse = /exited with 1: .*yard.db is in use by another process. Stop that one, or name another file./
  for (const first of ways) {
    const server = await start(t, first, folder)
    for (const second of ways) await t.rejects(start(t, second, folder), inUse)
    t.equal((await control(server, 'GET', '/health')).status, 200, 'the first goes on')
    t.equal(await server.stop(), 0)
  }
  const both = await Promise.allSettled([1, 2].map(() => start(t, ways[1] ?? [], folder)))
  t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], 'of two at once, one')
})

t.test('how many workers there can be', async (t) => {
  const folder = t.testdir({ cache: {} })
  for (const text of ['0', '65', 'two', '-1']) {
    const says = `exited with 2: runyard: --workers takes a whole number from 1 to 64, not '${text}'.`
    await t.rejects(start(t, [`--workers=${text}`], folder), new RegExp(says))
  }
  await t.rejects(createRunyard({ workers: 2 }), {
    name: 'OptionError',
    message: /The option workers is for the command line/,
  })
})

t.test('a port in use is said so, and a leader that is killed takes its workers with it', async (t) => {
  const folder = t.testdir({ cache: {} })
  const args = ['--workers', '2', '--scenario', 'empty', '--tls', '--tls-port', '0']
  const server = await start(t, args, folder)
  t.equal(readdirSync(server.temporary).length, 1, 'it has a place for its data')
  const { url = '', caFile = '' } = Object((await viewOf(server)).tls)
  const ca = readFileSync(caFile)
  const https = await Promise.all([1, 2].map(() => secure(`${url}/api/v1/runs`, ca)))
  t.same(https, [401, 401], 'https, by the same authority')
  const again = start(t, [...args, '--port', new URL(server.url).port], folder)
  await t.rejects(again, /exited with 1: .*choose another --port/)
  await server.stop('SIGKILL')
  while (server.workers().some(isAlive)) await setTimeout(50)
  t.pass('no worker is left')

  const [left = ''] = readdirSync(server.temporary)
  const old = new Date(Date.now() - 3_600_000)
  utimesSync(join(server.temporary, left), old, old)
  const next = await start(t, args, folder, server.temporary)
  t.notOk(readdirSync(server.temporary).includes(left), 'what it left is swept')
  t.equal(await next.stop(), 0)
  t.same(readdirSync(server.temporary), [], 'who has the time leaves nothing')
})

/** The status of a GET over TLS, on a connection of its own. */
function secure(url: string, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpsGet(url, { ca, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
