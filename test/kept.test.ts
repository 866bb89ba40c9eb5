import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { SandboxView } from '../src/index.ts'
import { KeptFillings } from '../src/server/kept-fillings.ts'
import { NOW } from './serve.ts'

const CLI = join(process.cwd(), 'dist/cli.js')
const FROZEN = ['--clock', '2026-06-01T12:00:00Z']

/** A process of the built product, with its cache there. */
async function built(
  t: Test,
  cache: string,
  args: readonly string[],
): Promise<{ url: string; child: ChildProcess }> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [CLI, '--port', '0', '--log', 'silent', ...args], {
    env: { PATH, XDG_CACHE_HOME: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [banner] = (await once(child.stdout, 'data')) as [Buffer]
  return { url: /on (http:\S+)/.exec(banner.toString())?.[1] ?? '', child }
}

/** Everything that lists show in the default sandbox and in a new one, and the files that are kept after. */
async function read(
  t: Test,
  cache: string,
  args: readonly string[],
): Promise<{ pages: string; copied: string; files: string[] }> {
  const { url, child } = await built(t, cache, args)
  const text = async (path: string, headers: Record<string, string>): Promise<string> =>
    (await fetch(url + path, { headers })).text()
  const all = async (sandbox: SandboxView): Promise<string> => {
    const { trigger, nx1, basedash, conductorone } = sandbox.credentials
    const { organizationId, automations } = basedash
    return (
      await Promise.all([
        text('/api/v1/runs?page[size]=100', { authorization: `Bearer ${trigger.prod?.secretKey}` }),
        text('/api/v1/runs?page[size]=100', { authorization: `Bearer ${trigger.staging?.secretKey}` }),
        text('/api/crew-runs?limit=1000', { 'authorization-psk': nx1.psk.admin ?? '' }),
        text('/api/v1/role-mining/runs', { authorization: `Bearer ${conductorone.admin?.bearer}` }),
        ...automations.map(({ id }) =>
          text(`/api/public/organizations/${organizationId}/automations/${id}/runs?limit=100`, {
            authorization: `Bearer ${basedash.admin?.apiKey}`,
          }),
        ),
      ])
    ).join('\n')
  }
  const sandbox = async (path: string, init: RequestInit = {}): Promise<SandboxView> =>
    (await (await fetch(`${url}/_runyard/sandboxes${path}`, init)).json()) as SandboxView
  const pages = await all(await sandbox('/default'))
  const other = await all(await sandbox('', { method: 'POST' }))
  // A new sandbox has secrets, and with them ids and cursors, of its own.
  const copied =
    other.match(/"(id":"run_|created_?at|status|taskIdentifier|result)[^"]*"?:?"[^"]*"/gi)?.join('\n') ?? ''
  const folder = join(cache, 'runyard/fillings')
  for (let waited = 0; waited < 3_000 && filesIn(folder).length === 0; waited += 50) await setTimeout(50)
  child.kill('SIGTERM')
  await once(child, 'close')
  return { pages, copied, files: filesIn(folder) }
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}

/** The file with another text in it, and a checksum that fits. */
function forge(file: string, from: string, to: string): void {
  const [, json = ''] = readFileSync(file, 'utf8').split('\n')
  const other = json.replaceAll(from, to)
  writeFileSync(file, `${createHash('sha256').update(other).digest('hex')}\n${other}`)
}

t.test('a start with a kept filling shows the bytes of one without', async (t) => {
  const cache = t.testdir({})
  const first = await read(t, cache, FROZEN)
  t.match(first.pages, /run_[a-z0-9]{25}/)
  t.equal(first.files.length, 1, 'it is kept')
  const [file = ''] = first.files
  const second = await read(t, cache, FROZEN)
  t.equal(second.pages, first.pages)
  t.ok(first.copied.length > 10_000)
  t.equal(second.copied, first.copied, 'and so does a sandbox that is made then')
  t.same(second.files, first.files, 'nothing was made again')

  forge(file, 'deliver-webhook', 'deliver-wobhook')
  const third = await read(t, cache, FROZEN)
  t.equal(third.pages, first.pages.replaceAll('deliver-webhook', 'deliver-wobhook'), 'it is what is shown')

  const damaged: readonly [what: string, text: string][] = [
    ['a byte of it is another', readFileSync(file, 'utf8').replace('deliver-wobhook', 'deliver-wobhooc')],
    ['it ends too early', readFileSync(file, 'utf8').slice(0, 100_000)],
    ['it is empty', ''],
    ['it is something else', '{"start": 1}\n{}'],
  ]
  for (const [what, text] of damaged) {
    writeFileSync(file, text)
    const again = await read(t, cache, FROZEN)
    t.equal(again.pages, first.pages, what)
  }
  const [live] = (await read(t, t.testdir({}), [])).files
  writeFileSync(file, readFileSync(live ?? ''))
  t.equal((await read(t, cache, FROZEN)).pages, first.pages, 'it is that of another start')
})

t.test('another seed, fidelity, start or scenario is another filling', async (t) => {
  const folder = t.testdir({ cache: {}, 'mine.json': '{"trigger": {"prod": {"past": 30}}}' })
  const cache = join(folder, 'cache')
  const mine = join(folder, 'mine.json')
  const first = await read(t, cache, FROZEN)
  const others: readonly (readonly string[])[] = [
    [...FROZEN, '--seed', '2'],
    [...FROZEN, '--fidelity', 'live'],
    ['--clock', '2026-06-01T12:00:01Z'],
    [...FROZEN, '--scenario', mine],
  ]
  for (const args of others) t.not((await read(t, cache, args)).pages, first.pages, args.join(' '))
  writeFileSync(mine, '{"trigger": {"prod": {"past": 31}}}')
  const changed = await read(t, cache, [...FROZEN, '--scenario', mine])
  t.equal(JSON.parse(changed.pages.split('\n')[0] ?? '').data.length, 31, 'a file that has changed')
})

t.test('where nothing can be kept, nothing is', async (t) => {
  const cache = t.testdir({ runyard: 'a file where the folder would be' })
  const { pages, files } = await read(t, cache, FROZEN)
  t.match(pages, /run_/)
  t.same(files, [])
})

t.test('on the wall clock, what was made a moment ago will do', async (t) => {
  const folder = t.testdir({})
  const said: string[] = []
  const kept = new KeptFillings(folder, 'build', (message) => said.push(message))
  const filled = { scenario: { days: 1, sections: {} }, seed: 1, fidelity: 'spec' } as const
  t.equal(kept.find(filled, { by: NOW }), undefined)
  kept.keep(filled, { start: NOW, worlds: {}, rows: {} })
  while (readdirSync(folder).length === 0) await setTimeout(20)
  const cases: readonly [what: string, when: { at: number } | { by: number }, found: boolean][] = [
    ['that instant', { at: NOW }, true],
    ['another instant', { at: NOW + 1 }, false],
    ['at once', { by: NOW }, true],
    ['after nearly ten minutes', { by: NOW + 599_999 }, true],
    ['after ten minutes', { by: NOW + 600_000 }, false],
    ['before', { by: NOW - 1 }, false],
  ]
  for (const [what, when, found] of cases)
    t.equal(kept.find(filled, when)?.start, found ? NOW : undefined, what)
  t.equal(kept.find({ ...filled, seed: 2 }, { at: NOW }), undefined)
  t.equal(new KeptFillings(folder, 'later build', () => {}).find(filled, { at: NOW }), undefined)
  t.same(said.length, 0)
})

t.test('only so many files stay', async (t) => {
  const folder = join(t.testdir({}), 'fillings')
  mkdirSync(folder)
  for (let i = 0; i < 12; i++) {
    writeFileSync(join(folder, `old-${i}`), '')
    utimesSync(join(folder, `old-${i}`), i, i)
  }
  const kept = new KeptFillings(folder, 'build', () => {})
  kept.keep(
    { scenario: { days: 1, sections: {} }, seed: 1, fidelity: 'spec' },
    { start: NOW, worlds: {}, rows: {} },
  )
  while (readdirSync(folder).length !== 8) await setTimeout(20)
  t.same(
    readdirSync(folder)
      .filter((name) => name.startsWith('old'))
      .sort(),
    ['old-10', 'old-11', 'old-5', 'old-6', 'old-7', 'old-8', 'old-9'],
  )
})
