import { readFileSync } from 'node:fs'
import type { Fidelity } from '../core/fidelity.ts'
import type { JsonObject } from '../core/json.ts'
import { builtFile } from './built.ts'

/**
 * The documents that are served (`effectiveDocuments`): as the build left them, else read and overlaid now. Only then
 * are the readers of YAML and JSONPath loaded.
 */
export async function servedDocuments(specs: string, name: string): Promise<Record<Fidelity, JsonObject>> {
  const built = builtFile(`${name}.json`)
  if (built !== undefined) return JSON.parse(readFileSync(built, 'utf8')) as Record<Fidelity, JsonObject>
  const { effectiveDocuments } = await import('./document.ts')
  return effectiveDocuments(specs, name)
}

/** The control plane's own document: as the build left it, else read now. */
export async function controlDocument(specs: string): Promise<JsonObject> {
  const built = builtFile('control.json')
  if (built !== undefined) return JSON.parse(readFileSync(built, 'utf8')) as JsonObject
  const { vendorDocument } = await import('./document.ts')
  return vendorDocument(specs, 'control')
}
