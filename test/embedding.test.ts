import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import * as source from '../src/index.ts'
import { ControlError, createRunyard, type Runyard, type SandboxHandle } from '../src/index.ts'
import { NOW } from './serve.ts'

const AT = '2026-06-01T12:00:00.000Z'
const make = (): Promise<Runyard> => createRunyard({ port: 0, clock: NOW, checkReplies: true, log: 'silent' })

/** What a client asks of a sandbox's Trigger.dev. */
const RUNS = '/api/v1/runs?page%5Bsize%5D=10'
const asClient = ({ credentials }: SandboxHandle): RequestInit => ({
  headers: { authorization: `Bearer ${credentials.trigger.prod.secretKey}` },
})

/** In this order: each row meets what the rows before it left. */
const CALLS: readonly [what: string, call: (sandbox: SandboxHandle) => Promise<unknown>, gives: unknown][] = [
  [
    'describe',
    (s) => s.describe(),
    { id: 'mine', clock: { now: AT, frozen: true }, counts: { trigger: 620 } },
  ],
  ['clock.get', (s) => s.clock.get(), { now: AT, frozen: true }],
  ['clock.advance, a text', (s) => s.clock.advance('1h30m'), { now: '2026-06-01T13:30:00.000Z' }],
  ['clock.advance, ms', (s) => s.clock.advance(1500), { now: '2026-06-01T13:30:01.500Z' }],
  ['clock.thaw', (s) => s.clock.thaw(), { frozen: false }],
  ['clock.freeze', (s) => s.clock.freeze(), { frozen: true }],
  [
    'clock.set, a text',
    (s) => s.clock.set('2026-06-02T02:00:00+02:00'),
    { now: '2026-06-02T00:00:00.000Z', frozen: true },
  ],
  [
    'clock.set, a Date',
    (s) => s.clock.set(new Date(NOW + 1), false),
    { now: /^2026-06-01T12/, frozen: false },
  ],
  ['clock.set, ms', (s) => s.clock.set(NOW, true), { now: AT, frozen: true }],
  [
    'runs.list',
    (s) => s.runs.list('nx1', { limit: 2 }),
    { runs: [{ id: String }, { id: String }], next: String },
  ],
  [
    'runs.list, on from there',
    async (s) => {
      const { next } = await s.runs.list('nx1', { limit: 2 })
      return next !== null && s.runs.list('nx1', { limit: 1000, cursor: next })
    },
    { runs: Array, next: null },
  ],
  ['runs.clear', (s) => s.runs.clear('trigger'), undefined],
  [
    'runs.insert, one',
    (s) => s.runs.insert('trigger', { id: 'run_1', status: 'FAILED', taskIdentifier: 'a' }),
    [{ id: 'run_1', status: 'FAILED', taskIdentifier: 'a' }],
  ],
  [
    'runs.insert, many',
    (s) => s.runs.insert('trigger', [{ taskIdentifier: 'b' }, { taskIdentifier: 'c' }]),
    [{ taskIdentifier: 'b' }, { taskIdentifier: 'c' }],
  ],
  [
    'faults.add',
    (s) => s.faults.add({ provider: 'trigger', status: 500, count: 1 }),
    { id: String, state: 'active', struck: 0 },
  ],
  ['faults.list', (s) => s.faults.list(), [{ status: 500, count: 1 }]],
  ['faults.get', async (s) => s.faults.get((await s.faults.list())[0]?.id ?? ''), { status: 500 }],
  ['faults.remove', async (s) => s.faults.remove((await s.faults.list())[0]?.id ?? ''), undefined],
  ['faults.clear', (s) => s.faults.clear(), undefined],
  ['faults.list, of none', (s) => s.faults.list(), []],
  [
    'journal.list',
    (s) => s.journal.list(),
    { exchanges: [{ status: 200, credential: 'prod' }], recorded: 1 },
  ],
  ['journal.list, filtered', (s) => s.journal.list({ status: '4xx', provider: 'nx1' }), { exchanges: [] }],
  ['report', (s) => s.report(), { sandbox: 'mine', exchanges: 1, operations: [{ calls: 1 }] }],
  ['journal.clear', (s) => s.journal.clear(), undefined],
  ['report, of nothing', (s) => s.report(), { exchanges: 0, from: null, breaches: [] }],
  ['reset', (s) => s.reset(), { id: 'mine', clock: { now: AT, frozen: true }, counts: { trigger: 620 } }],
  ['delete', (s) => s.delete(), undefined],
]

