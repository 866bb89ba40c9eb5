import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import t, { type Test } from 'tap'
import type { components } from '../src/providers/trigger/wire.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { vendorDocument } from '../src/spec/document.ts'
import { NOW, serve, type Yard } from './serve.ts'

type Run = components['schemas']['ListRunItem']
type List = Required<components['schemas']['ListRunsResult']>
type Refusal = components['schemas']['ErrorWithDetailsResponse']

/** The credentials view, with what this provider adds to it: ids that no item shows. */
type Credentials = Yard['sandbox']['credentials']['trigger'] & {
  prod: { schedules: { id: string; task: string }[]; bulkActions: string[] }
}

const PATH = '/api/v1/runs'
const V2 = { 'x-trigger-api-version': '2025-07-16' }
const DAY = 86_400_000

/** A reader of one environment's runs. */
type Reader = (query?: string, headers?: Record<string, string>) => ReturnType<typeof readOnce>

async function readOnce(yard: Yard, authorization: Record<string, string>, query: string, headers = {}) {
  return yard.get<List & Refusal>(`${PATH}${query && `?${query}`}`, { ...authorization, ...headers })
}

/** The environments of a yard, each with its headers. */
function environments(yard: Yard): Record<string, Record<string, string>> {
  const { dev, staging, prod, preview } = yard.sandbox.credentials.trigger
  return {
    dev: { authorization: `Bearer ${dev.secretKey}` },
    staging: { authorization: `Bearer ${staging.secretKey}` },
    prod: { authorization: `Bearer ${prod.secretKey}` },
    preview: { authorization: `Bearer ${preview.secretKey}`, 'x-trigger-branch': preview.branch },
    'the other branch': {
      authorization: `Bearer ${preview.secretKey}`,
      'x-trigger-branch': 'fix/webhook-retries',
    },
  }
}

function reader(yard: Yard, environment = 'prod'): Reader {
  const own = environments(yard)[environment] ?? {}
  return (query = '', headers = {}) => readOnce(yard, own, query, headers)
}

/** Every run that a query finds, by following `next` from the newest. */
async function walk(read: Reader, query = '', size = 100, headers = {}): Promise<Run[]> {
  const runs: Run[] = []
  let after = ''
  do {
    const { json } = await read(`${query}&page[size]=${size}&page[after]=${after}`, headers)
    runs.push(...json.data)
    if (runs.length > 10_000) throw new Error('the walk does not end')
    after = json.pagination.next ?? ''
  } while (after)
  return runs
}

const ids = (runs: readonly Run[]): string[] => runs.map(({ id }) => id)

const yard = await serve(t)
const edge = await serve(t, { scenario: 'edge' })
const view = yard.sandbox.credentials.trigger as Credentials

t.test('who may ask', async (t) => {
  const { dev, staging, prod, preview } = view
  const key = (name: string) => ({ authorization: `Bearer ${name}` })
  const branch = (name: string) => ({ ...key(preview.secretKey), 'x-trigger-branch': name })
  const environment = (await reader(yard)()).json.data[0]?.env
  const OK = 200
  const BAD_KEY = 'Invalid API key'
  const NO_BRANCH = 'x-trigger-branch header required for preview env'
  const cases: [name: string, headers: Record<string, string>, answer: number | string][] = [
    ['the dev key', key(dev.secretKey), OK],
    ['the staging key', key(staging.secretKey), OK],
    ['the prod key', key(prod.secretKey), OK],
    ['a key without a scheme', { authorization: prod.secretKey }, OK],
    ['no header', {}, 'No authorization header provided'],
    ['an empty header', { authorization: '' }, 'No authorization header provided'],
    ['a scheme without a key', { authorization: 'Bearer' }, BAD_KEY],
    ['the scheme in lower case', { authorization: `bearer ${prod.secretKey}` }, BAD_KEY],
    ['another scheme', { authorization: 'Basic abc' }, BAD_KEY],
    ['an unknown key', key('tr_prod_nope'), BAD_KEY],
    ['a key with more behind it', key(`${prod.secretKey}x`), BAD_KEY],
    ['a legacy public key', key('pk_prod_12345678901234567890'), BAD_KEY],
    ['a personal access token', key('tr_pat_znprzgxrurt3p22qxkada'), BAD_KEY],
    ["an environment's id", key(environment?.id ?? ''), BAD_KEY],
    ['a name that objects have', key('__proto__'), BAD_KEY],
    ['the preview key without a branch', key(preview.secretKey), NO_BRANCH],
    ['the preview key with an empty branch', branch(''), NO_BRANCH],
    ['the preview key with an unknown kind of ref', branch('refs/notes/x'), NO_BRANCH],
    ['the preview key with its branch', branch(preview.branch), OK],
    ['the preview key with a ref', branch(`refs/heads/${preview.branch}`), OK],
    ['the preview key with a remote ref', branch(`refs/remotes/${preview.branch}`), OK],
    ['the preview key with another branch', branch('nope'), 'No matching branch env'],
    ['the dev key with the default branch', { ...key(dev.secretKey), 'x-trigger-branch': 'default' }, OK],
    [
      'the dev key with another branch',
      { ...key(dev.secretKey), 'x-trigger-branch': 'nope' },
      'No matching branch env',
    ],
    [
      'the dev key with a branch of preview',
      { ...key(dev.secretKey), 'x-trigger-branch': preview.branch },
      'No matching branch env',
    ],
    ['the prod key with any branch', { ...key(prod.secretKey), 'x-trigger-branch': 'nope' }, OK],
  ]
  for (const [name, headers, answer] of cases) {
    const got = await yard.get(PATH, headers)
    t.equal(got.status, answer === OK ? 200 : 401, name)
    t.equal(got.headers.get('content-type'), 'application/json; charset=utf-8', name)
    if (answer !== OK) t.equal(got.text, `{"error":${JSON.stringify(answer)}}`, name)
  }
})

t.test('keys have the form of their environment', async (t) => {
  t.match(view.dev.secretKey, /^tr_dev_[0-9a-zA-Z]{24}$/)
  t.match(view.staging.secretKey, /^tr_stg_[0-9a-zA-Z]{24}$/)
  t.match(view.prod.secretKey, /^tr_prod_[0-9a-zA-Z]{24}$/)
  t.match(view.preview.secretKey, /^tr_preview_[0-9a-zA-Z]{24}$/)
  t.equal(yard.sandbox.env.TRIGGER_SECRET_KEY, view.prod.secretKey)
  t.equal(yard.sandbox.env.TRIGGER_API_URL, yard.url)
})

