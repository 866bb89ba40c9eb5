import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside the built code; from the sources there is none. */
const FOLDER = new URL('documents/', import.meta.url)

/** Whether the build has made anything of documents. */
export const isBuilt = !import.meta.url.endsWith('.ts') && existsSync(FOLDER)

/**
 * The path of what the build made of a document (tools/build.ts); undefined where it made nothing: from the sources, and
 * for an API that was added since.
 */
export function builtFile(name: string): string | undefined {
  if (!isBuilt) return undefined
  const path = fileURLToPath(new URL(name, FOLDER))
  return existsSync(path) ? path : undefined
}
