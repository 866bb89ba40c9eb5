import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ValidateFunction } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import type { JsonObject } from '../src/core/json.ts'
import { scenarioSchema } from '../src/seed/scenario.ts'
import { discoverProviders } from '../src/server/discover.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { type Compile, compilerNow, compileScenario, validatorFile } from '../src/spec/compile.ts'
import { effectiveDocuments, vendorDocument } from '../src/spec/document.ts'
import { Items } from '../src/spec/items.ts'

const BUILT = join(process.cwd(), 'dist/documents')
const providers = await discoverProviders()
const control = vendorDocument(FOLDERS.specs, 'control')
const load = createRequire(import.meta.url)

t.test('the documents that the build leaves are what the sources give', async (t) => {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(BUILT, `${name}.json`), 'utf8'))
  for (const { name } of providers) t.same(read(name), effectiveDocuments(FOLDERS.specs, name), name)
  t.same(read('control'), control)
})

t.test('validators that the build compiled judge as those that are compiled now', async (t) => {
  const files = new Set<string>()
  const compare = (name: string, schema: object, reads: boolean, now: ValidateFunction): void => {
    const file = validatorFile(schema, reads)
    if (files.has(file)) return
    files.add(file)
    t.ok(existsSync(join(BUILT, file)), `the build has one for ${name}`)
    const before: ValidateFunction = load(join(BUILT, file))
    let [taken, refused] = [0, 0]
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        const [a, b] = [judged(before, value), judged(now, value)]
        if (a.valid) taken++
        else refused++
        return isDeepStrictEqual(a, b)
      }),
      { numRuns: 100, seed: 5 },
    )
    t.ok(refused > 0, `${name}: ${taken} taken, ${refused} refused`)
  }
  const comparing = (name: string): Compile => {
    const compile = compilerNow()
    return (schema, reads) => {
      const now = compile(schema, reads)
      compare(name, schema, reads, now)
      return now
    }
  }
  const compareAll = async (name: string, document: JsonObject, reading: 'by provider' | 'by document') => {
    const api = await Api.of(document, reading, comparing(name))
    api.warm()
    api.warmReplies()
    return api
  }

  for (const { name, byHand } of providers) {
    for (const [fidelity, document] of Object.entries(effectiveDocuments(FOLDERS.specs, name))) {
      const api = await compareAll(`${name}, ${fidelity}`, document, 'by provider')
      new Items(api, byHand.operationId, byHand.items)
    }
  }
  await compareAll('control', control, 'by document')
  const scenario = scenarioSchema(providers)
  compare('scenario', scenario, true, compileScenario(scenario))
  const built = readdirSync(BUILT).filter((file) => file.endsWith('.cjs'))
  t.same(built.sort(), [...files].sort(), 'and the build has no others')
})

t.test('a start loads no package but SQLite, nor does a first page', async (t) => {
  const program = `
    const { createRunyard } = await import('./dist/index.js')
    const runyard = await createRunyard({ port: 0 })
    await runyard.listen()
    const { credentials } = await runyard.sandbox('default')
    const headers = { authorization: 'Bearer ' + credentials.trigger.prod.secretKey }
    const { status } = await runyard.fetch('/api/v1/runs', { headers })
    const loaded = Object.keys(process.getBuiltinModule?.('node:module')._cache ?? module.constructor._cache)
    await runyard.close()
    const packages = loaded.map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1])
    console.log(JSON.stringify({ status, packages: [...new Set(packages)].filter(Boolean).sort() }))`
  const node = [
    '-u',
    'NODE_OPTIONS',
    'XDG_CACHE_HOME=/dev/null',
    process.execPath,
    '-e',
    `(async () => {${program}})()`,
  ]
  const said = JSON.parse(execFileSync('env', node, { encoding: 'utf8' }))
  t.same(said, { status: 200, packages: ['better-sqlite3'] })
})

/** What a validator says of a value, and what it has made of it. */
function judged(validate: ValidateFunction, value: unknown) {
  const data: unknown = structuredClone(value)
  const valid = validate(data)
  return { valid, errors: validate.errors, data }
}

/** Values that a schema may take, and here and there one that it does not. */
function valuesOf(schema: unknown): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: rightValues(Object(schema)) }, { weight: 1, arbitrary: ODD })
}

const ODD = fc.constantFrom<unknown>(null, true, 'true', '5', '', 'x', -1, 0.5, 3e9, [], ['x'], {}, { x: 1 })

const TEXTS: Readonly<Record<string, string>> = {
  'date-time': '2026-06-01T12:00:00Z',
  date: '2026-06-01',
  uri: 'http://x.test/',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
}

type Member = [name: string, values: fc.Arbitrary<unknown>]

function rightValues(schema: Record<string, unknown>): fc.Arbitrary<unknown> {
  const { const: only, enum: words, oneOf, anyOf, allOf, properties, items, format } = schema
  const { minimum = 0, maximum = 100, minLength = 0, required = [], additionalProperties } = schema
  if (only !== undefined) return fc.constant(only)
  if (Array.isArray(words)) return fc.constantFrom(...words)
  const choices = oneOf ?? anyOf
  if (Array.isArray(choices)) return fc.oneof(...choices.map(valuesOf))
  if (Array.isArray(allOf)) return fc.tuple(...allOf.map(valuesOf)).map((all) => Object.assign({}, ...all))
  const types = [schema.type ?? 'object'].flat()
  return fc.oneof(
    ...types.map((type): fc.Arbitrary<unknown> => {
      if (type === 'string')
        return fc.oneof(
          fc.constant(TEXTS[String(format)] ?? 'x'.repeat(Number(minLength))),
          fc.constantFrom('5m', 'abc', '2026-06-01'),
        )
      if (type === 'integer' || type === 'number')
        return fc.oneof(
          fc.constantFrom(Number(minimum) - 1, Number(minimum), Number(maximum), Number(maximum) + 1, 0.5),
          fc.integer({ min: Number(minimum), max: Number(maximum) }),
        )
      if (type === 'boolean') return fc.boolean()
      if (type === 'null') return fc.constant(null)
      if (type === 'array') return fc.array(valuesOf(items), { maxLength: 3 })
      const isRequired = (name: string): boolean => [required].flat().includes(name)
      const members = Object.entries(Object(properties)).map(([name, of]): Member => [name, valuesOf(of)])
      const whole = Object.fromEntries(members.filter(([name]) => isRequired(name)))
      const rest = Object.fromEntries(members.filter(([name]) => !isRequired(name)))
      const more = typeof additionalProperties === 'object' ? valuesOf(additionalProperties) : ODD
      return fc.oneof(
        {
          weight: 9,
          arbitrary: fc
            .tuple(fc.record(whole), fc.record(rest, { requiredKeys: [] }))
            .map(([some, others]) => ({ ...some, ...others })),
        },
        { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('more', 'x'), more) },
      )
    }),
  )
}
