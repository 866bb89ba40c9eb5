import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { RateLimit } from '../src/core/provider.ts'
import { Limiter } from '../src/http/limiter.ts'
import { createRunyard, OptionError } from '../src/index.ts'
import { OPTION_NAMES, OPTIONS, parseOptions, withDefaults } from '../src/server/options.ts'
import { serve } from './serve.ts'

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
  const sandbox = await runyard.sandbox('default')
  if (sandbox === undefined) throw new Error('default always exists')
  const { credentials } = sandbox
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