t.test('each environment sees its own runs only', async (t) => {
  const expected = { dev: 50, staging: 80, prod: 420, preview: 40, 'the other branch': 30 }
  const names = new Set<string>()
  const seen = new Set<string>()
  for (const [environment, runs] of Object.entries(expected)) {
    const all = await walk(reader(yard, environment))
    t.equal(all.length, runs, environment)
    for (const run of all) {
      seen.add(run.id)
      names.add(`${environment}: ${run.env.name} ${typeof run.env.user}`)
    }
  }
  t.equal(seen.size, 620)
  t.same(
    [...names],
    [
      'dev: dev string',
      'staging: stg undefined',
      'prod: prod undefined',
      'preview: preview-feat-usage-billing undefined',
      'the other branch: preview-fix-webhook-retries undefined',
    ],
  )
})

/** Mints a public token as the vendor's client does. */
async function publicToken(claims: JWTPayload, key: string, alg = 'HS256'): Promise<string> {
  const standard = { pub: true, iss: 'https://id.trigger.dev', aud: 'https://api.trigger.dev' }
  const secret = new TextEncoder().encode(key)
  return new SignJWT({ ...standard, ...claims }).setProtectedHeader({ alg }).sign(secret)
}

/** The id of an environment, which is no secret. */
async function environmentId(environment: string): Promise<string> {
  return (await reader(yard, environment)()).json.data[0]?.env.id ?? ''
}

t.test('who may ask with a public token', async (t) => {
  const sub = await environmentId('prod')
  const branch = await environmentId('preview')
  const { prod, staging, preview } = view
  const scopes = ['read:runs']
  const now = Math.floor(Date.now() / 1000)
  const INVALID = 'Public Access Token is invalid'
  const UNKNOWN = 'Invalid Public Access Token'
  const BAD_KEY = 'Invalid API key'
  const cases: [name: string, token: string, answer: number | string][] = [
    ['a token', await publicToken({ sub, scopes }, prod.secretKey), 200],
    ['a token that runs out', await publicToken({ sub, scopes, exp: now + 60 }, prod.secretKey), 200],
    ['a token of a branch', await publicToken({ sub: branch, scopes }, preview.secretKey), 200],
    ['an expired token', await publicToken({ sub, scopes, exp: now - 60 }, prod.secretKey), INVALID],
    ['a token not yet valid', await publicToken({ sub, scopes, nbf: now + 600 }, prod.secretKey), INVALID],
    ["another environment's signature", await publicToken({ sub, scopes }, staging.secretKey), INVALID],
    ['another algorithm', await publicToken({ sub, scopes }, prod.secretKey, 'HS512'), INVALID],
    [
      'no signature',
      new UnsecuredJWT({ pub: true, sub, scopes })
        .setIssuer('https://id.trigger.dev')
        .setAudience('https://api.trigger.dev')
        .encode(),
      INVALID,
    ],
    [
      'another issuer',
      await publicToken({ sub, scopes, iss: 'https://example.com' }, prod.secretKey),
      INVALID,
    ],
    [
      'another audience',
      await publicToken({ sub, scopes, aud: 'https://example.com' }, prod.secretKey),
      INVALID,
    ],
    ['no subject', await publicToken({ scopes }, prod.secretKey), UNKNOWN],
    ['an unknown subject', await publicToken({ sub: 'cmnope', scopes }, prod.secretKey), UNKNOWN],
    ['a key as the subject', await publicToken({ sub: prod.secretKey, scopes }, prod.secretKey), UNKNOWN],
    ['not a public token', await publicToken({ sub, scopes, pub: false }, prod.secretKey), BAD_KEY],
    ['three parts of nothing', 'a.b.c', BAD_KEY],
  ]
  for (const [name, token, answer] of cases) {
    const got = await yard.get<List>(PATH, { authorization: `Bearer ${token}` })
    t.equal(got.status, answer === 200 ? 200 : 401, name)
    if (answer !== 200) t.same(got.json, { error: answer }, name)
    else t.match(got.json.data[0]?.env.id, /^cm/, name)
  }
  const foreign = await publicToken({ sub: branch, scopes }, preview.secretKey)
  const seen = await yard.get<List>(PATH, { authorization: `Bearer ${foreign}`, 'x-trigger-branch': 'nope' })
  t.equal(seen.json.data[0]?.env.id, branch, 'the token decides the branch, not the header')
})

t.test('what the scopes of a public token reach', async (t) => {
  const sub = await environmentId('prod')
  const [A, B] = ['charge-invoice', 'deliver-webhook']
  const one = `filter[taskIdentifier]=${A}`
  const other = `filter[taskIdentifier]=${B}`
  const both = `filter[taskIdentifier]=${A},${B}`
  // scopes | no filter | one task | another task | both
  const cases: [scopes: unknown, ...statuses: [number, number, number, number]][] = [
    [['read:runs'], 200, 200, 200, 200],
    [['read:tasks'], 200, 200, 200, 200],
    [['read:all'], 200, 200, 200, 200],
    [['admin'], 200, 200, 200, 200],
    [['*:runs'], 200, 200, 200, 200],
    [[`read:tasks:${A}`], 403, 200, 403, 403],
    [[`read:tasks:${A}`, `read:tasks:${B}`], 403, 200, 200, 200],
    [['read:runs:run_x'], 403, 403, 403, 403],
    [['write:runs'], 403, 403, 403, 403],
    [['read:batch'], 403, 403, 403, 403],
    [['admin:x'], 403, 403, 403, 403],
    [[], 403, 403, 403, 403],
    [undefined, 403, 403, 403, 403],
    ['read:runs', 403, 403, 403, 403],
  ]
  for (const [scopes, ...statuses] of cases) {
    const authorization = `Bearer ${await publicToken({ sub, scopes }, view.prod.secretKey)}`
    for (const [i, query] of ['', one, other, both].entries()) {
      const got = await yard.get(`${PATH}?${query}`, { authorization })
      t.equal(got.status, statuses[i], `${JSON.stringify(scopes)} with ${query || 'no filter'}`)
      if (got.status === 403) {
        t.equal(
          got.text,
          '{"error":"Unauthorized","code":"unauthorized","param":"access_token","type":"authorization"}',
        )
      }
    }
  }
})

