import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

/** Loaded from node_modules when it is used: it is native, has files of its own, or is rarely needed. */
const EXTERNAL = ['better-sqlite3/*', '@fastify/swagger', '@fastify/swagger-ui']

const LODASH = [
  ...[
    'cloneDeep',
    'entries',
    'find',
    'flatMap',
    'flatten',
    'get',
    'includes',
    'isEmpty',
    'isNil',
    'keys',
    'mapKeys',
  ],
  ...['omitBy', 'orderBy', 'pick', 'range', 'uniq'],
]
/** Lodash with these functions, chained and not. */
const SOME_OF_LODASH = `
  const _ = module.exports = require('lodash/wrapperLodash')
  require('lodash/mixin')(_, { ${LODASH.map((name) => `${name}: require('lodash/${name}')`).join(', ')} })
  _.chain = require('lodash/chain')
  _.prototype.value = require('lodash/wrapperValue')`

/** What a library loads at once and Runyard never calls, by the library; and what it gets in the bundle instead. */
const NEVER_CALLED: readonly { readonly by: string; readonly module: string; readonly instead: string }[] = [
  // Validators come from `Compile` (src/spec/api.ts): of this Ajv there is one for each operation, to which formats are
  // added and which is put aside.
  { by: 'openapi-backend', module: 'ajv', instead: 'module.exports = class { addFormat() {} }' },
  // `quick: true` validates no document and reads none from a file.
  { by: 'openapi-backend', module: 'openapi-schema-validator', instead: 'module.exports = class {}' },
  {
    by: 'openapi-backend',
    module: '@apidevtools/json-schema-ref-parser',
    instead: 'module.exports = { async parse(it) { return it }, async resolve() {}, async dereference() {} }',
  },
  { by: 'openapi-backend', module: 'mock-json-schema', instead: 'exports.mock = () => {}' },
  // All that is called of lodash, which is ten times that.
  { by: 'openapi-backend', module: 'lodash', instead: SOME_OF_LODASH },
  // All that qs asks of it is what a WeakMap has.
  { by: 'qs', module: 'side-channel', instead: 'module.exports = () => new WeakMap()' },
  // No route has a schema for Fastify (src/http/server.ts).
  { by: 'fastify', module: '@fastify/ajv-compiler', instead: 'module.exports = () => () => {}' },
  {
    by: 'fastify',
    module: '@fastify/fast-json-stringify-compiler',
    instead: 'module.exports = () => () => {}',
  },
  // It listens for http alone, and http/2 is nowhere (src/http/https.ts listens for https).
  { by: 'fastify', module: 'node:https', instead: '' },
  { by: 'fastify', module: 'node:http2', instead: '' },
  // Only plugins are held against versions, and the first one is registered for a reader of `/docs`.
  {
    by: 'fastify',
    module: 'semver',
    instead: `
      for (const name of ['coerce', 'gt', 'satisfies'])
        exports[name] = (...given) => require('semver')[name](...given)`,
  },
  // Looks in many places for what lies in one; and the errors it throws are those of whoever else uses the package.
  {
    by: 'better-sqlite3',
    module: 'bindings',
    instead: `module.exports = () => require('better-sqlite3/build/Release/better_sqlite3.node')`,
  },
  {
    by: 'better-sqlite3',
    module: './sqlite-error',
    instead: `module.exports = require('better-sqlite3/lib/sqlite-error')`,
  },
]

/**
 * Bundles the code into the folder: what starts a process, what is imported, and each provider where it is looked for.
 * Resolves to what has gone into it.
 */
export async function bundle(root: string, outdir: string): Promise<Metafile> {
  const providers = readdirSync(join(root, 'src/providers'))
  const entryPoints = {
    cli: join(root, 'src/cli.ts'),
    index: join(root, 'src/index.ts'),
    generating: join(root, 'src/server/generating.ts'),
    // All of them in one, which most servers load whole: a file for each was several for what each shares with others.
    providers: 'providers:',
  }
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: EXTERNAL,
    plugins: [httpAlone, neverCalled(root), together(root, providers)],
    // Libraries in CommonJS load parts of Node with it.
    banner: {
      js: `import { createRequire as requireIn } from 'node:module'; const require = requireIn(import.meta.url)`,
    },
    sourcemap: 'linked',
    sourcesContent: false,
    minifyWhitespace: true,
    minifySyntax: true,
    // Node shows the line that an error was thrown in.
    lineLimit: 160,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  for (const [i, name] of providers.entries()) {
    const folder = join(outdir, 'providers', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'provider.js'),
      `export { provider${i} as provider } from '../../providers.js'\n`,
    )
  }
  writeFileSync(join(outdir, 'build.txt'), digest(root, metafile))
  return metafile
}

/** What changes with the code: whatever is kept of its making is for this build alone (src/server/kept-fillings.ts). */
function digest(root: string, { outputs }: Metafile): string {
  const hash = createHash('sha256')
  for (const path of Object.keys(outputs).sort()) {
    if (path.endsWith('.js')) hash.update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

/** A module that has every provider, in this order. */
function together(root: string, providers: readonly string[]): Plugin {
  const contents = providers
    .map((name, i) => `export { provider as provider${i} } from './src/providers/${name}/provider.ts'`)
    .join('\n')
  return {
    name: 'providers',
    setup({ onResolve, onLoad }) {
      const namespace = 'providers'
      onResolve({ filter: /^providers:$/ }, () => ({ path: 'all', namespace }))
      onLoad({ filter: /./, namespace }, () => ({ contents, loader: 'ts', resolveDir: root }))
    },
  }
}

/**
 * `node:http` by `require`: an `import` reads everything that the module exports, and on Node 22 and later that loads
 * the whole of `fetch` and WebSocket, which exports wait for.
 */
const httpAlone: Plugin = {
  name: 'http alone',
  setup({ onResolve, onLoad }) {
    const namespace = 'http alone'
    onResolve({ filter: /^node:http$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace } : { path, external: true },
    )
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: `module.exports = require('${path}')` }))
  },
}

const neverCalled = (root: string): Plugin => ({
  name: 'never called',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, importer }) => {
      const at = NEVER_CALLED.findIndex(
        ({ by, module }) => module === path && importer.includes(`/node_modules/${by}/`),
      )
      return at === -1 ? undefined : { path: String(at), namespace: 'never called' }
    })
    onLoad({ filter: /./, namespace: 'never called' }, ({ path }) => ({
      contents: NEVER_CALLED[Number(path)]?.instead ?? '',
      resolveDir: join(root, 'node_modules/openapi-backend'),
    }))
  },
})
