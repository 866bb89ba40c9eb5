import { createRequire } from 'node:module'
import type * as ajv from 'ajv'
import type * as ajv2020 from 'ajv/dist/2020.js'
import type * as formats from 'ajv-formats'

/** How schemas of documents are read, wherever. */
export const AJV_OPTIONS = {
  allErrors: true,
  logger: false,
  strict: false,
  strictNumbers: true,
  verbose: true,
  // Schemas are the documents', which do not change: to check each took longer than to compile it.
  meta: false,
  validateSchema: false,
} as const satisfies ajv.Options

/**
 * An Ajv for the schemas of documents, which knows the formats. Loaded when there is a schema that the build has not
 * compiled: most servers never need it.
 */
export function documentAjv(options: ajv.Options): ajv.Ajv {
  const load = createRequire(import.meta.url)
  const { Ajv }: typeof ajv = load('ajv')
  const addFormats: typeof formats.default = load('ajv-formats')
  return addFormats.default(new Ajv({ ...AJV_OPTIONS, ...options }))
}

/** An Ajv for the schema of scenarios (JSON Schema 2020-12), which is ours: to check it takes longer than all else. */
export function scenarioAjv(options: ajv.Options): ajv.Ajv {
  const { Ajv2020 }: typeof ajv2020 = createRequire(import.meta.url)('ajv/dist/2020.js')
  return new Ajv2020({ ...SCENARIO_OPTIONS, ...options })
}

const SCENARIO_OPTIONS: ajv.Options = {
  allErrors: true,
  useDefaults: true,
  strict: false,
  validateSchema: false,
}

/** The steps of a JSON pointer; none of an empty one. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}