t.test('what is looked at first', async (t) => {
  const powerless = await publicToken({ sub: await environmentId('prod'), scopes: [] }, view.prod.secretKey)
  const cases: [name: string, method: string, query: string, authorization: string, status: number][] = [
    ['the key before the query', 'GET', 'page[size]=0', 'Bearer tr_prod_nope', 401],
    ['the query before the scopes', 'GET', 'page[size]=0', `Bearer ${powerless}`, 400],
    ['the scopes before the cursor', 'GET', 'page[after]=run_nope', `Bearer ${powerless}`, 403],
    ['a header before the method', 'POST', '', '', 401],
    ['the method before the key', 'POST', '', 'Bearer tr_prod_nope', 405],
  ]
  for (const [name, method, query, authorization, status] of cases) {
    const got = await yard.send(method, `${PATH}?${query}`, { headers: { authorization } })
    t.equal(got.status, status, name)
  }
})

const tooSmall =
  '{"code":"too_small","minimum":10,"type":"number","inclusive":true,"exact":false,"message":"Number must be greater than or equal to 10","path":["page[size]"]}'
const tooBig =
  '{"code":"too_big","maximum":100,"type":"number","inclusive":true,"exact":false,"message":"Number must be less than or equal to 100","path":["page[size]"]}'
const float =
  '{"code":"invalid_type","expected":"integer","received":"float","message":"Expected integer, received float","path":["page[size]"]}'
const nan =
  '{"code":"invalid_type","expected":"number","received":"nan","path":["page[size]"],"message":"Expected number, received nan"}'
const custom = (name: string, message: string): string =>
  JSON.stringify({ code: 'custom', message, path: [name] })
const status = (words: string): string => custom('filter[status]', `Invalid status values: ${words}`)
const isTest = (value: string): string => custom('filter[isTest]', `Invalid value for isTest: ${value}`)
const date = (name: string): string =>
  JSON.stringify({ code: 'invalid_date', path: [`filter[createdAt][${name}]`], message: 'Invalid date' })
const noRun = (name: string, id: string): string => custom(name, `Invalid run ID: ${id}`)

t.test('what is refused, in whose words', async (t) => {
  const read = reader(yard)
  const [foreign] = (await reader(yard, 'dev')()).json.data
  const cases: [query: string, ...details: string[]][] = [
    ['page[size]=9', tooSmall],
    ['page[size]=0', tooSmall],
    ['page[size]=-1', tooSmall],
    ['page[size]=', tooSmall],
    ['page[size]=%20', tooSmall],
    ['page[size]=101', tooBig],
    ['page[size]=1e9', tooBig],
    ['page[size]=abc', nan],
    ['page[size]=10,20', nan],
    ['page[size]=10.5', float],
    ['page[size]=0.5', float, tooSmall],
    ['page[size]=100.5', float, tooBig],
    ['page[size]=Infinity', float, tooBig],
    ['page[size]=-Infinity', float, tooSmall],
    ['page%5Bsize%5D=9', tooSmall],
    ['page[size]=20&page[size]=0', tooSmall],
    ['filter[status]=FOOBAR', status('FOOBAR')],
    ['filter[status]=FOOBAR,COMPLETED,BAZ', status('FOOBAR, BAZ')],
    ['filter[status]=completed', status('completed')],
    ['filter[status]=COMPLETED, QUEUED', status(' QUEUED')],
    ['filter[status]=COMPLETED,', status('')],
    ['filter[status]=__proto__', status('__proto__')],
    // the words of the newer version are the newer version's
    ['filter[status]=DEQUEUED', status('DEQUEUED')],
    ['filter[status]=WAITING,DELAYED,EXPIRED,TIMED_OUT', status('WAITING, DELAYED, EXPIRED, TIMED_OUT')],
    ['filter[isTest]=maybe', isTest('maybe')],
    ['filter[isTest]=TRUE', isTest('TRUE')],
    ['filter[isTest]=1', isTest('1')],
    ['filter[createdAt][from]=notadate', date('from')],
    ['filter[createdAt][to]=2024-13-45', date('to')],
    ['filter[createdAt][to]=1h', date('to')],
    ['filter[createdAt][from]=99999999999999999999', date('from')],
    ['filter[createdAt][from]=2016-12-31T23:59:60Z', date('from')],
    ['filter[createdAt][from]=x&filter[createdAt][period]=1d', date('from')],
    ['page[after]=run_1234', noRun('page[after]', 'run_1234')],
    ['page[before]=run_1234', noRun('page[before]', 'run_1234')],
    ['page[after]=%00', noRun('page[after]', '\0')],
    [`page[after]=${foreign?.id}`, noRun('page[after]', foreign?.id ?? '')],
    [
      'filter[createdAt][to]=y&filter[createdAt][from]=x&filter[isTest]=maybe&filter[status]=A,B&page[size]=1000',
      tooBig,
      status('A, B'),
      isTest('maybe'),
      date('from'),
      date('to'),
    ],
  ]
  for (const [query, ...details] of cases) {
    const got = await read(query)
    t.equal(got.status, 400, query)
    t.equal(got.text, `{"error":"Query Error","details":[${details.join(',')}]}`, query)
  }
})

