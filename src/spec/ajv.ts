import { Ajv, type Options } from 'ajv'
import addFormats from 'ajv-formats'

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
} as const satisfies Options

/** An Ajv that knows the formats. */
export function documentAjv(options: Options): Ajv {
  return addFormats.default(new Ajv(options))
}

/** The steps of a JSON pointer; none of an empty one. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}