for (const listening of [false, true]) {
  t.test(`every method of a sandbox, ${listening ? 'with' : 'without'} a port`, async (t) => {
    await using runyard = await make()
    const url = listening ? await runyard.listen() : ''
    const get: typeof runyard.fetch = listening ? (path, init) => fetch(url + path, init) : runyard.fetch
    const sandbox = await runyard.sandbox({ id: 'mine' })
    if (listening) t.equal(sandbox.baseUrl, url)
    t.match(await get(RUNS, asClient(sandbox)), { status: 200, statusText: 'OK' }, 'its credential is let in')
    for (const [what, call, gives] of CALLS) {
      const got = await call(sandbox)
      if (gives === undefined) t.equal(got, undefined, what)
      else t.match(got, gives, what)
    }
    t.match(await get(RUNS, asClient(sandbox)), { status: 401 }, 'its credential is forgotten')
  })
}

t.test('what the control plane refuses is a ControlError, in its words', async (t) => {
  await using runyard = await make()
  const sandbox = await runyard.sandbox({ id: 'mine' })
  const gone = await runyard.sandbox()
  await gone.delete()
  const nowhere: string = 'nowhere'
  const cases: readonly [what: string, call: () => Promise<unknown>, status: number, message: RegExp][] = [
    ['an id that is taken', () => runyard.sandbox({ id: 'mine' }), 409, /^Sandbox exists: .*'mine'/],
    ['an id that is none', () => runyard.sandbox({ id: 'a b' }), 422, /\/id .*pattern/],
    ['an unknown scenario', () => runyard.sandbox({ scenario: nowhere }), 422, /\/scenario .*nowhere/],
    ['a Date that is none', () => runyard.sandbox({ clock: new Date(Number.NaN) }), 422, /\/clock/],
    ['ms that are none', () => runyard.sandbox({ clock: { now: 1e99 } }), 422, /\/clock/],
    ['an instant that is none', () => sandbox.clock.set('now'), 422, /\/now/],
    ['a duration that is none', () => sandbox.clock.advance('soon'), 422, /\/advance .*5m/],
    ['no effect', () => sandbox.faults.add({}), 422, /at least one effect/],
    ['an unknown provider', () => sandbox.faults.add({ provider: nowhere, status: 429 }), 422, /\/provider/],
    ['an unknown fault', () => sandbox.faults.get(nowhere), 404, /nowhere/],
    ['a fault that is gone', () => sandbox.faults.remove(nowhere), 404, /nowhere/],
    ['a status that is none', () => sandbox.journal.list({ status: '9xx' }), 422, /status .*pattern/],
    [
      'a status of no run',
      () => sandbox.runs.insert('trigger', { status: 'LATE' }),
      422,
      /\/status .*QUEUED/,
    ],
    // @ts-expect-error: who has types is told by them
    ['runs of nobody', () => sandbox.runs.list(nowhere), 404, /nowhere/],
    ['a sandbox that is gone', () => gone.describe(), 404, /No such sandbox/],
    ['deleting it again', () => gone.delete(), 404, /No such sandbox/],
    ['deleting the default', async () => (await runyard.sandbox('default'))?.delete(), 409, /^Default stays/],
  ]
  for (const [what, call, status, message] of cases) {
    const error = await call().catch((thrown) => thrown)
    t.ok(error instanceof ControlError, what)
    t.match(error, { name: 'ControlError', status, message }, what)
  }
  t.equal(await runyard.sandbox(nowhere), undefined, 'who asks by name may learn that there is none')
})

t.test('an admin token is for others than the process itself', async (t) => {
  await using runyard = await createRunyard({ log: 'silent', adminToken: 'open-sesame' })
  t.equal((await runyard.sandbox({ id: 'mine' })).id, 'mine')
  t.match(await runyard.fetch('/_runyard/sandboxes/mine'), { status: 401 })
})

