import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'

const root = process.cwd()
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(root, 'src', file), 'utf8') }))

/** Which folders of src/ each may import from, beside itself. Why: docs/decisions.md, "Dependency rule". */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  spec: ['core'],
  store: ['core'],
  seed: ['core'],
  providers: ['core'],
  faults: ['core'],
  http: ['spec', 'core'],
  // spec: only for the type of a document at work, which server/ hands in
  control: ['http', 'spec', 'core'],
  journal: ['core', 'spec'],
  server: ['core', 'spec', 'store', 'seed', 'faults', 'journal', 'http', 'control'],
  verify: ['spec', 'core'],
  cli: ['server', 'verify', 'journal', 'core', 'seed', 'store'],
}
/** What a provider may use of npm and Node: pure computation only, so that it can be reasoned about as a function. */
const PURE_PACKAGES = ['jose', 'parse-duration', 'node:crypto', 'node:buffer']

function imports(text: string): string[] {
  return [...stripComments(text).matchAll(/\b(?:from |import\()'([^'\n]+)'/g)].map((match) => match[1] ?? '')
}

t.test('each folder imports only from those below it', async (t) => {
  for (const { file, text } of sources) {
    const [folder = '', provider] = file.split('/')
    if (file === 'index.ts' || file === 'cli.ts') continue
    for (const path of imports(text).filter((path) => path.startsWith('.'))) {
      const target = relative(join(root, 'src'), resolve(root, 'src', dirname(file), path)).split('/')
      const allowed = target[0] === folder || MAY_IMPORT[folder]?.includes(target[0] ?? '')
      t.ok(
        allowed,
        `${file} imports ${path}: ${folder} may import ${MAY_IMPORT[folder]?.join(', ') || 'nothing'}`,
      )
      if (folder === 'providers' && target[0] === 'providers') {
        t.equal(target[1], provider, `${file} imports ${path}: a provider knows no other provider`)
      }
    }
  }
})

t.test('providers use pure packages only', async (t) => {
  for (const { file, text } of sources.filter(({ file }) => file.startsWith('providers/'))) {
    for (const path of imports(text).filter((path) => !path.startsWith('.'))) {
      t.ok(PURE_PACKAGES.includes(path), `${file} imports ${path}: allowed are ${PURE_PACKAGES.join(', ')}`)
    }
  }
})

t.test('time and chance have one door each', async (t) => {
  const doors: readonly [what: RegExp, where: readonly string[], why: string][] = [
    [/Date\.now\(|new Date\(|performance\.now\(/, ['core/clock.ts'], 'time comes from core/clock.ts'],
    [/Math\.random\(/, [], 'chance comes from seed/random.ts'],
    [
      /randomBytes|randomUUID|getRandomValues|randomInt/,
      ['core/nonce.ts'],
      'unguessable text comes from core/nonce.ts',
    ],
    [/new Twister\(/, ['seed/random.ts'], 'only seed/random.ts makes a stream of chance'],
  ]
  for (const [what, where, why] of doors) {
    const offenders = sources.filter(
      ({ file, text }) => what.test(stripComments(text)) && !where.includes(file),
    )
    t.same(
      offenders.map(({ file }) => file),
      [],
      why,
    )
  }
})

t.test('SQL stands in store/ alone', async (t) => {
  const sql = /\b(SELECT .* FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET|PRAGMA)\b/
  // A sandbox's row is read and written where sandboxes are.
  const allowed = (file: string): boolean => file.startsWith('store/')
  const offenders = sources.filter(({ file, text }) => sql.test(stripComments(text)) && !allowed(file))
  t.same(
    offenders.map(({ file }) => file),
    [],
  )
})

t.test('better-sqlite3 makes no statement that could be collected', async (t) => {
  const offenders = sources.filter(({ text }) => /\.(pragma|iterate)\(/.test(stripComments(text)))
  t.same(
    offenders.map(({ file }) => file),
    [],
    'see docs/decisions.md, "better-sqlite3"',
  )
  const preparing = sources.filter(({ text }) => /\.prepare[<(]/.test(text)).map(({ file }) => file)
  t.same(preparing, ['store/database.ts'], 'statements are prepared, and kept, in one place')
})

t.test('no file is a drawer', async (t) => {
  for (const { file, text } of sources) {
    t.notMatch(file, /utils?|helpers?|common|manager|misc/i, `${file} says what it holds`)
    if (file.endsWith('/wire.ts')) continue
    t.ok(text.split('\n').length <= 400, `${file} has one job (at most 400 lines)`)
  }
})

t.test("the vendors' documents are the vendors', byte for byte", async (t) => {
  // ConductorOne publishes two pages of one API: they are merged, and nothing else (docs/decisions.md).
  const documents: readonly [file: string, sha256: string][] = [
    ['basedash.yaml', '1aa033099575e3f0c90053889fc0a97471a75bbc4b31f2f5ce2aa27e9ea51f0b'],
    ['conductorone.yaml', '2ebfd04d98423e8b0a30008ccd0042644e1e9c5211f0f1d0fad074cf2549cbea'],
    ['nx1.yaml', 'ac88e4130f4f7d0dc240c8e2fa3637788c96f9c7f14eba28d0c56ce86aefc91b'],
    ['trigger.yaml', 'bd95f673212743164ddfe68d3171465f28993131058f5b979331c887e80debe3'],
  ]
  for (const [file, sha256] of documents) {
    const bytes = readFileSync(join(root, 'specs', file))
    t.equal(createHash('sha256').update(bytes).digest('hex'), sha256, file)
  }
})

t.test('every overlay action says why', async (t) => {
  for (const file of readdirSync(join(root, 'specs')).filter((file) =>
    /\.(overlay|live)\.yaml$/.test(file),
  )) {
    const text = readFileSync(join(root, 'specs', file), 'utf8')
    const actions = text.match(/^ *- target:/gm)?.length ?? 0
    t.ok(actions > 0, `${file} has actions`)
    t.equal(
      text.match(/^ {4}description:/gm)?.length,
      actions,
      `${file}: each of ${actions} actions has a description`,
    )
  }
})

t.test('every file that README and decisions point to exists', async (t) => {
  for (const page of ['README.md', 'docs/decisions.md']) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [, path = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)) {
      t.ok(existsSync(join(root, dirname(page), path)), `${page} points to ${path}`)
    }
  }
})

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
