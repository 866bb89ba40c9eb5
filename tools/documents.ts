import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ajv, ValidateFunction } from 'ajv'
import standaloneCode from 'ajv/dist/standalone/index.js'
import { build, type Metafile } from 'esbuild'
import { readScenariosFile, Scenarios, scenarioNames, scenarioSchema } from '../src/seed/scenario.ts'
import { discoverProviders } from '../src/server/discover.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { documentAjv, scenarioAjv } from '../src/spec/ajv.ts'
import { Api } from '../src/spec/api.ts'
import { type Compile, compileScenario, validatorFile } from '../src/spec/compile.ts'
import { effectiveDocuments, vendorDocument } from '../src/spec/document.ts'
import { Items } from '../src/spec/items.ts'

/** Schemas that are to be compiled, by the file that their validator goes to. */
type Schemas = Map<string, { readonly schema: object; readonly reads: boolean }>

/**
 * Writes every document as it is served into the folder, every scenario as it is read, and the code of every validator that
 * a server may need.
 * Resolves to what has gone into that.
 */
export async function prepareDocuments(root: string, folder: string): Promise<Metafile> {
  mkdirSync(folder, { recursive: true })
  const schemas: Schemas = new Map()
  const providers = await discoverProviders()
  for (const { name, byHand } of providers) {
    const documents = effectiveDocuments(FOLDERS.specs, name)
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(documents))
    for (const document of Object.values(documents)) {
      const api = await Api.of(document, 'by provider', note(schemas))
      noteAll(api)
      new Items(api, byHand.operationId, byHand.items)
    }
  }
  const control = vendorDocument(FOLDERS.specs, 'control')
  writeFileSync(join(folder, 'control.json'), JSON.stringify(control))
  noteAll(await Api.of(control, 'by document', note(schemas)))

  const scenarios = new Scenarios(FOLDERS.seeds, providers, compileScenario)
  const read = scenarioNames(FOLDERS.seeds).map((name) => {
    const text = readFileSync(join(FOLDERS.seeds, `${name}.json`), 'utf8')
    return [text, scenarios.load(name)]
  })
  writeFileSync(join(folder, readScenariosFile(providers)), JSON.stringify(read))

  const scenario = scenarioSchema(providers)
  const code = [...schemas].map(([file, { schema, reads }]): [string, string] => {
    const options = { code: { source: true }, coerceTypes: reads, useDefaults: reads }
    return [file, codeOf(documentAjv(options), schema)]
  })
  code.push([validatorFile(scenario, true), codeOf(scenarioAjv({ code: { source: true } }), scenario)])
  return bundled(root, folder, new Map(code))
}

/** Compiles nothing, and notes what would have been. */
function note(schemas: Schemas): Compile {
  return (schema, reads) => {
    schemas.set(validatorFile(schema, reads), { schema, reads })
    return NEVER_CALLED
  }
}

// The cast: of a validator that nobody calls, nothing else is needed.
const NEVER_CALLED = (() => true) as unknown as ValidateFunction

/** Has the document compile all that it ever does. */
function noteAll(api: Api): void {
  api.warm()
  api.warmReplies()
}

/** The code (CommonJS) of a schema's validator. */
function codeOf(ajv: Ajv, schema: object): string {
  return standaloneCode.default(ajv, ajv.compile(schema))
}

/** Writes each validator into a file that needs no other: what Ajv's code asks of it is put in. */
async function bundled(root: string, outdir: string, code: ReadonlyMap<string, string>): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: [...code.keys()].map((file) => ({
      in: `validator:${file}`,
      out: file.replace(/\.cjs$/, ''),
    })),
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
    plugins: [
      {
        name: 'validators',
        setup({ onResolve, onLoad }) {
          const namespace = 'validator'
          onResolve({ filter: /^validator:/ }, ({ path }) => ({ path: path.slice(10), namespace }))
          onLoad({ filter: /./, namespace }, ({ path }) => ({
            contents: code.get(path) ?? '',
            resolveDir: root,
          }))
        },
      },
    ],
  })
  return metafile
}