t.test('await using deletes a sandbox, and closes a Runyard', async (t) => {
  let left: Runyard | undefined
  {
    await using runyard = await make()
    left = runyard
    const thrown = await (async () => {
      await using sandbox = await runyard.sandbox({ id: 'mine' })
      throw new Error(`in ${sandbox.id}`)
    })().catch((error) => error)
    t.equal(thrown.message, 'in mine', 'what the block throws is what comes out')
    t.equal(await runyard.sandbox('mine'), undefined, 'and the sandbox is gone all the same')
    {
      await using standard = await runyard.sandbox('default')
      await using deleted = await runyard.sandbox()
      await deleted.delete()
      t.equal(standard?.id, 'default')
    }
    t.equal((await runyard.sandbox('default'))?.id, 'default', 'the default stays, and nothing was thrown')
  }
  await t.rejects(left.sandbox(), /closed/)
})

t.test('a closed Runyard says so', async (t) => {
  const runyard = await make()
  const url = await runyard.listen()
  const sandbox = await runyard.sandbox()
  await Promise.all([runyard.close(), runyard.close()])
  await runyard.close()
  const calls: Record<string, () => Promise<unknown>> = {
    listen: () => runyard.listen(),
    fetch: () => runyard.fetch('/_runyard/health'),
    sandbox: () => runyard.sandbox(),
    'sandbox by name': () => runyard.sandbox('default'),
    describe: () => sandbox.describe(),
    delete: () => sandbox.delete(),
  }
  for (const [what, call] of Object.entries(calls))
    await t.rejects(call(), { message: 'This Runyard is closed. Make another: createRunyard().' }, what)
  await t.rejects(fetch(`${url}/_runyard/health`), 'nobody listens')
})

t.test('a Runyard that cannot listen is closed', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const { port } = Object(taken.address())
  const runyard = await createRunyard({ port, log: 'silent' })
  await t.rejects(runyard.listen(), { code: 'EADDRINUSE' })
  await t.rejects(runyard.sandbox(), /closed/)
})

t.test('a sandbox made before listening works, and is told the URL after it', async (t) => {
  await using runyard = await make()
  const early = await runyard.sandbox()
  const url = await runyard.listen()
  t.not(early.baseUrl, url, 'the handle knows what was known when it was made')
  t.equal((await early.describe()).baseUrl, url)
  t.equal((await runyard.sandbox(early.id))?.env.TRIGGER_API_URL, url)
  t.match(await fetch(url + RUNS, asClient(early)), { status: 200 })
})

t.test('two Runyards in one process do not meet', async (t) => {
  await using one = await make()
  await using two = await make()
  await Promise.all([one.listen(), two.listen()])
  const [mine, other] = await Promise.all([one.sandbox({ id: 'mine' }), two.sandbox({ id: 'mine' })])
  t.match(await one.fetch(RUNS, asClient(mine)), { status: 200 })
  t.match(await two.fetch(RUNS, asClient(mine)), { status: 401 })
  await mine.clock.advance('1d')
  await mine.runs.clear('trigger')
  await mine.delete()
  t.match(await other.describe(), { clock: { now: AT }, counts: { trigger: 620 } })
  await one.close()
  t.match(await two.fetch(RUNS, asClient(other)), { status: 200 })
})

