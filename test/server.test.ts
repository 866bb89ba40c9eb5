import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { controlPlane } from '../src/control/control.ts'
import type { RateLimit } from '../src/core/provider.ts'
import type { ApiRequest } from '../src/core/request.ts'
import { Limiter } from '../src/http/limiter.ts'
import { createRunyard, OptionError } from '../src/index.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { OPTION_NAMES, OPTIONS, parseOptions, withDefaults } from '../src/server/options.ts'
import { Api } from '../src/spec/api.ts'
import { vendorDocument } from '../src/spec/document.ts'
import { serve } from './serve.ts'

const controlApi = await Api.of(vendorDocument(FOLDERS.specs, 'control'))

t.test('the control plane answers as its document says', async (t) => {
  const yard = await serve(t)
  const problem = { status: Number, title: String, detail: String }
  const cases: readonly [method: string, path: string, status: number, body: object][] = [
    ['GET', '/_runyard/health', 200, { status: 'ok', version: /^\d+\.\d+\.\d+$/, uptimeMs: Number }],
    [
      'GET',
      '/_runyard/sandboxes',
      200,
      { sandboxes: [{ id: 'default', scenario: 'default', seed: 1, fidelity: 'spec' }] },
    ],
    [
      'GET',
      '/_runyard/sandboxes/default',
      200,
      { id: 'default', clock: { now: '2026-06-01T12:00:00.000Z', frozen: true } },
    ],
    ['GET', '/_runyard/openapi.json', 200, { openapi: '3.1.0', info: { title: 'Runyard control plane' } }],
    ['GET', '/_runyard/sandboxes/nope', 404, { ...problem, detail: /no sandbox 'nope'. There are: default/ }],
    ['GET', '/_runyard/sandboxes/%', 404, { ...problem, detail: /no sandbox '%'/ }],
    ['GET', '/_runyard/sandboxes/%E0%A4', 404, { ...problem, detail: /no sandbox '%E0%A4'/ }],
    ['GET', '/_runyard/nope', 404, { ...problem, detail: /Its document is/ }],
    ['POST', '/_runyard/sandboxes', 405, { ...problem, detail: /takes GET/ }],
    ['DELETE', '/_runyard/sandboxes/default', 405, problem],
  ]
  for (const [method, path, status, body] of cases) {
    const got = await yard.send(method, path)
    t.equal(got.status, status, `${method} ${path}`)
    t.match(got.json, body, `${method} ${path}: ${got.text.slice(0, 100)}`)
    t.match(got.headers.get('content-type'), status < 400 ? 'application/json' : 'application/problem+json')
    const match = controlApi.match(method, path)
    if (match.found === 'operation')
      t.same(controlApi.breaches(match.operation, status, got.json), [], 'as documented')
  }
  const head = await yard.send('HEAD', '/_runyard/health')
  t.match(head, { status: 200, text: '' }, 'a HEAD probe')
  t.equal(yard.sandbox.baseUrl, yard.url, 'the base URL is the one the client reached')
  t.equal(yard.sandbox.env.TRIGGER_API_URL, yard.url)
})

t.test('credentials are shown to loopback peers only', async (t) => {
  const control = controlPlane({
    api: controlApi,
    sandboxes: { list: () => [], get: () => undefined, keyring: () => ({ find: async () => undefined }) },
    health: () => ({ status: 'draining', version: '0', uptimeMs: 0 }),
  })
  const request = (path: string, host = '127.0.0.1:4010'): ApiRequest => ({
    method: 'GET',
    path,
    params: {},
    search: '',
    header: () => undefined,
    body: '',
    scheme: 'http',
    host,
    mount: '',
    fidelity: 'spec',
  })
  const cases: readonly [peer: string, path: string, status: number][] = [
    ['127.0.0.1', '/_runyard/sandboxes', 200],
    ['127.8.9.1', '/_runyard/sandboxes', 200],
    ['::1', '/_runyard/sandboxes', 200],
    ['::ffff:127.0.0.1', '/_runyard/sandboxes', 200],
    ['172.17.0.5', '/_runyard/sandboxes', 403],
    ['::ffff:172.17.0.5', '/_runyard/sandboxes', 403],
    ['172.17.0.5', '/_runyard/sandboxes/default', 403],
    ['1270.0.0.1', '/_runyard/sandboxes', 403],
    ['172.17.0.5', '/_runyard/health', 503],
  ]
  for (const [peer, path, status] of cases)
    t.equal((await control.answer(request(path), peer)).status, status, `${peer} ${path}`)
  const hosts: readonly [host: string, status: number, why: string][] = [
    ['localhost:4010', 200, 'this machine'],
    ['[::1]:4010', 200, 'this machine'],
    ['127.0.0.1', 200, 'this machine'],
    ['api.localhost', 200, 'this machine, by definition'],
    ['evil.example', 403, 'a name that may be led here'],
    ['127.0.0.1.evil.example:4010', 403, 'the same'],
  ]
  for (const [host, status, why] of hosts) {
    t.equal(
      (await control.answer(request('/_runyard/sandboxes', host), '127.0.0.1')).status,
      status,
      `${host}: ${why}`,
    )
  }
})