t.test('what is taken, though it looks odd', async (t) => {
  const read = reader(yard)
  const everything = ids((await read()).json.data)
  const same = everything.length
  const cases: [query: string, runs: number][] = [
    ['page[size]=1e1', 10],
    ['page[size]=0x10', 16],
    ['page[size]=%2010', 10],
    ['page[size]=+10', 10],
    ['page[size]=10.0', 10],
    ['page[size]=0&page[size]=12', 12],
    ['page[size]=100', 100],
    ['page%5Bsize%5D=11', 11],
    // empty is absent
    ['filter[status]=&filter[tag]=&filter[version]=&filter[isTest]=&filter[taskIdentifier]=', same],
    ['filter[createdAt][from]=&filter[createdAt][to]=&filter[createdAt][period]=', same],
    ['page[after]=&page[before]=&filter[schedule]=&filter[bulkAction]=', same],
    // anything else is ignored
    ['filter[status][]=QUEUED&filter[foo]=1&bar=2&Filter[Status]=QUEUED&filter[env]=dev', same],
    ['filter[isTest][x]=true&filter=1&page=2&filter[__proto__][x]=1&__proto__=2', same],
    ['filter[createdAt]=2020-01-01&filter[CREATEDAT][from]=x&page[Size]=10', same],
    ['%&%zz=1&=&&filter%5Bfoo=%', same],
    // the last of duplicates counts
    ['filter[isTest]=maybe&filter[isTest]=', same],
    ['filter[status]=FOOBAR&filter[status]=', same],
  ]
  for (const [query, runs] of cases) {
    const got = await read(query)
    t.equal(got.status, 200, query)
    t.same(ids(got.json.data).slice(0, same), everything.slice(0, Math.min(runs, same)), query)
    t.equal(got.json.data.length, runs, query)
  }
})

t.test('pages follow each other in both directions', async (t) => {
  const cases: [scenario: string, yard: Yard, environment: string, size: number][] = [
    ['default', yard, 'dev', 10],
    ['default', yard, 'staging', 25],
    ['default', yard, 'prod', 10],
    ['default', yard, 'prod', 99],
    ['default', yard, 'preview', 13],
    ['default', yard, 'the other branch', 10],
    ['edge', edge, 'dev', 10],
    ['edge', edge, 'staging', 25],
    ['edge', edge, 'prod', 10],
    ['edge', edge, 'prod', 100],
    ['edge', edge, 'preview', 10],
  ]
  for (const [scenario, yard, environment, size] of cases) {
    const read = reader(yard, environment)
    const about = `${scenario} ${environment} by ${size}`
    const pages: List[] = []
    for (let after = ''; ; after = pages.at(-1)?.pagination.next ?? '') {
      pages.push((await read(`page[size]=${size}&page[after]=${after}`)).json)
      if (pages.at(-1)?.pagination.next === undefined) break
    }
    const runs = pages.flatMap(({ data }) => data)
    t.equal(new Set(ids(runs)).size, runs.length, `${about}: every run once`)
    t.equal(pages.length, Math.ceil(runs.length / size), `${about}: no page more than it takes`)
    const order = runs.map(({ createdAt, id }) => `${createdAt} ${id}`)
    t.same(order, [...order].sort().reverse(), `${about}: newest first, by id in one millisecond`)
    for (const [i, page] of pages.entries()) {
      const pagination = {
        ...(i < pages.length - 1 && { next: page.data.at(-1)?.id }),
        ...(i > 0 && { previous: page.data[0]?.id }),
      }
      t.same(page.pagination, pagination, `${about}: pagination of page ${i}`)
    }

    let back = pages.at(-1)
    for (let i = pages.length - 2; i >= 0; i--) {
      const { json } = await read(`page[size]=${size}&page[before]=${back?.pagination.previous}`)
      t.same(json.data, pages[i]?.data, `${about}: page ${i}, coming back`)
      t.same(json.pagination.next, json.data.at(-1)?.id, `${about}: the way on from page ${i}`)
      t.equal(
        json.pagination.previous,
        i > 0 ? json.data[0]?.id : undefined,
        `${about}: the way back from ${i}`,
      )
      back = json
    }
  }
})

t.test('cursors at the ends', async (t) => {
  const read = reader(yard)
  const runs = await walk(read)
  const [newest, oldest] = [runs[0]?.id, runs.at(-1)?.id]
  const [tenth, eleventh, thirtieth] = [runs[9]?.id, runs[10]?.id, runs[29]?.id]
  const cases: [name: string, query: string, runs: readonly Run[], pagination: object][] = [
    ['past the end', `page[after]=${oldest}`, [], {}],
    ['before the newest', `page[before]=${newest}`, [], {}],
    ['fewer than a page before', `page[before]=${eleventh}`, runs.slice(0, 10), { next: tenth }],
    ['exactly a page before', `page[size]=10&page[before]=${eleventh}`, runs.slice(0, 10), { next: tenth }],
    [
      'both: before wins',
      `page[size]=10&page[after]=${newest}&page[before]=${thirtieth}`,
      runs.slice(19, 29),
      { next: runs[28]?.id, previous: runs[19]?.id },
    ],
    [
      'both, and after names no run: before wins',
      `page[size]=10&page[after]=run_nope&page[before]=${eleventh}`,
      runs.slice(0, 10),
      { next: tenth },
    ],
  ]
  for (const [name, query, expected, pagination] of cases) {
    const { json } = await read(query)
    t.same(ids(json.data), ids(expected), name)
    t.same(json.pagination, pagination, name)
  }
  t.equal((await reader(edge, 'staging')()).text.slice(-16), '"pagination":{}}', 'exactly one page: no next')
  t.equal((await reader(edge, 'staging')()).json.data.length, 25)
  const empty = await serve(t, { scenario: 'empty' })
  t.equal((await reader(empty)()).text, '{"data":[],"pagination":{}}', 'no runs at all')
})