t.test('fetch without a socket is as with one', async (t) => {
  await using runyard = await make()
  const url = await runyard.listen()
  const sandbox = await runyard.sandbox()
  const init = asClient(sandbox)
  const cases: readonly [input: string | URL | Request, init?: RequestInit][] = [
    [RUNS, init],
    [new URL(RUNS, url), init],
    [new Request(url + RUNS, init)],
    [RUNS, { ...init, method: 'HEAD' }],
    ['/api/v1/runs?page%5Bsize%5D=1', init],
    ['/auth/v1/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'none' }) }],
    ['/nothing/here', {}],
    ['/docs', {}],
  ]
  const seen = async (response: Response) => ({
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries([...response.headers].filter(([name]) => !VARYING.includes(name))),
    text: await response.text(),
  })
  for (const [input, init] of cases) {
    const path =
      typeof input === 'string' ? input : new URL(input instanceof URL ? input : input.url).pathname
    const wired = await fetch(typeof input === 'string' ? url + input : input, {
      ...init,
      redirect: 'manual',
    })
    t.same(await seen(await runyard.fetch(input, init)), await seen(wired), path)
  }
  t.match(await runyard.fetch(`http://api.trigger.dev${RUNS}`, init), { status: 200 }, "a vendor's host")
  t.match(await runyard.fetch(`http://charts.basedash.com${RUNS}`, init), { status: 404 }, "another's")

  await sandbox.faults.add({ reset: 'before', count: 1 })
  await t.rejects(runyard.fetch(RUNS, init), { name: 'TypeError', message: 'fetch failed' }, 'a reset')
  await sandbox.faults.add({ delay: '1m', count: 1 })
  const aborted = { ...init, signal: AbortSignal.timeout(50) }
  await t.rejects(runyard.fetch(RUNS, aborted), { name: 'TimeoutError' }, 'a signal while it waits')
  await t.rejects(runyard.fetch(RUNS, { ...init, signal: AbortSignal.abort() }), { name: 'AbortError' })
})

/** They differ between two requests, or are about the connection. */
const VARYING = ['date', 'connection', 'keep-alive', 'transfer-encoding']

t.test('the package gives what the source exports', async (t) => {
  const built = await import('runyard')
  t.same(Object.keys(built).sort(), Object.keys(source).sort())
  await using runyard = await built.createRunyard({ log: 'silent' })
  t.match(await runyard.fetch('/_runyard/health'), { status: 200 })
})

t.test("its types are a user's, whatever library that one compiles for", async (t) => {
  const exported = Object.keys(source).sort()
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    node_modules: { runyard: t.fixture('symlink', process.cwd()) },
    'user.ts': `
      import { ${exported.join(', ')}, type Runyard, type SandboxHandle } from 'runyard'
      await using runyard: Runyard = await createRunyard({ port: 0 })
      await using sandbox: SandboxHandle = await runyard.sandbox({ clock: new Date(0) })
      export const key: string = sandbox.credentials.trigger.prod.secretKey
      // A type that was not found would be any, which is a number too.
      export const wrong: number = sandbox.credentials.trigger.prod.secretKey
      export const isDisposed: number = sandbox[Symbol.asyncDispose]()
      export { ${exported.join(', ')} }
    `,
  })
  const user = join(folder, 'user.ts')
  const libraries: readonly [what: string, options: ts.CompilerOptions][] = [
    ['es2022 and Node', { lib: ['lib.es2022.d.ts'], types: ['node'], skipLibCheck: false }],
    ['es2022 and nothing', { lib: ['lib.es2022.d.ts'], types: [], skipLibCheck: true }],
  ]
  for (const [what, options] of libraries) {
    const program = ts.createProgram([user], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      noEmit: true,
      ...options,
    })
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText, file }) => [
        file?.fileName.endsWith('user.ts'),
        ts.flattenDiagnosticMessageText(messageText, ' ').replace(/ Type .*/, ''),
      ])
    t.same(
      problems,
      [
        [true, "Type 'string' is not assignable to type 'number'."],
        [true, "Type 'PromiseLike<void>' is not assignable to type 'number'."],
      ],
      what,
    )
  }
})

t.test('closing answers requests without a socket that are in flight', async (t) => {
  const runyard = await createRunyard({ clock: NOW, log: 'silent' })
  const sandbox = await runyard.sandbox('default')
  const { clientId, clientSecret } = sandbox?.credentials.nx1.oauth.service ?? {
    clientId: '',
    clientSecret: '',
  }
  const token = await runyard.fetch('/realms/rapid/protocol/openid-connect/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}` }
  const asked = Array.from({ length: 40 }, () => runyard.fetch('/api/crew-runs', { headers }))
  await runyard.close()
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  t.same(new Set(statuses), new Set([200]))
})
