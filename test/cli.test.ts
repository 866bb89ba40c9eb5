import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import { readArguments } from '../src/cli/arguments.ts'
import { listening } from './child.ts'
import type { SandboxView } from './serve.ts'

const CLI = join(process.cwd(), 'dist/cli.js')

interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const { PATH = '' } = process.env
  // Nothing is kept for the person who runs the tests.
  const ours = { PATH, XDG_CACHE_HOME: '/dev/null', ...env }
  return spawn(process.execPath, [CLI, ...args], { env: ours, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = start(args, env)
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => (out += String(chunk)))
  child.stderr?.on('data', (chunk) => (err += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** A server in a child process, on a port of its own, stopped when the test ends. */
async function serving(t: Test, args: readonly string[], env: Record<string, string> = {}) {
  const child = start(['--port', '0', ...args], env)
  t.teardown(() => child.kill('SIGKILL'))
  const { url, out, err } = await listening(child)
  const stop = async (): Promise<number | null> => {
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    const [code] = (await closed) as [number | null]
    return code
  }
  return { url, banner: out, err, stop }
}

async function sandbox(url: string): Promise<SandboxView> {
  const response = await fetch(`${url}/_runyard/sandboxes/default`)
  return (await response.json()) as SandboxView
}

t.test('--help lists every option, --version the version', async (t) => {
  const help = await run(['--help'])
  t.equal(help.code, 0)
  for (const flag of [
    '--host',
    '--port',
    '--db',
    '--scenario',
    '--seed',
    '--clock',
    '--rate-limits',
    '--log',
  ]) {
    t.match(help.out, flag)
  }
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.match(await run(['--version']), { code: 0, out: `${version}\n`, err: '' })
})

t.test('a bad option is named, with what would be right', async (t) => {
  const cases: readonly [args: string[], env: Record<string, string>, code: number, says: RegExp][] = [
    [['--prot', '1'], {}, 2, /There is no option --prot/],
    [['--port', 'x'], {}, 2, /--port takes a whole number from 0 to 65535, not 'x'/],
    [['--port=65536'], {}, 2, /--port takes a whole number from 0 to 65535, not '65536'/],
    [['--port'], {}, 2, /--port takes a value/],
    [['--clock', 'noon'], {}, 2, /--clock takes 'live' or an ISO 8601 instant/],
    [['--rate-limits', 'yes'], {}, 2, /--rate-limits takes 'on' or 'off', not 'yes'/],
    [['--tls', 'yes'], {}, 2, /--tls takes 'on' or 'off', not 'yes'/],
    [['--tls='], {}, 2, /--tls takes 'on' or 'off', not ''/],
    [['--tls-port', '-1'], {}, 2, /--tls-port takes a whole number/],
    [['--tls-cert', 'x.pem'], {}, 2, /--tls-cert and --tls-key go together, and there is no --tls-key/],
    [[], { RUNYARD_TLS_CERT: '/no/x.pem', RUNYARD_TLS_KEY: '/no/x.pem' }, 2, /\/no\/x\.pem cannot be read/],
    [['--seed', '-1'], {}, 2, /--seed takes a whole number/],
    [['--log', 'loud'], {}, 2, /--log takes one of debug, info/],
    [[], { RUNYARD_PORT: 'x' }, 2, /RUNYARD_PORT takes a whole number/],
    [[], { RUNYARD_PROT: '1' }, 2, /There is no variable RUNYARD_PROT/],
    [['--scenario', 'nope'], {}, 1, /There is no scenario 'nope'.*There are: .*default/],
    [['--scenario', './nope.json'], {}, 1, /There is no scenario '.\/nope.json'/],
    [['--db', '/no/such/folder/x.db'], {}, 1, /there is no folder \/no\/such\/folder/],
    [['--host', '203.0.113.1', '--port', '0'], {}, 1, /Choose another --host or --port/],
  ]
  const all = await Promise.all(cases.map(([args, env]) => run(args, env)))
  for (const [i, [args, env, code, says]] of cases.entries()) {
    const name = [...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...args].join(' ')
    const finished = all[i] ?? { code: null, out: '', err: '' }
    t.equal(finished.code, code, `${name}: exit code`)
    t.match(finished.err, says, name)
    t.notMatch(finished.err, /\n\s+at /, `${name}: no stack trace`)
  }
})

t.test('a scenario file is used, or refused with what is wrong in it', async (t) => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? []
  const folder = t.testdir({
    'mine.json': example,
    'wrong.json': JSON.stringify({ days: 0, basecamp: {} }),
    'broken.json': '{',
  })
  const server = await serving(t, ['--scenario', join(folder, 'mine.json')])
  t.match(
    (await sandbox(server.url)).counts,
    { conductorone: 0, trigger: 200, nx1: 0, basedash: 12 },
    "the README's",
  )
  await server.stop()
  t.match(
    (await run(['--scenario', join(folder, 'wrong.json')])).err,
    /additional properties: basecamp[\s\S]*\/days must be >= 1/,
  )
  t.match((await run(['--scenario', join(folder, 'broken.json')])).err, /broken.json is not JSON/)
})

t.test('the banner tells where, what and how; SIGTERM ends it with 0', async (t) => {
  const server = await serving(t, [], { RUNYARD_SEED: '7', RUNYARD_CLOCK: '2026-06-01T12:00:00Z' })
  t.match(server.banner(), `${server.url}/docs`)
  t.match(server.banner(), /scenario default, seed 7, clock frozen/)
  const { env, clock } = await sandbox(server.url)
  t.same(clock, { now: '2026-06-01T12:00:00.000Z', frozen: true })
  for (const [name, value] of Object.entries(env)) t.match(server.banner(), `${name}=${value}`)
  t.equal(await server.stop(), 0)
  t.equal(server.err(), '', 'nothing on stderr')
})

t.test('a port in use is said so', async (t) => {
  const server = await serving(t, ['--scenario', 'empty'])
  const { code, err } = await run(['--port', new URL(server.url).port, '--scenario', 'empty'])
  t.equal(code, 1)
  t.match(err, /choose another --port/)
})

t.test('--tls may stand alone', async (t) => {
  const ways: readonly [args: string[], env: Record<string, string>, tls: boolean | undefined][] = [
    [['--tls'], {}, true],
    [['--tls', '--scenario', 'empty'], {}, true],
    [['--scenario', 'empty', '--tls'], {}, true],
    [['--tls=on'], { RUNYARD_TLS: 'off' }, true],
    [['--tls', 'off'], { RUNYARD_TLS: 'on' }, false],
    [[], { RUNYARD_TLS: 'on' }, true],
    [[], {}, undefined],
  ]
  for (const [args, env, tls] of ways) {
    const command = readArguments(args, env)
    t.match(command, { run: 'serve', options: { tls } }, JSON.stringify([args, env]))
  }
})

t.test('with --tls, the banner says where https is and how to trust it', async (t) => {
  const cache = t.testdir({})
  const caFile = join(cache, 'runyard/ca.pem')
  const server = await serving(t, ['--tls', '--tls-port', '0', '--scenario', 'empty'], {
    XDG_CACHE_HOME: cache,
  })
  const [, https = ''] = /\n {2}https +(https:\S+), with/.exec(server.banner()) ?? []
  t.match(await sandbox(server.url), { tls: { url: https, caFile } })
  for (const line of ['NODE_EXTRA_CA_CERTS=', 'SSL_CERT_FILE=', 'REQUESTS_CA_BUNDLE=', 'curl --cacert '])
    t.match(server.banner(), `    ${line}${caFile}`)
  const health = `fetch('${https}/_runyard/health').then((got) => process.exit(got.ok ? 0 : 1))`
  const client = spawn(process.execPath, ['-e', health], { env: { NODE_EXTRA_CA_CERTS: caFile } })
  const [code] = await once(client, 'close')
  t.equal(code, 0, 'a client that does as it says trusts it')
  const second = ['--port', '0', '--tls', '--tls-port', new URL(https).port, '--scenario', 'empty']
  t.match(await run(second, { XDG_CACHE_HOME: cache }), { code: 1, err: /choose another --tls-port/ })
  t.equal(await server.stop(), 0)
})

t.test('--db keeps the data: a restart loses nothing and seeds nothing', async (t) => {
  const db = join(t.testdir({}), 'yard.db')
  const pages = async (url: string): Promise<string[]> => {
    const { credentials } = await sandbox(url)
    const { apiKey } = credentials.basedash.admin
    const path = `/api/public/organizations/${credentials.basedash.organizationId}/automations`
    return Promise.all([
      fetch(`${url}${path}/${credentials.basedash.automations[0]?.id}/runs`, {
        headers: { authorization: `Bearer ${apiKey}` },
      }).then((response) => response.text()),
      fetch(`${url}/api/v1/runs`, {
        headers: { authorization: `Bearer ${credentials.trigger.prod.secretKey}` },
      }).then((response) => response.text()),
      fetch(`${url}/api/crew-runs`, { headers: { 'authorization-psk': credentials.nx1.psk.admin } }).then(
        (response) => response.text(),
      ),
    ])
  }
  const clock = ['--clock', '2026-06-01T12:00:00Z']
  const first = await serving(t, ['--db', db, '--seed', '3', ...clock])
  const counts = (await sandbox(first.url)).counts
  const before = await pages(first.url)
  t.equal(await first.stop(), 0)
  t.notOk(existsSync(`${db}-wal`), 'the write-ahead log is folded in on a clean stop')

  const second = await serving(t, ['--db', db, ...clock])
  t.same((await sandbox(second.url)).counts, counts, 'seeded once')
  t.same(await pages(second.url), before, 'the same bytes')
  await second.stop()

  t.match(await run(['--db', db, '--seed', '4']), { code: 1, err: /was filled with seed 3, not 4/ })
  t.match(await run(['--db', db, '--scenario', 'edge']), {
    code: 1,
    err: /was filled with scenario default, not edge/,
  })
  t.match(await run(['--db', db, '--fidelity', 'live']), {
    code: 1,
    err: /was filled with fidelity spec, not live/,
  })
})

t.test('a file that another process serves from is refused', async (t) => {
  const db = join(t.testdir(), 'runyard.db')
  const first = await serving(t, ['--db', db, '--scenario', 'empty'])
  const second = await run(['--db', db])
  t.equal(second.code, 1)
  t.match(second.err, /runyard.db is in use by another process. Stop that one, or name another file./)
  t.equal(await first.stop(), 0)
  t.equal(await (await serving(t, ['--db', db])).stop(), 0, 'and taken once that one has ended')
})

t.test('a file that is not ours is refused and left untouched', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'not a database at all', 'short.db': 'SQLite format 3' })
  const sqlite = (name: string, sql: string): string => {
    const path = join(folder, name)
    const database = new Sqlite(path)
    database.exec(sql)
    database.close()
    return path
  }
  const foreign = sqlite('foreign.db', 'CREATE TABLE mine (x); INSERT INTO mine VALUES (1)')
  const ofVersion = (version: number): string =>
    sqlite(
      `version-${version}.db`,
      `PRAGMA application_id = ${0x52797264}; PRAGMA user_version = ${version}; CREATE TABLE t (x)`,
    )
  const cases: readonly [path: string, says: RegExp][] = [
    [join(folder, 'notes.txt'), /is no Runyard file and was left as it is/],
    [join(folder, 'short.db'), /is no Runyard file and was left as it is/],
    [foreign, /is no Runyard file and was left as it is/],
    [ofVersion(99), /is from a newer Runyard \(schema 99, this one knows 2\) and was left as it is/],
    [ofVersion(1), /is from an older Runyard \(schema 1, this one knows 2\) and was left as it is/],
    [folder, /is not a file/],
  ]
  for (const [path, says] of cases) {
    const bytes = path === folder ? undefined : readFileSync(path)
    const { code, err } = await run(['--db', path])
    t.equal(code, 1)
    t.match(err, says)
    if (bytes) t.ok(bytes.equals(readFileSync(path)), `${path} has the bytes it had`)
    t.notOk(existsSync(`${path}-wal`) || existsSync(`${path}-journal`), 'nothing was put beside it')
  }
  const empty = join(folder, 'empty.db')
  writeFileSync(empty, '')
  const server = await serving(t, ['--db', empty, '--scenario', 'empty'])
  t.equal(await server.stop(), 0, 'an empty file is as good as none')
})

t.test('requests are logged at info, without credentials', async (t) => {
  const server = await serving(t, ['--log', 'info'])
  const { credentials } = await sandbox(server.url)
  const key = credentials.trigger.prod.secretKey
  await fetch(`${server.url}/api/v1/runs`, { headers: { authorization: `Bearer ${key}` } })
  await server.stop()
  t.match(
    server.banner(),
    /"provider":"trigger".*"step":"present".*"sandbox":"default".*"path":"\/api\/v1\/runs","status":200/,
  )
  const [, log = ''] = server.banner().split(`TRIGGER_API_URL=${server.url}`)
  t.notMatch(log.slice(log.indexOf('{')), key, 'the key is not in the log')
})