t.test('filters find what they name, and combine with paging', async (t) => {
  const read = reader(yard)
  const runs = await walk(read)
  const [tag = ''] = runs.find((run) => run.tags?.[0]?.startsWith('org_'))?.tags ?? []
  const [otherTag = ''] =
    runs.find((run) => run.tags?.[0]?.startsWith('org_') && run.tags[0] !== tag)?.tags ?? []
  const versions = [...new Set(runs.flatMap(({ version }) => version ?? []))].slice(0, 2)
  const task =
    (...names: string[]) =>
    (run: Run) =>
      names.includes(run.taskIdentifier)
  const word =
    (...words: string[]) =>
    (run: Run) =>
      words.includes(run.status)
  const cases: [query: string, keeps: (run: Run) => boolean, least: number][] = [
    ['filter[status]=COMPLETED', word('COMPLETED'), 100],
    ['filter[status]=FAILED,CRASHED', word('FAILED', 'CRASHED'), 20],
    ['filter[status]=EXECUTING', word('EXECUTING'), 3],
    ['filter[taskIdentifier]=deliver-webhook', task('deliver-webhook'), 30],
    ['filter[taskIdentifier]=charge-invoice,support-agent', task('charge-invoice', 'support-agent'), 30],
    ['filter[taskIdentifier]=deliver-webhoo', () => false, 0],
    ['filter[taskIdentifier]=DELIVER-WEBHOOK', () => false, 0],
    ['filter[taskIdentifier]=charge-invoice, deliver-webhook', task('charge-invoice'), 10],
    [`filter[version]=${versions[0]}`, (run) => run.version === versions[0], 3],
    [`filter[version]=${versions.join()}`, (run) => versions.includes(run.version ?? ''), 6],
    [`filter[tag]=${tag}`, (run) => run.tags?.includes(tag) === true, 10],
    [
      `filter[tag]=${tag},${otherTag}`,
      (run) => run.tags?.some((own) => own === tag || own === otherTag) === true,
      20,
    ],
    ['filter[tag]=no-such-tag', () => false, 0],
    ['filter[isTest]=true', (run) => run.isTest, 1],
    ['filter[isTest]=false', (run) => !run.isTest, 300],
    [
      `filter[taskIdentifier]=deliver-webhook&filter[status]=COMPLETED&filter[tag]=${tag}&filter[isTest]=false`,
      (run) =>
        run.taskIdentifier === 'deliver-webhook' &&
        run.status === 'COMPLETED' &&
        run.tags?.includes(tag) === true &&
        !run.isTest,
      2,
    ],
    ['filter[schedule]=sched_nope', () => false, 0],
    ['filter[bulkAction]=bulk_nope', () => false, 0],
    ['filter[bulkAction]=bulk_a_b', () => false, 0],
    ...view.prod.schedules.map(({ id, task }): [string, (run: Run) => boolean, number] => [
      `filter[schedule]=${id}`,
      (run) => run.taskIdentifier === task,
      5,
    ]),
  ]
  for (const [query, keeps, least] of cases) {
    const expected = ids(runs.filter(keeps))
    t.ok(expected.length >= least, `${query}: there is something to find`)
    t.same(ids(await walk(read, query, 10)), expected, query)
    t.same(ids(await walk(read, query.replaceAll('[', '%5B').replaceAll(']', '%5D'), 100)), expected, query)
    const middle = expected[15]
    if (middle === undefined) continue
    const { json } = await read(`${query}&page[size]=10&page[before]=${middle}`)
    t.same(ids(json.data), expected.slice(5, 15), `${query}: the page before`)
  }
  // What lists do not show, and the control plane does.
  const outcomes = [word('COMPLETED', 'FAILED', 'REATTEMPTING'), word('CANCELED')]
  for (const [i, bulkAction] of view.prod.bulkActions.entries()) {
    const found = await walk(read, `filter[bulkAction]=${bulkAction}`, 10)
    t.equal(found.length, 8, 'a bulk action touched eight runs')
    t.ok(found.every(outcomes[i % 2] ?? word()), 'replays and cancellations by turns')
    t.equal(new Set(found.map(({ taskIdentifier }) => taskIdentifier)).size, 1)
  }
})

t.test('when runs were created', async (t) => {
  const read = reader(yard)
  const runs = await walk(read)
  const at = (run: Run) => Date.parse(run.createdAt)
  const some = runs[60] ?? runs[0]
  const [instant, text] = some ? [at(some), some.createdAt] : [0, '']
  const since = (ms: number) => (run: Run) => at(run) >= ms
  const ago = (ms: number) => since(NOW - ms)
  const all = () => true
  const none = () => false
  const from = (value: string | number) => `filter[createdAt][from]=${encodeURIComponent(value)}`
  const to = (value: string | number) => `filter[createdAt][to]=${encodeURIComponent(value)}`
  const period = (value: string) => `filter[createdAt][period]=${encodeURIComponent(value)}`
  const cases: [query: string, keeps: (run: Run) => boolean][] = [
    ['', all],
    [from(instant), since(instant)],
    [from(instant + 1), since(instant + 1)],
    [from(text), since(instant)],
    [to(instant), (run) => at(run) <= instant],
    [to(instant - 1), (run) => at(run) < instant],
    [to(text), (run) => at(run) <= instant],
    [`${from(instant)}&${to(instant)}`, (run) => at(run) === instant],
    [`${from(instant)}&${to(instant - 1)}`, none],
    [from('2026-05-20'), since(Date.parse('2026-05-20T00:00:00Z'))],
    [from('2026-05-20T10:00:00'), since(Date.parse('2026-05-20T10:00:00Z'))],
    [from('2026-05-20T10:00:00+02:00'), since(Date.parse('2026-05-20T08:00:00Z'))],
    [from('2026-05-20T10:00Z'), since(Date.parse('2026-05-20T10:00:00Z'))],
    // numbers are milliseconds, whatever they look like
    [from('2024'), all],
    [from('1e12'), all],
    [from(-1), all],
    [from('-1e15'), all],
    [to('1e15'), all],
    [to(2024), none],
    // 0 counts as nothing
    [from(0), all],
    [to(0), all],
    [to('2030-01-01'), all],
    [period('30m'), ago(1_800_000)],
    [period('1h'), ago(3_600_000)],
    [period('1d'), ago(DAY)],
    [period('1w'), ago(7 * DAY)],
    [period('1mo'), all],
    [period('1M'), ago(60_000)],
    [period('1h30m'), ago(5_400_000)],
    [period('1d 2h'), ago(93_600_000)],
    [period('1.5d'), ago(129_600_000)],
    [period('P1D'), ago(DAY)],
    [period('PT1H'), ago(3_600_000)],
    [period('86400000'), ago(DAY)],
    [period('5'), ago(5)],
    [period('-1d'), none],
    [period('1e400y'), all],
    [period('-1e400y'), none],
    // a period that says nothing is no bound
    ...['banana', '1dx', '1 fortnight', '0', '0d'].map((word): [string, () => boolean] => [
      period(word),
      all,
    ]),
    // with a period, the dates count for nothing
    [`${period('1d')}&${from('2020-01-01')}&${to('2020-01-02')}`, ago(DAY)],
    [`${period('banana')}&${from('2030-01-01')}`, all],
  ]
  for (const [query, keeps] of cases) {
    t.same(ids(await walk(read, query)), ids(runs.filter(keeps)), query || 'no bound: there is no hidden one')
  }
})

