import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { serve } from './serve.ts'

const at = (file: string): string => fileURLToPath(new URL(`../examples/${file}`, import.meta.url))
const run = promisify(execFile)

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