t.test('the reference page shows all documents, with assets of its own', async (t) => {
  const yard = await serve(t)
  const page = await yard.get('/docs')
  t.equal(page.status, 200)
  const [, script = ''] = /src="(\.?\/[^"]*swagger-initializer\.js)"/.exec(page.text) ?? []
  const initializer = await yard.get(new URL(script, `${yard.url}/docs/`).pathname)
  for (const name of ['conductorone', 'trigger', 'nx1', 'basedash']) {
    t.match(initializer.text, `/${name}/openapi.json`)
    const { status, json } = await yard.get<{ servers: unknown }>(`/${name}/openapi.json`)
    t.match(
      { status, servers: json.servers },
      { status: 200, servers: [{ url: '/' }] },
      `${name}: tried out on this server`,
    )
  }
  t.match(initializer.text, yard.sandbox.credentials.trigger.prod.secretKey, '"try it" has the credentials')
  for (const [, path = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    t.notMatch(path, /^(https?:)?\/\//, `${path} is local`)
    if (path.startsWith('data:')) continue
    t.equal((await yard.get(new URL(path, `${yard.url}/docs/`).pathname)).status, 200, path)
  }
  const { text } = await yard.get('/basedash/openapi.json')
  t.match(text, yard.sandbox.credentials.basedash.organizationId, 'path parameters have examples')
})

t.test('embedded: fetch needs no socket, close lets go', async (t) => {
  const runyard = await createRunyard({ clock: 0, log: 'silent', scenario: 'empty' })
  const health = await runyard.fetch('/_runyard/health')
  t.match(await health.json(), { status: 'ok' })
  const { credentials } = (await runyard.sandbox('default')) as {
    credentials: { nx1: { psk: { alice: string } } }
  }
  const listed = await runyard.fetch(
    new Request('http://127.0.0.1:4010/api/crew-runs', {
      headers: { 'authorization-psk': credentials.nx1.psk.alice },
    }),
  )
  t.equal(listed.status, 200)
  t.same(await listed.json(), [])
  const token = await runyard.fetch('/auth/v1/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'x' }),
  })
  t.match(await token.json(), { error: 'unsupported_grant_type' }, 'bodies arrive')
  t.match(
    await (await runyard.fetch('http://api.trigger.dev/api/v1/runs')).json(),
    { error: String },
    'by host',
  )
  t.equal(await runyard.sandbox('nope'), undefined)
  await runyard.close()
})

t.test('closing answers what is in flight and cuts what is half sent', async (t) => {
  const runyard = await createRunyard({ port: 0, scenario: 'empty', log: 'silent' })
  const { port } = new URL(await runyard.listen())
  const half = connect(Number(port), '127.0.0.1')
  await once(half, 'connect')
  half.write('GET /_runyard/health HTTP/1.1\r\nhost: x\r\n')
  half.on('error', () => {})
  const cut = once(half, 'close')
  await new Promise((resolve) => setTimeout(resolve, 50))
  await Promise.all([runyard.close(), cut])
  await t.rejects(fetch(`http://127.0.0.1:${port}/`), 'nothing listens any more')
})