const ELEVEN = [
  'CANCELED',
  'COMPLETED',
  'CRASHED',
  'EXECUTING',
  'FAILED',
  'FROZEN',
  'INTERRUPTED',
  'PENDING_VERSION',
  'QUEUED',
  'REATTEMPTING',
  'SYSTEM_FAILURE',
]

const ENDS = ['CANCELED', 'COMPLETED', 'CRASHED', 'FAILED', 'INTERRUPTED', 'SYSTEM_FAILURE']

t.test('the words for statuses', async (t) => {
  const read = reader(yard)
  const older = await walk(read)
  const newer = await walk(read, '', 100, V2)
  t.same(ids(newer), ids(older), 'the same runs')
  t.same([...new Set(older.map(({ status }) => status))].sort(), ELEVEN, 'all eleven of the document')
  for (const version of ['', '2025-07-15', '2025-07-17', 'v2']) {
    const { json } = await read('', { 'x-trigger-api-version': version })
    t.same(json.data, older.slice(0, 25), `version '${version}' is none`)
  }

  const pairs = new Map(older.map((run, i) => [`${run.status} ${newer[i]?.status}`, newer[i]]))
  t.same(
    [...pairs.keys()].sort(),
    [
      'CANCELED CANCELED',
      'COMPLETED COMPLETED',
      'CRASHED CRASHED',
      'EXECUTING DEQUEUED',
      'EXECUTING EXECUTING',
      'FAILED FAILED',
      'FROZEN WAITING',
      'INTERRUPTED FAILED',
      'PENDING_VERSION PENDING_VERSION',
      'QUEUED QUEUED',
      'REATTEMPTING EXECUTING',
      'SYSTEM_FAILURE SYSTEM_FAILURE',
    ],
    'each word and its successor',
  )

  // Members that are true, by word.
  const flags: Record<string, string> = {
    PENDING_VERSION: 'isQueued',
    QUEUED: 'isQueued',
    DEQUEUED: 'isExecuting',
    EXECUTING: 'isExecuting',
    REATTEMPTING: 'isExecuting',
    FROZEN: 'isExecuting',
    WAITING: 'isWaiting',
    COMPLETED: 'isCompleted isSuccess',
    CANCELED: 'isCompleted isFailed isCancelled',
    FAILED: 'isCompleted isFailed',
    CRASHED: 'isCompleted isFailed',
    INTERRUPTED: 'isCompleted isFailed',
    SYSTEM_FAILURE: 'isCompleted isFailed',
  }
  for (const run of [...older, ...newer]) {
    const truths = Object.entries(run).flatMap(([name, value]) =>
      name.startsWith('is') && value === true ? name : [],
    )
    const expected = `${run.isTest ? 'isTest ' : ''}${flags[run.status]}`
    if (truths.join(' ') !== expected) t.equal(truths.join(' '), expected, `${run.id} ${run.status}`)
  }

  for (const word of ELEVEN) {
    const found = await walk(read, `filter[status]=${word}`)
    t.same(ids(found), ids(older.filter(({ status }) => status === word)), `${word} without a version`)
  }
  // With the version, a word means what it reads as; one that it has given up means what it meant.
  for (const word of [...ELEVEN, 'DEQUEUED', 'WAITING', 'DELAYED', 'EXPIRED', 'TIMED_OUT']) {
    const found = await walk(read, `filter[status]=${word}`, 100, V2)
    const reads = newer.filter(({ status }) => status === word)
    const meant = older.filter(({ status }) => status === word)
    t.same(ids(found), ids(reads.length > 0 ? reads : meant), `${word} with the version`)
  }
  const refused = await read('filter[status]=FOO,WAITING', V2)
  t.same(refused.json.details?.[0]?.message, 'Invalid status values: FOO')
})

t.test('what a run looks like', async (t) => {
  const ORDER =
    'id,status,taskIdentifier,idempotencyKey?,version?,createdAt,updatedAt,startedAt?,finishedAt?,delayedUntil?,isTest,ttl?,expiredAt?,env,tags,costInCents,baseCostInCents,durationMs,depth,metadata?,taskKind,region?,isQueued,isExecuting,isCompleted,isFailed,isSuccess,isCancelled,isWaiting'
  const order = new RegExp(
    `^${ORDER.split(',')
      .map((name) => (name.endsWith('?') ? `(${name.slice(0, -1)},)?` : `${name},`))
      .join('')}$`,
  )
  const optional = [
    'idempotencyKey',
    'version',
    'startedAt',
    'finishedAt',
    'delayedUntil',
    'ttl',
    'metadata',
    'region',
  ]
  const rest = new Set(ENDS)
  const seen = new Set<string>()
  const collator = new Intl.Collator('en')
  for (const [scenario, source] of [
    ['default', yard],
    ['edge', edge],
  ] as const) {
    for (const environment of ['dev', 'staging', 'prod', 'preview']) {
      for (const run of await walk(reader(source, environment))) {
        const wrong = [
          [order.test(`${Object.keys(run)},`), 'members in order'],
          [!Object.values(run).includes(null as never), 'no nulls'],
          [/^run_c[0-9a-z]{24}$/.test(run.id), 'a cuid'],
          [Number.parseInt(run.id.slice(5, 13), 36) === Date.parse(run.createdAt), 'its id tells its time'],
          [run.createdAt <= run.updatedAt && Date.parse(run.updatedAt) <= NOW, 'updated later'],
          [run.startedAt === undefined || run.startedAt >= run.createdAt, 'started later'],
          [(run.finishedAt !== undefined) === rest.has(run.status), 'finished when at rest'],
          [run.finishedAt === undefined || run.finishedAt === run.updatedAt, 'finishing is the last change'],
          [
            run.finishedAt === undefined || run.finishedAt >= (run.startedAt ?? ''),
            'finished after it started',
          ],
          [(run.version === undefined) === (run.startedAt === undefined), 'a version once it is taken'],
          [run.version === undefined || /^20\d{6}\.[1-9]\d*$/.test(run.version), 'a version'],
          [run.ttl === undefined || typeof run.ttl === 'string', 'ttl as text'],
          [run.tags?.join() === [...(run.tags ?? [])].sort(collator.compare).join(), 'tags sorted'],
          [(run.tags?.length ?? 0) <= 10, 'at most ten tags'],
          [run.delayedUntil === undefined || run.delayedUntil <= (run.startedAt ?? run.updatedAt), 'delayed'],
          [
            (run.costInCents ?? 0) > 0 === ((run.durationMs ?? 0) > 0 && environment !== 'dev'),
            'computing costs',
          ],
          [run.baseCostInCents === (run.version && environment !== 'dev' ? 0.0025 : 0), 'starting costs'],
          [(run.region === undefined) === (environment === 'dev'), 'a region, but not in dev'],
          [(run.env.user !== undefined) === (environment === 'dev'), 'a user in dev'],
          [
            run.startedAt === undefined ||
              run.finishedAt === undefined ||
              (run.durationMs ?? 0) <= Date.parse(run.finishedAt) - Date.parse(run.startedAt),
            'no longer than it took',
          ],
        ].flatMap(([holds, what]) => (holds ? [] : what))
        if (wrong.length > 0) t.fail(`${scenario} ${environment}: ${wrong.join(', ')}`, { run })
        for (const name of optional) {
          if (scenario === 'default') seen.add(`${name} ${name in run ? 'present' : 'absent'}`)
        }
      }
    }
  }
  t.equal(seen.size, 2 * optional.length, 'every optional member is there, and missing')
  const kinds = new Set((await walk(reader(yard))).map(({ taskKind, depth }) => `${taskKind} ${depth}`))
  t.same([...kinds].sort(), ['AGENT 0', 'SCHEDULED 0', 'STANDARD 0', 'STANDARD 1'])
})

