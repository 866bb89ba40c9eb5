import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { get } from 'node:https'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { type SandboxView, serve } from './serve.ts'

const at = (file: string): string => fileURLToPath(new URL(`../examples/${file}`, import.meta.url))
const run = promisify(execFile)

/** Without the files that py_compile would leave beside the program. */
const SYNTAX_CHECK = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])'

/** The server as the containers of docker-compose.yml know it. */
const COMPOSED = 'http://runyard:4010'

t.test('the environment of the example is that of the default sandbox', async (t) => {
  const { sandbox, url } = await serve(t)
  const lines = Object.entries(sandbox.env).map(([name, value]) => `${name}=${value}`)
  const expected = lines
    .join('\n')
    .replaceAll(url, COMPOSED)
    .replaceAll(new URL(url).host, new URL(COMPOSED).host)
  const [comment, ...variables] = readFileSync(at('default.env'), 'utf8').split('\n')
  t.match(comment, /^# /)
  t.equal(variables.join('\n'), `${expected}\n`)
})

t.test("the vendors' clients list runs, over http and https", async (t) => {
  process.env.XDG_CACHE_HOME = t.testdir({})
  const { runyard, sandbox } = await serve(t, { tls: true, tlsPort: 0 })
  const { url = '', caFile = '' } = runyard.tls ?? {}
  const ca = readFileSync(caFile)
  const secure = await new Promise<SandboxView>((resolve, reject) => {
    get(`${url}/_runyard/sandboxes/default`, { ca }, async (response) => {
      resolve(JSON.parse(Buffer.concat(await response.toArray()).toString()))
    }).on('error', reject)
  })
  t.match(secure.env.TRIGGER_API_URL, /^https:/)
  const programs: readonly [file: string, says: RegExp][] = [
    [
      'trigger.ts',
      /^(.*Z (FAILED|CRASHED) run_\w+ [\w-]+\n){10}10 failures on the first page, 420 runs in all$/,
    ],
    ['conductorone.ts', /^(.*Z RUN_STATUS_\w+ \w{27} \d+\n?){25}$/],
    ['first-pages.mjs', /^(\w.* \d+ runs, the newest .*\n?){4}$/],
  ]
  for (const { env } of [sandbox, secure]) {
    for (const [file, says] of programs) {
      const { stdout } = await run(process.execPath, ['--import', 'tsx', at(file)], {
        env: { ...env, NODE_EXTRA_CA_CERTS: caFile },
      })
      t.match(stdout.trimEnd(), says, `${file} with ${env.TRIGGER_API_URL}`)
    }
  }
  await t.rejects(
    run(process.execPath, ['--import', 'tsx', at('first-pages.mjs')], { env: secure.env }),
    { code: 1, stdout: /failed: .*certificate/ },
    'who was not told to trust the authority does not',
  )
})

/** What checks a program in another language without running it, where this machine has it. */
const CHECKERS: readonly [file: string, command: string, args: readonly string[]][] = [
  ['nx1.py', 'python3', ['-c', SYNTAX_CHECK, at('nx1.py')]],
  ['basedash.py', 'python3', ['-c', SYNTAX_CHECK, at('basedash.py')]],
  ['conductorone.go', 'gofmt', ['-l', at('conductorone.go')]],
]
for (const [file, command, args] of CHECKERS) {
  const missing = await run(command, ['-h']).then(
    () => false,
    (error) => error.code === 'ENOENT' && `${command} is not on this machine`,
  )
  t.test(`${file} is what ${command} reads`, { skip: missing }, async (t) => {
    const { stdout } = await run(command, args)
    t.equal(stdout, '')
  })
}

t.test('every program is short, and in the table', async (t) => {
  const readme = readFileSync(at('README.md'), 'utf8')
  const files = ['.', 'tests'].flatMap((folder) =>
    readdirSync(at(folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'README.md')
      .map(({ name }) => posix.join(folder, name)),
  )
  for (const file of files) {
    t.match(readme, `(${file})`, file)
    if (!/^(default|first)/.test(file))
      t.ok(readFileSync(at(file), 'utf8').split('\n').length <= 41, `${file} has at most 40 lines`)
  }
})

t.test('the example lists a page of each API', async (t) => {
  const { sandbox } = await serve(t)
  const { stdout } = await run(process.execPath, [at('first-pages.mjs')], { env: sandbox.env })
  t.match(stdout.trimEnd().split('\n'), [
    /^ConductorOne +25 runs, the newest \w{27} \(\w+\)$/,
    /^Trigger\.dev +25 runs, the newest run_\w+ \(\w+\)$/,
    /^Nx1 +\d+ runs, the newest [\w-]+ \(\w+\)$/,
    /^Basedash +50 runs, the newest c\w{24} \(\w+\)$/,
  ])
})

t.test('the example fails where an API refuses', async (t) => {
  const { sandbox } = await serve(t)
  const env = { ...sandbox.env, BASEDASH_API_KEY: 'bd_key_wrong' }
  await t.rejects(run(process.execPath, [at('first-pages.mjs')], { env }), {
    code: 1,
    stdout: /Basedash +failed: 401 .*Missing or invalid API key/,
  })
})
