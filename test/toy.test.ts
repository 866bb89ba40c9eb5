import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

t.test('a fifth API is one document, one folder and one seed section', async (t) => {
  // The sources, copied whole; three files are added, none is changed, and all of it is built.
  const copy = t.testdir({
    node_modules: t.fixture('symlink', join(process.cwd(), 'node_modules')),
    src: { providers: { toy: {} } },
  })
  for (const part of [
    'src',
    'specs',
    'seeds',
    'tools',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ])
    cpSync(part, join(copy, part), { recursive: true })
  const source = readFileSync('test/toy/provider.ts', 'utf8').replaceAll("'../../src/", "'../../")
  writeFileSync(join(copy, 'src/providers/toy/provider.ts'), source)
  cpSync('test/toy/toy.yaml', join(copy, 'specs/toy.yaml'))
  cpSync('test/toy/toy.json', join(copy, 'seeds/toy.json'))
  // As `npm run build` does, without what the test runner has every Node load.
  const node = ['-u', 'NODE_OPTIONS', process.execPath, '--import', 'tsx']
  const build = spawn('env', [...node, 'tools/build.ts'], { cwd: copy, stdio: 'inherit' })
  t.strictSame(await once(build, 'close'), [0, null], 'it builds')
  t.ok(existsSync(join(copy, 'dist/documents/toy.json')), 'its document is one of those that are ready')

  const args = [
    '--port',
    '0',
    '--scenario',
    'toy',
    '--clock',
    '2026-06-01T12:00:00Z',
    '--check-replies',
    'on',
  ]
  const child = spawn(process.execPath, [join(copy, 'dist/cli.js'), ...args], {
    env: { ...process.env, XDG_CACHE_HOME: '/dev/null' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [banner] = (await once(child.stdout, 'data')) as [Buffer]
  const [, url = ''] = /on (http:\S+)/.exec(banner.toString()) ?? []
  const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; json: unknown }> => {
    const response = await fetch(url + path, { headers: { 'x-toy-key': 'toy-key' }, ...init })
    return { status: response.status, json: await response.json() }
  }

  t.match(await ask('/_runyard/sandboxes/default'), {
    json: { counts: { toy: 23 }, credentials: { toy: { key: 'toy-key' } } },
  })
  const cases: readonly [path: string, init: RequestInit, status: number, body: object][] = [
    ['/toy/v1/jobs', { headers: {} }, 401, { toy: 'who?' }],
    ['/toy/v1/jobs/9', {}, 404, { toy: 'where?' }],
    ['/toy/toy/v1/nope', {}, 404, { toy: 'where?' }],
    ['/toy/v1/jobs', { method: 'POST' }, 405, { toy: 'how?' }],
    ['/toy/v1/jobs?limit=11', {}, 400, { toy: ['limit'] }],
    ['/toy/v1/jobs?limit=x', {}, 400, { toy: ['limit'] }],
    ['/toy/openapi.json', {}, 200, { info: { title: 'Toy' } }],
  ]
  for (const [path, init, status, body] of cases) {
    t.match(await ask(path, init), { status, json: body }, `${init.method ?? 'GET'} ${path}`)
  }
  const seen: string[] = []
  for (let query = ''; ; ) {
    const { json } = (await ask(`/toy/v1/jobs${query}`)) as {
      json: { jobs: { id: string; state: string }[] }
    }
    if (json.jobs.length === 0) break
    seen.push(...json.jobs.map((job) => job.id))
    t.ok(
      json.jobs.every((job) => job.state === 'done'),
      'time has passed over its runs',
    )
    query = `?after=${seen.at(-1)}`
  }
  t.equal(new Set(seen).size, 23, 'the walk meets every job')
  t.equal(seen.length, 23, 'once')
})
