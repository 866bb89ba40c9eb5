import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

interface Runner {
  readonly name: string
  readonly file: string
  /** What Node is started with, before the file. */
  readonly args: readonly string[]
  /** An expectation in the file, and what would be wrong in its place. */
  readonly right: string
  readonly wrong: string
  /** A module of the runner that not every platform can load. */
  readonly needs?: string
}

const RUNNERS: readonly Runner[] = [
  {
    name: 'node:test',
    file: 'node-test.test.mjs',
    args: ['--test', '--test-reporter=tap'],
    right: "'EXECUTING', 'COMPLETED'",
    wrong: "'EXECUTING', 'CANCELED'",
  },
  {
    name: 'tap',
    file: 'tap.test.mjs',
    args: [binOf('tap'), '--disable-coverage', '--allow-empty-coverage', '--reporter=tap'],
    right: 'ids.length / 20',
    wrong: 'ids.length / 10',
  },
  {
    name: 'vitest',
    file: 'vitest.test.mjs',
    args: [binOf('vitest'), 'run', '--reporter=tap-flat'],
    right: 'toEqual([30])',
    wrong: 'toEqual([60])',
    needs: 'vitest/node',
  },
]

// Six processes, each of which starts a runner: most of a minute where others are at work too.
t.setTimeout(300_000)

for (const { name, file, args, right, wrong, needs } of RUNNERS) {
  const skip = needs !== undefined && (await whyNotLoaded(needs))
  t.test(`${name} passes its example, and fails it when it is wrong`, { skip }, async (t) => {
    const text = readFileSync(join('examples/tests', file), 'utf8')
    t.equal(text.split(right).length, 2, `${file} has ${right}`)
    // A user's project: Runyard is installed, and whatever the runner writes stays inside.
    const project = (test: string) => ({
      'package.json': '{ "type": "module" }',
      node_modules: { runyard: t.fixture('symlink', process.cwd()) },
      [file]: test,
    })
    const folder = t.testdir({ right: project(text), wrong: project(text.replace(right, wrong)) })
    const [passed, failed] = await Promise.all(
      ['right', 'wrong'].map((variant) => run([...args, file], join(folder, variant))),
    )
    t.match(passed, { code: 0, out: /^ *ok \d/m })
    t.notMatch(passed?.out, /^ *not ok/m)
    t.match(failed, { code: 1, out: /^ *not ok \d/m })
  })
}

interface Finished {
  readonly code: unknown
  readonly out: string
}

/** Without the environment of the tap that runs this test, which its children would take for their own. */
function run(args: readonly string[], cwd: string): Promise<Finished> {
  const { PATH = '' } = process.env
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd, env: { PATH, XDG_CACHE_HOME: '/dev/null' } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, out: stdout + stderr }),
    )
  })
}

/** Why Node cannot load the module here (a native part that this platform lacks, say); false when it can. */
async function whyNotLoaded(module: string): Promise<string | false> {
  const { code, out } = await run(['--input-type=module', '--eval', `import '${module}'`], process.cwd())
  return code !== 0 && `${module} cannot be loaded here: ${/^\w*Error.*/m.exec(out)?.[0] ?? out}`
}

/** The program of an installed package, which a link in .bin may only stand for. */
function binOf(name: string): string {
  const folder = join(process.cwd(), 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, bin[name])
}