t.test('the longest and strangest values', async (t) => {
  const runs = await walk(reader(edge))
  t.ok(
    runs.some(({ durationMs }) => durationMs === 2_147_483_647),
    'the longest duration',
  )
  t.ok(
    runs.some(({ idempotencyKey }) => idempotencyKey?.length === 2_048),
    'the longest key',
  )
  t.ok(
    runs.some(({ tags }) => tags?.length === 10 && tags.every(({ length }) => length === 128)),
    'the longest tags',
  )
  for (const tag of ['日本語', '👩‍👩‍👧‍👦', '__proto__', 'null', '0', ' padded ', '100% & "quoted"']) {
    const found = await walk(reader(edge), `filter[tag]=${encodeURIComponent(tag)}`)
    t.ok(found.length > 0 && found.every(({ tags }) => tags?.includes(tag)), tag)
  }
})

t.test("without a version, every page keeps to the vendor's own document", async (t) => {
  const api = await Api.of(vendorDocument(FOLDERS.specs, 'trigger'))
  const match = api.match('GET', PATH)
  if (match.found !== 'operation') throw new Error('the operation is gone')
  for (const source of [yard, edge]) {
    for (const environment of ['dev', 'staging', 'prod', 'preview']) {
      const read = reader(source, environment)
      let after = ''
      do {
        const { json } = await read(`page[size]=100&page[after]=${after}`)
        t.same(api.breaches(match.operation, 200, json), [], environment)
        after = json.pagination.next ?? ''
      } while (after)
    }
  }
  const { json } = await reader(yard)(
    'page[size]=9&filter[status]=X&filter[createdAt][to]=x&filter[isTest]=x',
  )
  t.same(api.breaches(match.operation, 400, json), [], 'a refusal')
})

