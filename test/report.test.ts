import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ContractReport } from '../src/index.ts'
import { serve, type Yard } from './serve.ts'

const CLI = join(process.cwd(), 'dist/cli.js')

interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** `runyard report` in a process of its own. */
function report(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const { PATH = '' } = process.env
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, 'report', ...args],
      { env: { PATH, ...env } },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

const ATTACK = `"><script>alert(1)</script><img src=x onerror='alert(2)'>]]>\u001b[2J`

/** A server whose default sandbox has seen a client that breaks things, and an attack by a parameter's name. */
async function misused(t: Test): Promise<Yard> {
  const yard = await serve(t)
  const { trigger, nx1, basedash } = yard.sandbox.credentials
  const automation = `/api/public/organizations/${basedash.organizationId}/automations/${basedash.automations[0]?.id}/runs`
  const asked: readonly [path: string, headers: Record<string, string>][] = [
    [`/api/v1/runs?${encodeURIComponent(ATTACK)}=1`, { authorization: `Bearer ${trigger.prod?.secretKey}` }],
    [`/api/v1/runs?page[size]=5`, { authorization: `Bearer ${trigger.prod?.secretKey}` }],
    [
      `/api/v1/runs?page[after]=run_1`,
      { authorization: `Bearer ${trigger.prod?.secretKey}`, prefer: 'code=503' },
    ],
    [`${automation}?limit=5.0`, { authorization: `Bearer ${basedash.admin.apiKey}` }],
    [`/api/crew-runs`, { 'authorization-psk': nx1.psk.admin ?? '' }],
    ['/api/crew-runs/1', { 'authorization-psk': nx1.psk.admin ?? '' }],
  ]
  for (const [path, headers] of asked) await yard.get(path, headers)
  return yard
}

t.test('each format says what was broken, and escapes what came from a client', async (t) => {
  const { url } = await misused(t)
  const all = 'undeclared-parameter,invalid-request, malformed-value'
  const text = await report(['--url', url])
  t.match(text, { code: 1, err: '' })
  t.match(text.out, /^Sandbox default: 6 exchanges, 2026-06-01T12:00:00\.000Z to /)
  t.match(text.out, /\nCoverage \d+ % \(\d+ of \d+\), 5 breaches\n/)
  t.match(
    text.out,
    /\n +\d+ % {2}list_runs_v1 \(GET \/api\/v1\/runs\)\n {9}3 calls\n {9}never sent: page\[before\], /,
  )
  t.match(text.out, /never asked for: filter\[status\]=PENDING_VERSION\|QUEUED\|/)
  t.match(text.out, /\n {9}never met: 401, /)
  t.match(
    text.out,
    /\n {2}malformed-value: basedash listAutomationRuns limit\n {9}'5\.0' is no .*\n {9}1 time, exchange 4\n/,
  )
  t.match(text.out, /\n {2}undocumented-operation: nx1 GET \/api\/crew-runs\/1\n/)
  t.ok(
    text.out.includes(`list_runs_v1 ${ATTACK.replace('\u001b', '\ufffd')}`),
    'no control character is printed',
  )
  t.notMatch(text.out, '\u001b')

  const json = await report(['--url', url, '--format', 'json', '--allow', all])
  t.equal(json.code, 1)
  const parsed = JSON.parse(json.out) as ContractReport
  const served = await (await fetch(`${url}/_runyard/sandboxes/default/report`)).json()
  t.same(parsed, served, 'as the control plane gives it')

  const junit = await report(['--url', url, '--format', 'junit', '--allow', 'undeclared-parameter'])
  t.equal(junit.code, 1)
  const suites = parsedJunit(t, junit.out)
  t.same(
    suites.map(({ name }) => name),
    ['basedash', 'nx1', 'trigger'],
  )
  const cases = suites.flatMap((suite) =>
    suite.cases.map(({ name, state }) => `${suite.name} ${name}: ${state}`),
  )
  for (const one of [
    'basedash listAutomationRuns: no malformed-value: failed',
    'basedash listAutomationRuns: no early-retry: passed',
    'nx1 list_runs_api_crew_runs_get is called: passed',
    'nx1 no undocumented-operation: failed',
    'trigger list_runs_v1: no invalid-request: failed',
    'trigger list_runs_v1: no undeclared-parameter: skipped',
    'trigger no undocumented-operation: passed',
  ]) {
    t.ok(cases.includes(one), one)
  }
  t.equal(cases.filter((one) => one.endsWith('failed')).length, 4)
})

