import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Ajv, ValidateFunction } from 'ajv'
import { documentAjv, scenarioAjv } from './ajv.ts'
import { builtFile } from './built.ts'

/**
 * Makes the validator of a schema. `reads`: whether it makes typed values of texts, and fills in what the schema has as
 * default; else it leaves what it is given alone.
 */
export type Compile = (schema: object, reads: boolean) => ValidateFunction

/**
 * How a document's schemas are compiled: most have been by the build, and what it has not seen is now. The validators are
 * the same either way (test/built.test.ts).
 */
export function compilerOf(): Compile {
  const now = compilerNow()
  return (schema, reads) => compiledBefore(schema, reads) ?? now(schema, reads)
}

/** Compiles everything now. */
export function compilerNow(): Compile {
  // One of each for all schemas: to make one takes longer than to compile with it.
  const ajvs: { reader?: Ajv; judge?: Ajv } = {}
  return (schema, reads) => {
    if (!reads) {
      ajvs.judge ??= documentAjv({})
      return ajvs.judge.compile(schema)
    }
    ajvs.reader ??= documentAjv({ coerceTypes: true, useDefaults: true })
    return ajvs.reader.compile(schema)
  }
}

/** Makes the validator of scenarios, which fills in what the schema has as default. */
export function compileScenario(schema: object): ValidateFunction {
  return compiledBefore(schema, true) ?? scenarioAjv({}).compile(schema)
}

/** The schema's validator, if the build compiled it. */
function compiledBefore(schema: object, reads: boolean): ValidateFunction | undefined {
  const path = builtFile(validatorFile(schema, reads))
  // Whoever validates does not wait: a file is loaded at once, and once.
  return path === undefined ? undefined : createRequire(import.meta.url)(path)
}

/** Where the build puts a schema's validator: named by its text, so that it is never that of another. */
export function validatorFile(schema: object, reads: boolean): string {
  const digest = createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 40)
  return `${digest}${reads ? '.reads' : ''}.cjs`
}
