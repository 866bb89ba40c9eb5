import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import type { JsonObject } from '../src/core/json.ts'
import { discoverProviders } from '../src/server/discover.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api, type DocumentedOperation } from '../src/spec/api.ts'
import { effectiveDocuments, vendorDocument } from '../src/spec/document.ts'
import { serve, type Yard } from './serve.ts'

/** How the suite meets a provider: what it asks, with which credential, and how that vendor pages and refuses. */
interface Manners {
  /** A path that lists, without query. */
  list(yard: Yard): string
  credentials(yard: Yard): Record<string, string>
  /** A query that is refused, and with which status; undefined where none is. */
  readonly forbidden: readonly [query: string, status: number] | undefined
  /** What a method that the document does not have gets. */
  readonly wrongMethod: number
  /** The shape of the vendor's error bodies, by status. */
  error(status: number): object
  /** Query of a page of this size. */
  size(limit: number): string
  /** The sizes to walk in, smallest first. */
  readonly sizes: readonly number[]
  /** Whether there is a cursor to walk on with. */
  readonly cursor: boolean
  /** The query that follows a page, or undefined after the last. */
  next(body: JsonObject): string | undefined
  items(body: unknown): unknown[]
  /** Hostile queries that the real service answers with a 500, and `live` therefore does. */
  readonly fatal?: RegExp
  /** What a path of the vendor's host gets that is none of the API's; 404 unless it is said here. */
  readonly elsewhere?: number
  /** What is different under `live`. */
  readonly live?: Partial<Manners>
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const member = (value: unknown, name: string): unknown => Object(value)[name]

const manners: Record<string, Manners> = {
  basedash: {
    list: ({ sandbox }) => {
      const { organizationId, automations } = sandbox.credentials.basedash
      return `/api/public/organizations/${organizationId}/automations/${automations[0]?.id}/runs`
    },
    credentials: ({ sandbox }) => ({ authorization: `Bearer ${sandbox.credentials.basedash.admin.apiKey}` }),
    forbidden: ['limit=0', 400],
    wrongMethod: 405,
    error: () => ({ error: { title: String, detail: String } }),
    size: (limit) => `limit=${limit}`,
    cursor: true,
    sizes: [1, 25, 100],
    next: (body) => {
      const cursor = text(member(body.pagination, 'nextCursor'))
      return cursor && `cursor=${cursor}`
    },
    items: (body) => member(body, 'data') as unknown[],
  },
  conductorone: {
    list: () => '/api/v1/role-mining/runs',
    credentials: ({ sandbox }) => ({
      authorization: `Bearer ${sandbox.credentials.conductorone.admin.bearer}`,
    }),
    forbidden: ['page_size=abc', 400],
    // gin answers a wrong method as an unknown route (fidelity/conductorone.md §4)
    wrongMethod: 404,
    error: () => ({ code: Number, message: String }),
    size: (limit) => `page_size=${limit}`,
    cursor: true,
    sizes: [10, 25, 100],
    next: (body) => text(body.nextPageToken) && `page_token=${encodeURIComponent(text(body.nextPageToken))}`,
    items: (body) => member(body, 'list') as unknown[],
    // The real operation has no parameters, and sends all it has.
    // Beside the API, the host serves the vendor's web application (fidelity/conductorone.md §4).
    live: { forbidden: undefined, sizes: [1000], size: () => '', elsewhere: 200 },
  },
  nx1: {
    list: () => '/api/crew-runs',
    credentials: ({ sandbox }) => ({ 'authorization-psk': sandbox.credentials.nx1.psk.admin }),
    forbidden: ['limit=abc', 422],
    wrongMethod: 405,
    error: (status) => ({
      detail: status === 422 ? [{ type: String, loc: ['query', 'limit'], msg: String }] : String,
    }),
    size: (limit) => `limit=${limit}`,
    cursor: false,
    sizes: [1, 25, 100],
    next: () => undefined,
    items: (body) => body as unknown[],
    live: { fatal: /^limit=(-|9{20}$)/ },
  },
  trigger: {
    list: () => '/api/v1/runs',
    credentials: ({ sandbox }) => ({ authorization: `Bearer ${sandbox.credentials.trigger.prod.secretKey}` }),
    forbidden: ['page[size]=9', 400],
    wrongMethod: 405,
    error: (status) => (status === 405 ? { message: String } : { error: String }),
    size: (limit) => `page[size]=${limit}`,
    cursor: true,
    sizes: [10, 25, 100],
    next: (body) => {
      const after = text(member(body.pagination, 'next'))
      return after && `page[after]=${after}`
    },
    items: (body) => member(body, 'data') as unknown[],
    // An unreadable period is no bound: without one, the service hides what is older than seven days.
    live: {
      forbidden: ['page[size]=0', 400],
      size: (limit) => `page[size]=${limit}&filter[createdAt][period]=all`,
    },
  },
}

const providers = await discoverProviders()
const worlds = {
  spec: { yard: await serve(t), edge: await serve(t, { scenario: 'edge' }) },
  live: {
    yard: await serve(t, { fidelity: 'live', rateLimits: false }),
    edge: await serve(t, { fidelity: 'live', rateLimits: false, scenario: 'edge' }),
  },
}
const { yard } = worlds.spec

t.test('the suite knows every provider that is discovered', async (t) => {
  t.same(Object.keys(manners).sort(), providers.map(({ name }) => name).sort())
})

t.test('every scenario holds its promise', async (t) => {
  t.same(yard.sandbox.counts, { basedash: 187, conductorone: 60, nx1: 150, trigger: 620 })
  const empty = await serve(t, { scenario: 'empty' })
  t.same(empty.sandbox.counts, { basedash: 0, conductorone: 0, nx1: 0, trigger: 0 })
  for (const [name, ask] of Object.entries(manners)) {
    const { status, json } = await empty.get(ask.list(empty), ask.credentials(empty))
    t.equal(status, 200, name)
    t.same(ask.items(json), [], `${name} has no runs`)
  }
})

const suites = (['spec', 'live'] as const).flatMap((fidelity) =>
  Object.entries(manners).map(([name, base]) => ({
    name,
    fidelity,
    ask: fidelity === 'live' ? { ...base, ...base.live } : base,
  })),
)

for (const { name, fidelity, ask } of suites) {
  t.test(`${name}, ${fidelity}`, async (t) => {
    const { yard, edge } = worlds[fidelity]
    const api = await Api.of(effectiveDocuments(FOLDERS.specs, name)[fidelity])
    const vendor = await Api.of(vendorOf(name))
    const path = ask.list(yard)
    const credentials = ask.credentials(yard)
    const jsonError = async (
      got: { status: number; json: unknown; text: string; headers: Headers },
      status: number,
    ) => {
      t.equal(got.status, status)
      t.match(got.headers.get('content-type'), /^application\/(problem\+)?json/)
      t.match(got.json, ask.error(status), `in ${name}'s shape: ${got.text}`)
      t.notMatch(got.text, /statusCode|FST_|\bat \S+ \(/, 'no framework body, no stack')
    }

    t.test('refuses in its own words', async () => {
      await jsonError(await yard.get(path), 401)
      await jsonError(
        await yard.get(path, { authorization: 'Bearer nope', 'authorization-psk': 'nope' }),
        401,
      )
      if (ask.forbidden) {
        const [query, status] = ask.forbidden
        await jsonError(await yard.get(`${path}?${query}`, credentials), status)
      }
      await jsonError(await yard.get(`${path}nope/nope`, credentials), 404)
      await jsonError(await yard.send('POST', path, { headers: credentials, body: '{}' }), ask.wrongMethod)
      await jsonError(await yard.send('DELETE', path, { headers: credentials }), ask.wrongMethod)
    })

    t.test('answers alike at its own path, under its prefix and by its host', async (t) => {
      const own = await yard.get(path, credentials)
      t.equal(own.status, 200)
      t.equal((await yard.get(`/${name}${path}`, credentials)).text, own.text, 'under the prefix')
      const host = providers.find((provider) => provider.name === name)?.hosts[0]?.replace('*', 'acme') ?? ''
      const byHost = await raw(
        yard,
        `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${headerLines(credentials)}connection: close\r\n\r\n`,
      )
      t.ok(byHost.endsWith(own.text), `as ${host}`)
      const lost = await raw(yard, `GET /nope HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
      t.equal(Number(lost.slice(9, 12)), ask.elsewhere ?? 404)
      t.notMatch(lost, 'Nothing is served', `${host} answers every path in ${name}'s words`)
    })

    t.test('a walk meets every run once, and every page keeps to the document', async (t) => {
      const documented = operation(api, path)
      const original = operation(vendor, path)
      for (const [world, where] of [
        [yard, 'default'],
        [edge, 'edge'],
      ] as const) {
        const walks: string[][] = []
        for (const size of ask.sizes) {
          const seen: string[] = []
          let query: string | undefined = ''
          do {
            const asked: string = `${ask.list(world)}?${[ask.size(size), query].filter(Boolean).join('&')}`
            const { status, json } = await world.get<JsonObject>(asked, ask.credentials(world))
            t.equal(status, 200, asked)
            t.same(api.breaches(documented, 200, json), [], 'keeps to the served document')
            if (fidelity === 'spec')
              t.same(vendor.breaches(original, 200, json), [], "keeps to the vendor's own")
            const items = ask.items(json)
            t.ok(items.length <= size && items.length > 0, 'a page holds what was asked, and something')
            seen.push(...items.map((item) => text(member(item, 'id'))))
            query = ask.next(json)
          } while (query)
          t.equal(new Set(seen).size, seen.length, `${where}, ${size} a page: no run twice in ${seen.length}`)
          walks.push(seen)
        }
        // Without a cursor, a larger page begins with the smaller one; with one, every walk is the same walk.
        const longest = walks.at(-1) ?? []
        for (const seen of walks)
          t.same(seen, ask.cursor ? longest : longest.slice(0, seen.length), `${where}: in order`)
        t.ok(longest.length >= (where === 'default' ? 60 : 10), `${where}: a history worth walking`)
      }
    })

    t.test('hostile input gets a refusal or is ignored, never a 5xx', async (t) => {
      const long = 'x'.repeat(64 * 1024)
      const queries = [
        '%',
        '%zz',
        '%00',
        '%E0%A4%A',
        'a=%00',
        '&&&',
        '=',
        '?',
        '[',
        ']',
        '[]=1',
        '[[]]=1',
        'page',
        'page[size',
        'page[]=1',
        'page[size][size]=10',
        'page=10',
        'filter',
        'filter=1',
        'filter[]=1',
        'filter[status]',
        '__proto__=1',
        '__proto__[x]=1',
        'filter[__proto__]=1',
        'filter[__proto__][x]=1',
        'filter[constructor][prototype][x]=1',
        'page[__proto__][size]=10',
        'constructor[prototype][polluted]=1',
        'toString=1',
        'filter[status][toString]=1',
        'filter[status][]=QUEUED',
        'filter[createdAt]=x',
        'filter[createdAt][from][x]=1',
        'filter[createdAt][period]=1e999d',
        'filter[createdAt][from]=8640000000000001',
        'filter[createdAt][to]=-1e400',
        'filter[createdAt][from]=1e308',
        'filter[tag]=%00',
        "filter[tag]=';DROP%20TABLE%20runs;--",
        'filter[version]=%22',
        'filter[tag]=%FF',
        'filter[schedule]=$.x',
        'page[after]=%00',
        "page[after]='",
        'page[before]=run_%F0%9F%92%A3',
        'page[size]=1e400',
        'page[size]=NaN',
        'cursor=%00',
        "cursor='",
        `cursor=${long}`,
        'cursor=%F0%9F%92%A3',
        'page_token=%00',
        'page_token=....',
        `page_token=${long}`,
        'page_token=AAAA',
        'page_size=99999999999999999999',
        'page_size=-1',
        'limit=99999999999999999999',
        'limit=-1',
        `limit=${'9'.repeat(5000)}`,
        'limit[]=5',
        'limit=0x10',
        `${long}=1`,
        `q=${long}`,
        Array(5000).fill('a=1').join('&'),
        Array(900).fill('filter[a]').join(''),
        `filter${'[a]'.repeat(2000)}=1`,
        'limit=%F0%9F%98%80',
      ]
      for (const query of queries) {
        const got = await rawGet(yard, `${path}?${query}`, credentials)
        if (ask.fatal?.test(query)) {
          t.equal(got.status, 500, `?${query.slice(0, 60)}: as the service has it`)
          continue
        }
        t.ok(got.status < 500, `?${query.slice(0, 60)} → ${got.status} ${got.text.slice(0, 80)}`)
        t.match(got.headers['content-type'], /^application\/json/, 'JSON, as ever')
        t.notMatch(got.text, /statusCode|FST_|SQLITE|\bat \S+ \(/, 'nothing of the machinery shows')
      }
      const paths = [
        `${path}%`,
        `${path}/%00`,
        `${path}/..`,
        `${path}//`,
        `${path}/%2e%2e/x`,
        `/${name}`,
        `/${name}/`,
        `/${name}//x`,
      ]
      for (const hostile of paths) {
        const got = await rawGet(yard, hostile, credentials)
        const isRefused = got.status >= 300 && got.status < 500
        t.ok(isRefused || got.status === ask.elsewhere, `${hostile} → ${got.status}`)
        t.notMatch(got.text, /statusCode|FST_/)
      }
      t.equal(member({}, 'polluted'), undefined, 'no prototype is polluted')
    })

    t.test('hostile headers, methods and bodies', async (t) => {
      const lines = headerLines(credentials)
      const refused = (method: string) =>
        `${method} ${path} HTTP/1.1\r\nhost: x\r\n${lines}content-length: 0\r\nconnection: close\r\n\r\n`
      for (const method of [
        'PROPFIND',
        'TRACE',
        'QUERY',
        'M-SEARCH',
        'PURGE',
        'FOO',
        'get',
        'OPTIONS',
        'HEAD',
      ]) {
        const got = await raw(yard, refused(method))
        const status = Number(got.slice(9, 12))
        t.ok(status >= 200 && status < 500, `${method} → ${got.split('\r\n')[0]}`)
        t.notMatch(got, /statusCode|FST_|Nothing is served/, `${method} is refused in ${name}'s words`)
      }
      const exchanges: readonly [what: string, request: string, status: RegExp][] = [
        [
          'broken JSON on a GET',
          `GET ${path} HTTP/1.1\r\nhost: x\r\n${lines}content-type: application/json\r\ncontent-length: 1\r\nconnection: close\r\n\r\n{`,
          /200/,
        ],
        [
          'an empty cookie header',
          `GET ${path} HTTP/1.1\r\nhost: x\r\n${lines}cookie: \r\nconnection: close\r\n\r\n`,
          /200/,
        ],
        [
          'the credential twice',
          `GET ${path} HTTP/1.1\r\nhost: x\r\n${lines}${lines}connection: close\r\n\r\n`,
          /200/,
        ],
        [
          'bytes beyond ASCII in a header',
          `GET ${path} HTTP/1.1\r\nhost: x\r\n${lines}x-a: \xff\xfe\r\nconnection: close\r\n\r\n`,
          /200/,
        ],
        [
          'a body over 1 MiB',
          `POST ${path} HTTP/1.1\r\nhost: x\r\n${lines}content-length: 2000000\r\nconnection: close\r\n\r\n`,
          new RegExp(String(ask.wrongMethod)),
        ],
        [
          'a content type that is none',
          `POST ${path} HTTP/1.1\r\nhost: x\r\n${lines}content-type: ;;;\r\ncontent-length: 1\r\nconnection: close\r\n\r\n{`,
          new RegExp(String(ask.wrongMethod)),
        ],
        [
          'a method that wants a content type, without one',
          `QUERY ${path} HTTP/1.1\r\nhost: x\r\n${lines}content-length: 0\r\nconnection: close\r\n\r\n`,
          new RegExp(String(ask.wrongMethod)),
        ],
        [
          'the whole URL, as behind a proxy',
          `GET http://127.0.0.1${path} HTTP/1.1\r\nhost: y\r\n${lines}connection: close\r\n\r\n`,
          /200/,
        ],
        ['no host', `GET ${path} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`, /200/],
        [
          'an expectation that nobody has',
          `GET ${path} HTTP/1.1\r\nhost: x\r\n${lines}expect: zzz\r\nconnection: close\r\n\r\n`,
          /200/,
        ],
        [
          'a host that is none',
          `GET ${path} HTTP/1.1\r\nhost: ]:[\r\n${lines}connection: close\r\n\r\n`,
          /200|400/,
        ],
      ]
      for (const [what, request, status] of exchanges) {
        const got = await raw(yard, request)
        t.match(got.slice(9, 12), status, `${what}: ${got.split('\r\n')[0]}`)
        t.notMatch(got, /statusCode|FST_/, `${what}: no framework body`)
      }
    })
  })
}

t.test('what belongs to nobody gets a neutral answer', async (t) => {
  const cases: readonly [what: string, request: string, says: RegExp][] = [
    [
      'an unknown path',
      'GET /nope HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      /^HTTP\/1.1 404 [\s\S]*Nothing is served at \/nope/,
    ],
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1.1 400 [\s\S]*not an HTTP request/],
    ['too many headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(300_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1.1 405 [\s\S]*for proxies/],
    [
      'an unknown method behind another request',
      'GET /nope HTTP/1.1\r\nhost: x\r\nx-long: aaaaaaaaaaaaaaaa\r\n\r\nFOO /api/v1/runs HTTP/1.1\r\nhost: x\r\n\r\n',
      /HTTP\/1.1 400 [\s\S]*not an HTTP request/,
    ],
    ['an unknown method', 'FOO /nope HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1.1 404 /],
  ]
  for (const [what, request, says] of cases) t.match(await raw(yard, request), says, what)
})

t.test('same seed, clock and scenario: same bytes; another seed: other runs', async (t) => {
  // The same on every machine and Node version. Who changes seeds or presentation on purpose changes it too.
  const hash = createHash('sha256')
  for (const ask of Object.values(manners)) {
    hash.update((await yard.get(`${ask.list(yard)}?${ask.size(100)}`, ask.credentials(yard))).text)
  }
  t.equal(hash.digest('hex'), '86bf8e0ff158bddff0dfa6aed8655047ab6b03af7decf3d02724f438218a62eb')

  const twin = await serve(t, {})
  const other = await serve(t, { seed: 2 })
  for (const [name, ask] of Object.entries(manners)) {
    const bytes = (world: Yard): Promise<string> =>
      world.get(`${ask.list(world)}?${ask.size(100)}`, ask.credentials(world)).then((got) => got.text)
    t.equal(await bytes(twin), await bytes(yard), `${name}: same`)
    t.not(await bytes(other), await bytes(yard), `${name}: other`)
    t.same(ask.credentials(other), ask.credentials(yard), `${name}: the well-known credentials stay`)
  }
})

function operation(api: Api, path: string): DocumentedOperation {
  const match = api.match('GET', path)
  if (match.found !== 'operation') throw new Error(`${path} is no operation`)
  return match.operation
}

/** The vendor's document with nothing of ours but what routing cannot do without: an operationId. */
function vendorOf(name: string): JsonObject {
  const document = vendorDocument(FOLDERS.specs, name)
  for (const path of Object.values(Object(document.paths))) {
    for (const operation of Object.values(Object(path))) Object(operation).operationId ??= 'unnamed'
  }
  return document
}

function headerLines(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

/** Bytes over a socket, and what comes back until the server closes. */
function raw(world: Yard, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(world.url)
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('utf8')))
    socket.on('close', () => resolve(answer))
    socket.on('error', (error) => (answer ? resolve(answer) : reject(error)))
  })
}

/** A GET whose target leaves exactly as given: fetch would tidy it up. */
function rawGet(world: Yard, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const { port } = new URL(world.url)
      const request = httpRequest({ port, host: '127.0.0.1', path, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
      })
      request.on('error', reject)
      request.end()
    },
  )
}
