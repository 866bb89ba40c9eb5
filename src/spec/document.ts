import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { JsonObject } from '../core/json.ts'
import { applyOverlay, type Overlay } from './overlay.ts'

/** The vendor's document as it stands in `specs/`, parsed. */
export function vendorDocument(specs: string, name: string): JsonObject {
  return readYaml(join(specs, `${name}.yaml`)) as JsonObject
}

/** The document that `spec` fidelity serves: the vendor's, with what Runyard has to add. */
export function effectiveDocument(specs: string, name: string): JsonObject {
  const document = vendorDocument(specs, name)
  const overlay = join(specs, `${name}.overlay.yaml`)
  return existsSync(overlay) ? applyOverlay(document, readYaml(overlay) as Overlay) : document
}

function readYaml(path: string): unknown {
  return parse(readFileSync(path, 'utf8'))
}
