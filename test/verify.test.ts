import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { verifyCommand } from '../src/cli/verify.ts'
import type { Fidelity } from '../src/core/fidelity.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { CONTRACTS } from '../src/verify/contracts.ts'
import { junit } from '../src/verify/reports/junit.ts'
import { tap } from '../src/verify/reports/tap.ts'
import { type Outcome, verify } from '../src/verify/verify.ts'
import { serve, type Yard } from './serve.ts'

type Json = Record<string, unknown>

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
  readonly at: number
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
}

const PROVIDERS = CONTRACTS.map(({ provider }) => provider)

interface Narrowed {
  readonly providers?: readonly string[]
  /** How the names of the cases begin. */
  readonly cases?: string
  readonly timeoutMs?: number
}

/** What a run of `verify` finds out. */
async function outcomes(
  url: string,
  credentials: unknown,
  fidelity: Fidelity,
  { providers = PROVIDERS, cases = '', timeoutMs = 10_000 }: Narrowed = {},
): Promise<Outcome[]> {
  const subjects = CONTRACTS.filter(({ provider }) => providers.includes(provider)).map((contract) => ({
    contract: { ...contract, cases: contract.cases.filter(({ name }) => name.startsWith(cases)) },
    access: contract.access(Object(credentials)[contract.provider]),
  }))
  const work = { target: new URL(url), specs: FOLDERS.specs, fidelity, subjects, delayMs: 0, timeoutMs }
  const found: Outcome[] = []
  for await (const outcome of verify(work)) found.push(outcome)
  return found
}

function failures(found: readonly Outcome[]): string[] {
  return found.flatMap(({ provider, name, verdict }) =>
    verdict.kind === 'failed'
      ? [`${provider}: ${name}: expected ${verdict.expected}, came ${verdict.came}`]
      : [],
  )
}

/** A server in front of another that passes everything on, and answers with what `change` makes of the answer. */
async function before(
  t: Test,
  yard: Yard,
  { ask = (path) => path, change = (_sent, answer) => answer }: Pick<Breakage, 'ask' | 'change'> = {},
): Promise<{ url: string; credentials: Json; sent: Sent[] }> {
  const sent: Sent[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '' } = request
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const one = { method, path, headers, body: await text(request), at: performance.now() }
    sent.push(one)
    const answer = change(one, await pass(yard.url, { ...one, path: ask(path) }))
    const { 'content-length': _, 'transfer-encoding': __, ...rest } = answer.headers
    response.writeHead(answer.status, rest).end(answer.text)
  })
  const url = await listening(t, server)
  // The realm is where the server is reached.
  const credentials = JSON.parse(JSON.stringify(yard.sandbox.credentials).replaceAll(yard.url, url)) as Json
  return { url, credentials, sent }
}