t.test('the page asks for nothing, runs nothing, and shows everything', async (t) => {
  const { url } = await misused(t)
  const file = join(t.testdir(), 'report.html')
  const { code, out } = await report(['--url', url, '--format', 'html', '--output', file])
  t.equal(code, 1)
  t.match(out, /^Sandbox default: 6 exchanges.*\nCoverage .*\nWritten to .*report\.html\.\n$/)
  const page = readFileSync(file, 'utf8')
  const tags = [...page.matchAll(/<([a-z]\w*)([^>]*)>/g)].map(([, name = '', attributes = '']) => ({
    name,
    attributes,
  }))
  const names = new Set(tags.map(({ name }) => name))
  for (const name of ['script', 'img', 'iframe', 'object', 'embed', 'form', 'base', 'a'])
    t.notOk(names.has(name), `no <${name}>`)
  const addresses = tags.flatMap(
    ({ attributes }) => attributes.match(/\b(href|src|srcset|action|style|on\w+)=\S*/g) ?? [],
  )
  t.same(addresses, ['href="data:,"'])
  t.notMatch(page, /url\(|@import|https?:\/\//, 'its style has no addresses either')
  t.match(page, "default-src 'none'")
  t.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'), 'the attack is shown as text')
  t.same(tagsLeftOpen(page.replace(/<!doctype html>|<meta[^>]*>|<link[^>]*>|<br>/g, '')), [])
  const sections = page.split('<section')
  for (const title of [
    'Coverage by operation',
    'Replies of operations by status',
    'Breaches by kind',
    'Page positions',
  ])
    t.ok(sections.find((section) => section.includes(`<h2>${title}</h2>`))?.includes('<svg'), title)
  for (const wanted of ['filter[status]=QUEUED', 'page[before]', 'prefers-color-scheme: dark', '>never<'])
    t.ok(page.includes(wanted), wanted)
  t.equal((await report(['--url', url, '--format', 'html'])).out, page, 'the same without a file')
})

t.test('the exit code is for CI', async (t) => {
  const yard = await misused(t)
  const { url } = yard
  const kinds = [
    'undeclared-parameter',
    'invalid-request',
    'malformed-value',
    'undocumented-operation',
    'ignored-pagination',
  ]
  const clean = await yard.runyard.sandbox({})
  await yard.get('/api/crew-runs', { 'authorization-psk': clean.credentials.nx1.psk.alice })
  const silent = await yard.runyard.sandbox({})
  const stranger = createServer((_request, response) => response.end('{"hello":"world"}'))
  await once(stranger.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => stranger.close())
  const { port } = stranger.address() as AddressInfo
  const locked = await serve(t, { adminToken: 'a-token-of-some-length' })
  const rows: readonly [args: readonly string[], code: number, says: RegExp, env?: Record<string, string>][] =
    [
      [['--url', url, '--sandbox', clean.id], 0, /^Sandbox .*: 1 exchange,.*\nCoverage .* 0 breaches\n/],
      [
        ['--url', url, '--sandbox', silent.id],
        1,
        /^Sandbox .*: 0 exchanges\nCoverage 0 % \(0 of 0\), 0 breaches\n/,
      ],
      [['--url', url], 1, /malformed-value: /],
      [
        ['--url', url, '--allow', kinds.join(',')],
        0,
        /\d breaches, \d of them allowed\n[\s\S]*malformed-value \(allowed\): /,
      ],
      [['--url', url, ...kinds.flatMap((kind) => ['--allow', kind])], 0, /of them allowed/],
      [['--url', url, '--allow', kinds.slice(1).join(',')], 1, /of them allowed/],
      [[], 1, /malformed-value: /, { RUNYARD_URL: `${url}/` }],
      [['--help'], 0, /^runyard report: [\s\S]*--allow <kinds>[\s\S]*unused-retry-hint/],
      [
        ['--url', url, '--sandbox', 'nobody'],
        2,
        /^runyard: .* has no report of sandbox 'nobody'\..*--sandbox/,
      ],
      [
        ['--url', 'http://127.0.0.1:9'],
        2,
        /^runyard: http:\/\/127\.0\.0\.1:9 does not answer \(.*\)\. Start a Runyard/,
      ],
      [
        ['--url', `http://127.0.0.1:${port}`],
        2,
        /has no report of sandbox 'default'\. It answered 200, and no report\./,
      ],
      [['--url', 'ftp://x'], 2, /^runyard: --url takes the base URL of a Runyard.*not 'ftp:\/\/x'/],
      [[], 2, /^runyard: RUNYARD_URL takes the base URL/, { RUNYARD_URL: 'nowhere' }],
      [['--format', 'pdf'], 2, /^runyard: --format takes text, json, junit, html, not 'pdf'/],
      [['--allow', 'all'], 2, /^runyard: --allow takes undeclared-parameter, .*not 'all'/],
      [['--sandbox', ''], 2, /^runyard: --sandbox takes/],
      [['--nope'], 2, /^runyard: Unknown option '--nope'.* See runyard report --help/],
      [
        ['--url', url, '--output', '/no/such/folder/report'],
        2,
        /^runyard: --output takes a file that can be written: ENOENT/,
      ],
      [
        ['--url', locked.url],
        2,
        /has no report of sandbox 'default'\..*--admin-token or RUNYARD_ADMIN_TOKEN/,
      ],
      [['--url', locked.url, '--admin-token', 'wrong'], 2, /--admin-token/],
      [['--url', locked.url, '--admin-token', 'two words'], 2, /^runyard: --admin-token takes a token/],
      [['--url', locked.url, '--admin-token', 'a-token-of-some-length'], 1, /0 breaches/],
      [['--url', locked.url], 1, /0 breaches/, { RUNYARD_ADMIN_TOKEN: 'a-token-of-some-length' }],
    ]
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const [args, code, says, env] of rows.filter((_, i) => i % 2 === half)) {
        const finished = await report(args, env)
        t.equal(finished.code, code, `${args.join(' ')} ${JSON.stringify(env ?? {})}`)
        t.match(code === 2 ? finished.err : finished.out, says, args.join(' '))
        if (code === 2) t.equal(finished.out, '')
      }
    }),
  )
  t.notOk(existsSync('/no/such'))
})