t.test('two in one process do not meet', async (t) => {
  const [one, two] = await Promise.all([serve(t), serve(t, { scenario: 'empty' })])
  t.equal(one.sandbox.counts.trigger, 620)
  t.equal(two.sandbox.counts.trigger, 0)
})

t.test('a limit counts on the clock it is given', async (t) => {
  const window = { kind: 'window', bucket: 'key', max: 2, windowMs: 1000 } as const
  const bucket = { kind: 'bucket', bucket: 'key', max: 3, refill: 2, everyMs: 1000 } as const
  const hits: readonly [
    rule: RateLimit,
    owner: string,
    now: number,
    remaining: number,
    retryAfterMs: number,
    why: string,
  ][] = [
    [window, 'a', 5000, 1, 1000, 'the first'],
    [window, 'a', 5400, 0, 600, 'the last that is allowed'],
    [window, 'a', 5400, -1, 600, 'one too many: until the window ends'],
    [window, 'b', 5400, 1, 1000, "another's count"],
    [window, 'a', 5999, -2, 1, 'still the same window'],
    [window, 'a', 6000, 1, 1000, 'the next window begins with the next request'],
    [window, 'a', 7500, 1, 1000, 'however late that is'],
    [window, 'a', 100, 1, 1000, 'a clock set back starts anew'],
    [bucket, 'c', 0, 2, 1000, 'a full bucket'],
    [bucket, 'c', 10, 1, 990, 'and on'],
    [bucket, 'c', 20, 0, 980, 'the last in it'],
    [bucket, 'c', 30, -1, 970, 'empty until it is filled'],
    [bucket, 'c', 40, -2, 960, 'and counted on'],
    [bucket, 'c', 1000, 1, 1000, 'filled by two, what was too many forgotten'],
    [bucket, 'c', 9999, 2, 1, 'never above its size; filled at even steps'],
  ]
  const limiter = new Limiter()
  for (const [rule, owner, now, remaining, retryAfterMs, why] of hits) {
    t.match(
      limiter.hit(owner, rule, now),
      { max: rule.max, remaining, retryAfterMs, resetAt: now + retryAfterMs },
      why,
    )
  }
})

t.test('a limit forgets the oldest of too many counts', async (t) => {
  const rule = { kind: 'window', bucket: 'key', max: 1, windowMs: 1000 } as const
  const limiter = new Limiter()
  limiter.hit('first', rule, 0)
  for (let i = 0; i < 9_999; i++) limiter.hit(`other ${i}`, rule, 0)
  t.equal(limiter.hit('first', rule, 0).remaining, -1, 'ten thousand are kept')
  limiter.hit('one more', rule, 0)
  t.equal(limiter.hit('first', rule, 0).remaining, 0, 'one more, and the oldest starts anew')
})

t.test('options are one table', async (t) => {
  for (const name of OPTION_NAMES) {
    const { flag, variable, fallback, parse } = OPTIONS[name]
    const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    t.equal(flag, `--${kebab}`)
    t.equal(variable, `RUNYARD_${kebab.toUpperCase().replaceAll('-', '_')}`)
    if (name !== 'rateLimits' && fallback !== undefined)
      t.not(parse(fallback), undefined, `${name}'s default`)
  }
  t.match(withDefaults({}), {
    host: '127.0.0.1',
    port: 4010,
    clock: 'live',
    fidelity: undefined,
    rateLimits: undefined,
    log: 'warn',
  })
  t.equal(withDefaults({ port: 0 }).port, 0)
  t.throws(() => parseOptions({ port: '-1' }), OptionError)
  const misspelt = { prot: 1 }
  for (const [option, wrong] of [
    ['fidelity', 'LIVE'],
    ['port', '4010'],
    ['port', 65_536],
    ['clock', Number.NaN],
    ['clock', 'noon'],
    ['rateLimits', 'on'],
  ] as const) {
    const given: object = { [option]: wrong }
    await t.rejects(createRunyard(given), {
      name: 'OptionError',
      message: new RegExp(`^The option ${option} takes`),
    })
  }
  await t.rejects(createRunyard(misspelt as object), /There is no option 'prot'. There are host, port/)
  t.ok(Object.isFrozen(withDefaults({})))
})