async function listening(t: Test, server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function pass(url: string, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url)
    const request = httpRequest({ host, port, method, path, headers, agent: false }, async (response) => {
      const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(flat),
        text: await text(response),
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function text(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Every text in the credentials that opens something. */
function secretsIn(credentials: unknown): string[] {
  const found: string[] = []
  JSON.stringify(credentials, (name, value: unknown) => {
    if (
      typeof value === 'string' &&
      /^(bearer|clientSecret|secretKey|apiKey|general|alice|bob|admin)$/.test(name)
    )
      found.push(value)
    return value
  })
  return found
}

/** How many cases each scenario's data may leave undecided, at most. */
const UNDECIDED = { default: 4, edge: 8, empty: 45 }

for (const fidelity of ['spec', 'live'] as const) {
  for (const [scenario, most] of Object.entries(UNDECIDED)) {
    t.test(`a Runyard passes: ${fidelity}, ${scenario}`, async (t) => {
      const { url, credentials, sent } = await before(t, await serve(t, { fidelity, scenario }))
      const found = await outcomes(url, credentials, fidelity)
      t.same(failures(found), [])
      const skipped = found.filter(({ verdict }) => verdict.kind === 'skipped').length
      t.ok(skipped <= most, `${skipped} of ${found.length} cases are skipped`)
      t.ok(found.length > 150, 'many cases')
      changesNothing(t, sent, credentials)
    })
  }

  t.test(`a Runyard on a running clock passes, under its prefixes: ${fidelity}`, async (t) => {
    const yard = await serve(t, { fidelity, clock: 'live' })
    for (const provider of PROVIDERS) {
      const found = await outcomes(`${yard.url}/${provider}/`, yard.sandbox.credentials, fidelity, {
        providers: [provider],
      })
      t.same(failures(found), [], provider)
    }
  })
}

/** Nothing is sent that could change anything at the service, or no credential goes with it. */
function changesNothing(t: Test, sent: readonly Sent[], credentials: unknown): void {
  const secrets = secretsIn(credentials)
  t.ok(secrets.length > 10)
  const posts = sent.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
  t.ok(posts.length > 5)
  for (const { method, path, headers, body } of posts) {
    t.equal(method, 'POST')
    t.notMatch(path, /automations/, 'Basedash would start a run')
    const shown = Object.values(headers).some((value) => secrets.some((secret) => value.includes(secret)))
    t.notOk(shown, `POST ${path}: no credential in a header`)
    const mints = path === '/auth/v1/token' || path.includes('/realms/rapid/')
    t.ok(mints || !secrets.some((secret) => body.includes(secret)), `POST ${path}: none in the body`)
  }
}

/** One thing wrong with a service, and the case that has to say so. */
interface Breakage {
  readonly what: string
  readonly provider: string
  readonly fidelity: Fidelity
  /** The request as the service takes it. */
  ask?(path: string): string
  /** The answer as it comes. */
  change?(sent: Sent, answer: Answer): Answer
  /** How the name of the case begins that fails. */
  readonly fails: string
  /** What was expected and what came. */
  readonly says: RegExp
}

/** The list's 200s with their body changed. */
function bodies(change: (body: Json, sent: Sent) => unknown) {
  return (sent: Sent, answer: Answer): Answer => {
    const isList = answer.status === 200 && sent.method === 'GET' && /runs(\?|$)/.test(sent.path)
    return isList ? { ...answer, text: JSON.stringify(change(JSON.parse(answer.text), sent)) } : answer
  }
}

const list = (value: unknown): Json[] => value as Json[]

const BREAKAGES: readonly Breakage[] = [
  {
    what: 'pages are oldest first',
    provider: 'trigger',
    fidelity: 'live',
    change: bodies((body) => ({ ...body, data: list(body.data).reverse() })),
    fails: 'without parameters',
    says: /^expected the newest run first, and so on, came run 2 is newer/,
  },
  {
    what: 'the next page begins with the last run of this one',
    provider: 'trigger',
    fidelity: 'spec',
    change: bodies((body, { path }) => {
      const [, after] = /page\[after\]=(run_\w+)/.exec(path) ?? []
      const first = list(body.data)[0]
      return after === undefined || first === undefined
        ? body
        : { ...body, data: [{ ...first, id: after }, ...list(body.data).slice(1)] }
    }),
    fails: 'forwards, ten by ten',
    says: /came run run_\w+ comes twice in \d+ pages/,
  },
  {
    what: 'a member is missing that the SDK requires',
    provider: 'trigger',
    fidelity: 'live',
    change: bodies((body) => ({ ...body, data: list(body.data).map(({ isQueued: _, ...run }) => run) })),
    fails: 'every run has what the vendor’s clients require',
    says: /^expected each run: all members/,
  },
  {
    what: 'the hidden window is not there',
    provider: 'trigger',
    fidelity: 'live',
    ask: (path) => (path.includes('createdAt') ? path : `${path}&filter[createdAt][period]=banana`),
    fails: 'no time filter: nothing older than seven days',
    says: /^expected no run older than/,
  },
  {
    what: 'after wins over before',
    provider: 'trigger',
    fidelity: 'spec',
    ask: (path) => (path.includes('page[after]') ? path.replace(/&page\[before\]=\w+/, '') : path),
    fails: 'both cursors: before wins',
    says: /came other runs/,
  },
  {
    what: 'a missing key gets JSON',
    provider: 'trigger',
    fidelity: 'live',
    change: (_sent, answer) =>
      answer.status === 401
        ? { ...answer, headers: { ...answer.headers, 'content-type': 'application/json' } }
        : answer,
    fails: 'no Authorization header',
    says: /^expected header content-type: \/\^application.*came header content-type: application\/json$/,
  },
  {
    what: 'scopes are not looked at',
    provider: 'trigger',
    fidelity: 'spec',
    change: (_sent, answer) => (answer.status === 403 ? { ...answer, status: 200 } : answer),
    fails: 'a public token without scopes: 403',
    says: /^expected status 403, came status 200/,
  },
  {
    what: 'everything is a 500',
    provider: 'trigger',
    fidelity: 'live',
    change: () => ({ status: 500, headers: {}, text: 'oops' }),
    fails: 'without parameters',
    says: /^expected status 200, came status 500/,
  },
  {
    what: 'a member of the organization is refused with a 403',
    provider: 'basedash',
    fidelity: 'live',
    change: ({ path }, answer) =>
      answer.status === 404 && !path.includes('nosuch') ? { ...answer, status: 403 } : answer,
    fails: 'a member who is no admin',
    says: /^expected status 404, came status 403/,
  },
  {
    what: 'there is always a next page',
    provider: 'basedash',
    fidelity: 'spec',
    change: bodies((body) => ({
      ...body,
      pagination: { hasMore: true, nextCursor: list(body.data).at(-1)?.id ?? 'x' },
    })),
    fails: 'a cursor that is no run: an empty page',
    says: /^expected a body like .*came body\.pagination\.nextCursor is "x"/,
  },
  {
    what: 'a run has a member more',
    provider: 'basedash',
    fidelity: 'spec',
    change: bodies((body) => ({ ...body, data: list(body.data).map((run) => ({ ...run, error: null })) })),
    fails: 'every run has exactly the nine members',
    says: /came a run \{.*"error":null/,
  },
  {
    what: 'the limit has no effect',
    provider: 'nx1',
    fidelity: 'live',
    change: bodies((body) => [...list(body), ...list(body), ...list(body)].slice(0, 7)),
    fails: 'limit=5.0: five',
    says: /^expected 5 runs, or all where there are fewer, came 7 runs/,
  },
  {
    what: 'a user sees the runs of all',
    provider: 'nx1',
    fidelity: 'spec',
    change: bodies((body) => list(body).map((run, i) => ({ ...run, owner_id: i % 2 ? 'alice' : 'bob' }))),
    fails: 'a user sees their own runs',
    says: /^expected runs of one owner, came runs of bob, alice/,
  },
  {
    what: 'a code can be used twice',
    provider: 'nx1',
    fidelity: 'spec',
    change: ({ body }, answer) =>
      answer.text.includes('Code not valid') && !body.includes('runyard.no.code')
        ? { ...answer, status: 200, text: '{"access_token":"again"}' }
        : answer,
    fails: 'the authorization code flow with PKCE',
    says: /came again: status 200/,
  },
  {
    what: 'a 422 has a url',
    provider: 'nx1',
    fidelity: 'live',
    change: (_sent, answer) => ({ ...answer, text: answer.text.replace('"input"', '"url":"x","input"') }),
    fails: "limit=abc: 422 in pydantic's words",
    says: /^expected the body .*came \{"detail".*"url":"x"/,
  },
  {
    what: 'the latest run is another',
    provider: 'conductorone',
    fidelity: 'live',
    change: ({ path }, answer) =>
      path.endsWith('/latest') ? { ...answer, text: answer.text.replace(/"id":"\w/, '"id":"X') } : answer,
    fails: 'the latest run is the first of the list',
    says: /^expected run: the first of the list, came/,
  },
  {
    what: 'nulls are left out',
    provider: 'conductorone',
    fidelity: 'live',
    change: (_sent, answer) => ({ ...answer, text: answer.text.replaceAll(',"completedAt":null', '') }),
    fails: 'a run that is not over has completedAt: null',
    says: /^expected each run: .*came a run \{/,
  },
  {
    what: 'any assertion is good',
    provider: 'conductorone',
    fidelity: 'spec',
    change: ({ path, body }, answer) =>
      path === '/auth/v1/token' && body.includes('client_assertion') ? { ...answer, status: 200 } : answer,
    fails: 'no token for a forged assertion',
    says: /^expected status 401, came status 200/,
  },
]

t.test('a service with something wrong fails the case that says what', async (t) => {
  // Without limits: one standing clock for all of them would let nobody ask again.
  const yards = {
    spec: await serve(t, { fidelity: 'spec', rateLimits: false }),
    live: await serve(t, { fidelity: 'live', rateLimits: false }),
  }
  for (const breakage of BREAKAGES) {
    const { what, provider, fidelity, fails, says } = breakage
    const only = { providers: [provider], cases: fails }
    const yard = yards[fidelity]
    const sound = await outcomes(yard.url, yard.sandbox.credentials, fidelity, only)
    t.match(sound, [{ verdict: { kind: 'passed' } }], 'passes when nothing is wrong')
    const { url, credentials } = await before(t, yard, breakage)
    const [found] = await outcomes(url, credentials, fidelity, only)
    t.equal(found?.verdict.kind, 'failed', `${provider}, ${what}`)
    if (found?.verdict.kind !== 'failed') continue
    t.match(`expected ${found.verdict.expected}, came ${found.verdict.came}`, says, `${provider}, ${what}`)
    t.match(found.verdict.request, /^(GET|POST) \//, 'the request is named')
  }
})

t.test('what breaks on the way is a failure in plain words, and never a crash', async (t) => {
  const { credentials } = (await serve(t, { scenario: 'empty' })).sandbox
  const says = (body: string) => (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  const servers: readonly [what: string, answer: RequestListener, message: RegExp][] = [
    ['cuts the connection', (request) => request.socket.destroy(), /GET \/api\/crew-runs: socket hang up$/],
    [
      'changes the protocol',
      (request) =>
        void request.socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
        ),
      /GET \/api\/crew-runs: 101 Switching Protocols, which nobody asked for$/,
    ],
    ['never answers', () => {}, /GET \/api\/crew-runs: no reply within 0.05 s$/],
    [
      'stops half way',
      (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('['),
      /GET \/api\/crew-runs: no reply within 0.05 s$/,
    ],
    [
      'cuts the body short',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('[')
        setTimeout(() => request.socket.destroy(), 5)
      },
      /GET \/api\/crew-runs: aborted$/,
    ],
    [
      'does not speak HTTP',
      (request) => void request.socket.end('hello\r\n\r\n'),
      /GET \/api\/crew-runs: Parse Error/,
    ],
    ['answers HTML', says('<html>'), /came (no JSON: <html>|status 200)/],
    ['answers null', says('null'), /the document, came body must be array/],
    [
      'has had enough',
      (_request, response) => void response.writeHead(429).end('{}'),
      /expected status 401, came status 429 \(too many requests: wait, and choose a longer --delay\)$/,
    ],
    ['answers numbers', says('[1,2,null]'), /came|must be object/],
    ['answers nothing', says(''), /came an empty body/],
  ]
  for (const [what, answer, message] of servers) {
    const url = await listening(t, createServer(answer))
    const found = await outcomes(url, credentials, 'live', { providers: ['nx1'], timeoutMs: 50 })
    t.ok(
      failures(found).some((failure) => message.test(failure)),
      what,
      { failures: failures(found), expected: String(message) },
    )
    t.ok(
      found.every(({ verdict }) => verdict.kind !== 'passed' || what.startsWith('answers')),
      `${what}: nothing passes`,
    )
    t.notMatch(failures(found).join('\n'), 'what could not be read', `${what}: no case trips`)
  }
  const gone = createServer()
  const url = await listening(t, gone)
  gone.close()
  const found = await outcomes(url, credentials, 'live', { providers: ['basedash'] })
  t.match(failures(found)[0], /GET \/api\/public\/.*: connect ECONNREFUSED 127\.0\.0\.1/)
})

t.test('no token is asked for without a client that was given', async (t) => {
  const yard = await serve(t)
  const { url, credentials, sent } = await before(t, yard)
  const { admin } = credentials.conductorone as { admin: Json }
  const { psk } = credentials.nx1 as Json
  const bare = { conductorone: { admin: { bearer: admin.bearer } }, nx1: { psk } }
  const found = await outcomes(url, bare, 'spec', { providers: ['conductorone', 'nx1'] })
  t.same(failures(found), [])
  t.match(
    found.find(({ name }) => name === 'a token for a signed assertion'),
    { verdict: { kind: 'skipped', reason: 'no conductorone clientId was given' } },
  )
  const posts = sent.filter(({ method }) => method === 'POST')
  t.ok(posts.every(({ body }) => body === '' || body === '{}' || /runyard|client_credentials$/.test(body)))
})

t.test('a client id and secret are enough: a token is minted for the other cases', async (t) => {
  const yard = await serve(t, { fidelity: 'live' })
  const { clientId, clientSecret } = yard.sandbox.credentials.conductorone.admin
  const found = await outcomes(yard.url, { conductorone: { admin: { clientId, clientSecret } } }, 'live', {
    providers: ['conductorone'],
  })
  t.same(failures(found), [])
  t.match(
    found.find(({ name }) => name === 'the list: newest first'),
    { verdict: { kind: 'passed' } },
  )
})

t.test('no credential is printed, whatever the service sends back', async (t) => {
  const yard = await serve(t, { fidelity: 'live', rateLimits: false })
  const echo = await before(t, yard, {
    change: ({ path, headers, body }, answer) => {
      // The realm gives its tokens, and Trigger.dev the id that a public token needs: more credentials on the way.
      if (path.startsWith('/realms/') || path.includes('banana')) return answer
      const said = { ...headers, body, decoded: decodeURIComponent(body.replaceAll('+', ' ')) }
      return { ...answer, status: 418, text: JSON.stringify({ said, error: JSON.stringify(said) }) }
    },
  })
  const found = await outcomes(echo.url, echo.credentials, 'live')
  const made = echo.sent.flatMap(({ headers, body }) => {
    const { authorization = '' } = headers
    const form = new URLSearchParams(body)
    return [/^Bearer (eyJ.{60,})/.exec(authorization)?.[1], form.get('client_assertion'), form.get('code')]
  })
  const secrets = [...secretsIn(echo.credentials), ...made].filter(
    (text) => typeof text === 'string' && text !== 'runyard.no.code' && !text.endsWith('.c2ln'),
  )
  t.ok(new Set(secrets).size > 24, `${new Set(secrets).size} credentials, given and made`)

  const heading = { target: echo.url, fidelity: 'live', planned: found.length }
  for (const format of [tap, junit]) {
    let report = ''
    const say = (more: string): void => {
      report += more
    }
    const writing = format(heading, say)
    for (const outcome of found) say(writing.outcome(outcome))
    say(writing.end())
    t.match(report, '[redacted]')
    const printed = secrets.filter(
      (secret) => report.includes(String(secret)) || report.includes(encodeURIComponent(String(secret))),
    )
    t.same(printed, [])
  }
})

t.test('requests keep their distance', async (t) => {
  const yard = await serve(t, { scenario: 'empty' })
  const { url, credentials, sent } = await before(t, yard)
  const [nx1] = CONTRACTS.filter(({ provider }) => provider === 'nx1')
  if (nx1 === undefined) throw new Error('nx1 has no contract')
  const contract = { ...nx1, cases: nx1.cases.slice(0, 4) }
  const subjects = [{ contract, access: contract.access(credentials.nx1) }]
  const work = {
    target: new URL(url),
    specs: FOLDERS.specs,
    fidelity: 'spec' as const,
    subjects,
    delayMs: 60,
  }
  for await (const { verdict } of verify(work)) t.equal(verdict.kind, 'passed')
  t.equal(sent.length, 4)
  // A timer may fire a millisecond early.
  for (const [i, { at }] of sent.entries())
    if (i > 0) t.ok(at - (sent[i - 1]?.at ?? at) >= 59, `before request ${i + 1}`)
})

/** The command in this process: what it says, and its exit code. */
async function command(args: readonly string[], environment: Record<string, string> = {}) {
  let out = ''
  const code = await verifyCommand(args, environment, (text) => {
    out += text
  })
  return { code, out }
}

t.test('a Runyard on this machine is asked for its own credentials and fidelity', async (t) => {
  const yard = await serve(t, { fidelity: 'live' })
  const { code, out } = await command(['--target', yard.url, '--provider', 'nx1,basedash', '--delay', '0'])
  t.equal(code, 0)
  t.match(
    out,
    new RegExp(`^TAP version 14\n# ${yard.url}/, live fidelity\n1\\.\\.\\d+\nok 1 - basedash: no key: 401\n`),
  )
  t.match(out, /\n# \d+ passed, 0 failed, \d+ skipped\n$/)
  const [, plan] = /^1\.\.(\d+)$/m.exec(out) ?? []
  t.equal(out.match(/^(not )?ok /gm)?.length, Number(plan), 'as many lines as planned')
  t.notMatch(out, /conductorone|trigger/)
})

t.test('credentials come from a file or from the environment', async (t) => {
  const yard = await serve(t, { fidelity: 'spec' })
  // What is no Runyard has no control plane.
  const { url } = await before(t, yard, {
    change: ({ path }, answer) =>
      path.startsWith('/_runyard') ? { ...answer, status: 404, text: '{}' } : answer,
  })
  const sandbox = { ...yard.sandbox, fidelity: 'spec' }
  const folder = t.testdir({
    'sandbox.json': JSON.stringify(sandbox),
    'credentials.json': JSON.stringify(yard.sandbox.credentials),
    'broken.json': '{"trigger": tr_prod_secret',
  })
  const base = ['--target', url, '--delay', '0']
  const whole = await command([
    ...base,
    '--credentials',
    join(folder, 'sandbox.json'),
    '--provider',
    'trigger',
  ])
  t.equal(whole.code, 0)
  t.match(whole.out, /, spec fidelity\n/, 'a whole sandbox says its fidelity')
  const file = ['--credentials', join(folder, 'credentials.json'), '--provider', 'basedash']
  t.match(
    await command([...base, ...file]),
    { code: 0, out: /, live fidelity\n/ },
    'a foreign target is live',
  )

  // The client id names the host that the server is reached by.
  const env = Object.fromEntries(
    Object.entries(yard.sandbox.env).map(([name, value]) => [
      name,
      value.replace(new URL(yard.url).host, new URL(url).host),
    ]),
  )
  const { TRIGGER_SECRET_KEY = '', CONDUCTORONE_CLIENT_ID = '', CONDUCTORONE_CLIENT_SECRET = '' } = env
  const environment = { TRIGGER_SECRET_KEY, CONDUCTORONE_CLIENT_ID, CONDUCTORONE_CLIENT_SECRET }
  const some = await command([...base, '--fidelity', 'spec'], environment)
  t.equal(some.code, 0)
  t.match(some.out, /ok 1 - basedash: all cases # SKIP no credentials: set BASEDASH_API_KEY/)
  t.match(some.out, /ok \d+ - nx1: all cases # SKIP no credentials: set NX1_API_KEY/)
  t.match(some.out, /ok \d+ - trigger: without parameters: [^#\n]*\n/)
  t.match(some.out, /ok \d+ - conductorone: the list: newest first\n/)
  const all = await command([...base, '--fidelity', 'spec'], env)
  t.equal(all.code, 0, 'the environment of a sandbox is enough for all')
  t.notMatch(all.out, 'all cases # SKIP')

  await t.rejects(command([...base]), { message: /There are no credentials.*NX1_API_KEY \(nx1\)/ })
  await t.rejects(command([...base, '--credentials', join(folder, 'broken.json')]), {
    message: /^--credentials takes a JSON file, and .*broken.json cannot be read: it is not JSON.$/,
  })
})

t.test('JUnit XML for CI servers, TAP for the rest; what fails is a 1', async (t) => {
  const yard = await serve(t, { rateLimits: false })
  const odd = '<&"\u0001\ud800> # \\'
  const { url } = await before(t, yard, {
    change: ({ path }, answer) =>
      answer.status === 422 && path.includes('limit=abc') ? { ...answer, text: odd } : answer,
  })
  const base = ['--target', url, '--delay', '0', '--provider', 'nx1']
  const { code, out } = await command([...base, '--format', 'junit'])
  t.equal(code, 1)
  t.match(
    out,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="runyard verify http:[^"]*, spec fidelity" tests="\d+" failures="1" errors="0"/,
  )
  t.match(
    out,
    /<testcase classname="nx1" name="limit=abc: 422 in pydantic's words" time="[\d.]+">\n {6}<failure message="expected the body \{&quot;detail/,
  )
  t.match(out, /came: &lt;&amp;"\ufffd+&gt; # \\/)
  t.match(out, /<\/testsuites>\n$/)
  t.same(tagsLeftOpen(out), [])
  const tapped = await command(base)
  t.equal(tapped.code, 1)
  t.match(
    tapped.out,
    /not ok \d+ - nx1: limit=abc[^\n]*\n {2}---\n {2}request: "GET \/api\/crew-runs\?limit=abc"\n {2}reply: "422 /,
  )
  t.match(
    tapped.out,
    /\n {2}evidence: "fidelity\/nx1.md §A7 A6"\n {2}confidence: "high"\n {2}duration_ms: \d+\n {2}\.\.\.\n/,
  )
})

/** Elements of an XML text that are not closed, or closed without having been opened. */
function tagsLeftOpen(xml: string): string[] {
  const open: string[] = []
  for (const [, end, name = '', alone] of xml.matchAll(/<(\/?)(\w+)(?:\s+\w+="[^"<]*")*\s*(\/?)>/g)) {
    if (alone) continue
    if (!end) open.push(name)
    else if (open.pop() !== name) return [`</${name}>`]
  }
  return open
}

t.test('a bad option is named', async (t) => {
  const here = ['--target', 'http://127.0.0.1:9']
  const cases: readonly [args: string[], says: RegExp][] = [
    [[], /--target takes a base URL, such as https:\/\/api\.trigger\.dev, not ''/],
    [['--target', 'api.trigger.dev'], /--target takes a base URL/],
    [['--target', 'ftp://x'], /--target takes a base URL/],
    [['--target', 'http://a:b@x'], /--target takes no user or password/],
    [['--target', 'https://api.trigger.dev'], /api\.trigger\.dev is not this machine: say with --provider/],
    [
      [...here, '--provider', 'trigger,tigger'],
      /--provider takes basedash, conductorone, nx1, trigger, not 'tigger'/,
    ],
    [[...here, '--fidelity', 'real'], /--fidelity takes 'spec' or 'live', not 'real'/],
    [[...here, '--delay', 'slow'], /--delay takes milliseconds/],
    [[...here, '--format', 'xml'], /--format takes 'tap' or 'junit', not 'xml'/],
    [
      [...here, '--credentials', '/no/such.json'],
      /--credentials takes a JSON file, and \/no\/such.json cannot be read: ENOENT/,
    ],
    [[...here, '--nope'], /Unknown option '--nope'.* See runyard verify --help/],
    [[...here, 'stray'], /Unexpected argument 'stray'/],
    [
      [...here, '--provider', 'nx1'],
      /There are no credentials, and http:\/\/127\.0\.0\.1:9 did not give its own \(.*(ECONNREFUSED|bad port)/,
    ],
  ]
  for (const [args, message] of cases)
    await t.rejects(command(args), { name: 'OptionError', message }, args.join(' '))
  t.match(await command(['--help']), { code: 0, out: /Usage: runyard verify --target <url>/ })
})

t.test('from the command line: 0, 1 or 2', async (t) => {
  const yard = await serve(t)
  const run = async (...args: string[]) => {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'verify', ...args], {
      env: { PATH },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, out, err }
  }
  const base = ['--target', yard.url, '--delay', '0', '--provider']
  const [good, bad, wrong] = await Promise.all([
    run(...base, 'nx1'),
    run(...base, 'conductorone', '--fidelity', 'live'),
    run('--nope'),
  ])
  t.match(good, { code: 0, err: '', out: /^TAP version 14/ })
  t.match(bad, { code: 1, err: '' }, 'in spec, Runyard is not what live expects')
  t.match(wrong, { code: 2, out: '', err: /^runyard: Unknown option '--nope'/ })
})