t.test('headers, methods and paths around the one operation', async (t) => {
  const authorization = `Bearer ${view.prod.secretKey}`
  const origin = 'http://app.test'
  const EXPOSE = 'x-trigger-jwt,x-trigger-jwt-claims'
  const JSON_UTF8 = 'application/json; charset=utf-8'
  type Headers = Record<string, string | null>
  const cases: [
    name: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    status: number,
    body: string | RegExp,
    replied: Headers,
  ][] = [
    [
      'a page',
      'GET',
      PATH,
      { authorization },
      200,
      /^\{"data":\[/,
      {
        'content-type': JSON_UTF8,
        'access-control-expose-headers': EXPOSE,
        'access-control-allow-origin': null,
        'x-robots-tag': 'noindex, nofollow',
        vary: 'Accept-Encoding',
      },
    ],
    [
      'a page for a browser',
      'GET',
      PATH,
      { authorization, origin },
      200,
      /^\{"data":\[/,
      {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSE,
        'access-control-allow-credentials': null,
        vary: 'Origin, Accept-Encoding',
      },
    ],
    [
      'a refusal for a browser',
      'GET',
      `${PATH}?page[size]=0`,
      { authorization, origin },
      400,
      /Query Error/,
      { 'access-control-allow-origin': origin, 'content-type': JSON_UTF8 },
    ],
    [
      'a bad key for a browser',
      'GET',
      PATH,
      { authorization: 'nope', origin },
      401,
      /Invalid API key/,
      { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSE },
    ],
    [
      'no key for a browser',
      'GET',
      PATH,
      { origin },
      401,
      '{"error":"No authorization header provided"}',
      {
        'access-control-allow-origin': null,
        'access-control-expose-headers': null,
        'content-type': JSON_UTF8,
      },
    ],
    ['HEAD', 'HEAD', PATH, { authorization }, 200, '', { 'content-type': JSON_UTF8 }],
    [
      'a wrong method',
      'POST',
      PATH,
      { authorization, origin },
      405,
      '{"message":"Unexpected Server Error"}',
      { 'x-remix-error': 'yes', 'access-control-allow-origin': null, 'content-type': JSON_UTF8, allow: null },
    ],
    [
      'a wrong method without a key',
      'DELETE',
      PATH,
      {},
      401,
      '{"error":"No authorization header provided"}',
      {},
    ],
    [
      'a preflight',
      'OPTIONS',
      PATH,
      {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,x-foo',
      },
      200,
      '{}',
      {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
        'access-control-allow-headers': 'authorization,x-foo',
        'access-control-max-age': '300',
        'access-control-expose-headers': null,
        'content-type': JSON_UTF8,
        vary: 'Origin, Access-Control-Request-Headers, Accept-Encoding',
      },
    ],
    [
      'OPTIONS from no browser',
      'OPTIONS',
      PATH,
      {},
      200,
      '{}',
      { 'access-control-allow-origin': null, 'access-control-allow-headers': null },
    ],
    [
      'a slash too many',
      'GET',
      `${PATH}/?page[size]=10`,
      { authorization },
      301,
      'Moved Permanently. Redirecting to /api/v1/runs?page[size]=10',
      { location: '/api/v1/runs?page[size]=10', 'content-type': 'text/plain; charset=utf-8' },
    ],
    [
      'a slash too many, under the prefix',
      'GET',
      `/trigger${PATH}/`,
      { authorization },
      301,
      'Moved Permanently. Redirecting to /trigger/api/v1/runs',
      { location: '/trigger/api/v1/runs' },
    ],
    [
      'a run, which the document does not have',
      'GET',
      `${PATH}/run_1234`,
      { authorization },
      404,
      '{"error":"Not Found"}',
      { 'content-type': JSON_UTF8, 'access-control-expose-headers': null },
    ],
  ]
  for (const [name, method, path, headers, status, body, replied] of cases) {
    const got = await yard.send(method, path, { headers })
    t.equal(got.status, status, name)
    if (typeof body === 'string') t.equal(got.text, body, name)
    else t.match(got.text, body, name)
    for (const [header, value] of Object.entries(replied))
      t.equal(got.headers.get(header), value, `${name}: ${header}`)
  }
})

t.test('under the prefix it is the same', async (t) => {
  const headers = { authorization: view.prod.secretKey }
  const [plain, prefixed] = [await yard.get(PATH, headers), await yard.get(`/trigger${PATH}`, headers)]
  t.equal(prefixed.text, plain.text)
})

t.test('time passes over the runs', async (t) => {
  const db = `${t.testdir()}/runyard.db`
  const at = (t: Test, later: number) => serve(t, { db, clock: NOW + later })
  let before: Run[] = []
  await t.test('at the start', async (t) => {
    before = await walk(reader(await at(t, 0)))
    t.equal(before.length, 420)
    t.equal(before.filter(({ isCompleted }) => !isCompleted).length, 12, 'in flight')
  })
  await t.test('a day later', async (t) => {
    const after = await walk(reader(await at(t, DAY)))
    t.equal(after.length, 434, 'new ones have come')
    const later = new Map(after.map((run) => [run.id, run]))
    const past = before.filter(({ isCompleted }) => isCompleted)
    t.same(
      past.map(({ id }) => later.get(id)),
      past,
      'the past stays',
    )
    const moved = before.filter(({ isCompleted }) => !isCompleted).map(({ id }) => later.get(id))
    t.ok(moved.filter((run) => run?.isSuccess).length >= 10, 'what was in flight has landed')
    t.ok(
      after.slice(0, 14).every(({ createdAt }) => Date.parse(createdAt) > NOW),
      'the newest are the new ones',
    )
  })
  await t.test('ten days later', async (t) => {
    const after = await walk(reader(await at(t, 10 * DAY)))
    t.equal(after.length, 434)
    t.ok(
      after.every(({ isCompleted }) => isCompleted),
      'every run has come to rest',
    )
  })
})

t.test('the seed decides the data, not the credentials', async (t) => {
  const other = await serve(t, { seed: 2 })
  t.same(other.sandbox.credentials.trigger, view)
  const again = await serve(t, { seed: 1 })
  const [one, two, three] = await Promise.all([yard, again, other].map(async (each) => walk(reader(each))))
  t.same(two, one)
  t.notSame(three?.[0]?.id, one?.[0]?.id)
  t.same([...new Set(three?.map(({ status }) => status))].sort(), ELEVEN, 'all eleven statuses with any seed')
  const few = new Set((await walk(reader(edge, 'dev'))).map(({ status }) => status))
  t.same([...few].sort(), ENDS, 'every ending, though the runs are twenty')
})

t.test('whatever the document can answer with can be asked for', async (t) => {
  const live = await serve(t, { fidelity: 'live' })
  for (const [fidelity, own] of Object.entries({ spec: yard, live })) {
    const cases: [status: number, body: RegExp][] = [
      [400, /^{"error":"Query Error","details":\[{"code":/],
      [401, /^{"error":"Invalid API key"}$/],
      [403, /^{"error":"Unauthorized","code":"unauthorized"/],
      [429, /"detail": "Rate limit exceeded 0\/750 requests remaining. Retry in [\d.]+ seconds."/],
      [500, /^{"error":"Internal Server Error"}$/],
      [503, /^{"error":"Service Unavailable"}$/],
    ]
    for (const [status, body] of cases) {
      const got = await reader(own)('', { prefer: `code=${status}` })
      t.equal(got.status, status, `${fidelity} ${status}`)
      t.match(got.text, body, `${fidelity} ${status}`)
      if (status === 429) t.equal(got.headers.get('x-ratelimit-remaining'), '0', fidelity)
    }
  }
})

t.test(
  'the journal calls credentials by their environments, and tells which way pages were read',
  async (t) => {
    const own = await serve(t)
    for (const name of Object.keys(environments(own))) {
      const { json } = await reader(own, name)()
      const key = (environments(own)[name]?.authorization ?? '').replace('Bearer ', '')
      const sub = json.data[0]?.env.id ?? ''
      const token = await publicToken(
        { sub, scopes: ['admin'], exp: Math.floor(Date.now() / 1000) + 60 },
        key,
      )
      await own.get(PATH, { authorization: `Bearer ${token}` })
    }
    const { next = '' } = (await reader(own)()).json.pagination
    const { previous = '' } = (await reader(own)(`page[after]=${next}`)).json.pagination
    await reader(own)(`page[before]=${previous}`)
    const { exchanges } = (
      await own.control<{ exchanges: { credential: string; page: { position: string } }[] }>(
        'GET',
        '/sandboxes/default/journal?limit=1000',
      )
    ).json
    t.same(
      exchanges.map(({ credential }) => credential),
      [
        ...['dev', 'staging', 'prod', 'preview', 'preview'].flatMap((label) => [label, label]),
        'prod',
        'prod',
        'prod',
      ],
    )
    t.same(
      exchanges.slice(-3).map(({ page }) => page.position),
      ['first', 'older', 'newer'],
    )
  },
)