interface Suite {
  readonly name: string
  readonly cases: readonly { readonly name: string; readonly state: string }[]
}

/** What a CI server reads of it; asserts that it is well-formed and that its sums are right. */
function parsedJunit(t: Test, xml: string): Suite[] {
  t.match(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites [^>]*>\n/)
  t.same(tagsLeftOpen(xml.replace(/<\?.*?\?>/, '')), [])
  t.notMatch(xml.replaceAll(/<[^>]*>/g, ''), /[<>]|&(?!amp;|lt;|gt;|quot;|#10;)/)
  return [
    ...xml.matchAll(/<testsuite name="([^"]*)" tests="(\d+)" failures="(\d+)"[^>]*>([\s\S]*?)<\/testsuite>/g),
  ].map(([, name = '', tests, failures, body = '']) => {
    const cases = [
      ...body.matchAll(
        /<testcase classname="[^"]*" name="([^"]*)" time="[^"]*"(?:\/>|>([\s\S]*?)<\/testcase>)/g,
      ),
    ].map(([, name = '', inside = '']) => ({
      name,
      state: inside.includes('<failure') ? 'failed' : inside.includes('<skipped') ? 'skipped' : 'passed',
    }))
    t.equal(Number(tests), cases.length, `${name} has as many cases as it says`)
    t.equal(Number(failures), cases.filter(({ state }) => state === 'failed').length, 'and failures')
    return { name, cases }
  })
}

/** The tags that are closed by another, or by none. */
function tagsLeftOpen(markup: string): string[] {
  const open: string[] = []
  for (const [tag, closing, name = '', , alone] of markup.matchAll(
    /<(\/?)(\w+)((?:[^>"]|"[^"]*")*?)(\/?)>/g,
  )) {
    if (alone === '/') continue
    if (closing !== '/') open.push(name)
    else if (open.pop() !== name) return [tag]
  }
  return open
}
