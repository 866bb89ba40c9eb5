// npm run bench -- [--only throughput,start] [--quick] and what settings.mjs reads; `--render` writes the pages anew.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { moveToLoadCore } from './cores.mjs'
import { settingsOf } from './settings.mjs'

const argv = process.argv.slice(2)
const here = fileURLToPath(new URL('.', import.meta.url))
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    'load-seconds': { type: 'string' },
    sizes: { type: 'string' },
    peers: { type: 'string', default: 'on' },
    product: { type: 'string', default: resolve(here, '../dist/cli.js') },
    out: { type: 'string' },
    render: { type: 'boolean', default: false },
  },
})

if (!existsSync(join(here, 'node_modules'))) {
  // Without their scripts: none of them is needed.
  execFileSync('npm', ['ci', '--ignore-scripts', '--prefix', here], { stdio: 'inherit' })
}
const { PARTS } = await import('./parts.mjs')
const { Results } = await import('./results.mjs')
const { endLoad } = await import('./rounds.mjs')
const { stopAll } = await import('./server.mjs')

const names = values.only?.split(',') ?? Object.keys(PARTS)
const unknown = names.find((name) => !(name in PARTS))
if (unknown !== undefined) {
  process.stderr.write(`There is no part '${unknown}'. There are ${Object.keys(PARTS).join(', ')}.\n`)
  process.exit(2)
}
// A quick look is no result.
const out = values.out ?? (values.quick ? mkdtempSync(join(tmpdir(), 'runyard-quick-')) : here)
const folder = mkdtempSync(join(tmpdir(), 'runyard-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// What servers leave behind goes with it.
process.env.TMPDIR = folder
const results = new Results(out)

if (!values.render) {
  moveToLoadCore()
  const settings = settingsOf(values)
  const command = ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' ')
  const say = (text) => process.stderr.write(`${text}\n`)
  const product = { product: resolve(values.product), cache: join(folder, 'cache'), folder }
  for (const name of names) {
    const startedAt = performance.now()
    try {
      const found = await PARTS[name]({ say, settings, ...product })
      results.put(name, { ...found, command, took: (performance.now() - startedAt) / 1000 })
    } catch (error) {
      // The others can still be measured; this one keeps what it had.
      say(`${name} could not be measured: ${error.stack}`)
      process.exitCode = 1
      stopAll()
    }
  }
  endLoad()
}
process.stdout.write(`${results.render()}\n`)
process.exit()
