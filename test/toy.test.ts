import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'

t.test('a fifth API is one document, one folder and one seed section', async (t) => {
  // The built product, copied whole; three files are added and none is changed.
  const copy = t.testdir({})
  for (const part of ['dist', 'specs', 'seeds', 'package.json'])
    cpSync(part, join(copy, part), { recursive: true })
  mkdirSync(join(copy, 'dist/providers/toy'))
  const source = readFileSync('test/toy/provider.ts', 'utf8').replaceAll(
    /'\.\.\/\.\.\/src\/(.*)\.ts'/g,
    "'../../$1.js'",
  )
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  writeFileSync(join(copy, 'dist/providers/toy/provider.js'), outputText)
  cpSync('test/toy/toy.yaml', join(copy, 'specs/toy.yaml'))
  cpSync('test/toy/toy.json', join(copy, 'seeds/toy.json'))

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
