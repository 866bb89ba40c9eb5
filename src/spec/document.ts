import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Fidelity } from '../core/fidelity.ts'
import type { JsonObject } from '../core/json.ts'
import { applyOverlay, type Overlay } from './overlay.ts'

/** The vendor's document as it stands in `specs/`, parsed. */
export function vendorDocument(specs: string, name: string): JsonObject {
  return readYaml(join(specs, `${name}.yaml`)) as JsonObject
}

/**
 * The documents that are served: under `spec` the vendor's with what Runyard has to add, under `live` also with what was
 * observed of the real service.
 */
export function effectiveDocuments(specs: string, name: string): Record<Fidelity, JsonObject> {
  const spec = withOverlay(vendorDocument(specs, name), overlayOf(specs, name, 'overlay'))
  return { spec, live: withOverlay(spec, overlayOf(specs, name, 'live')) }
}

function withOverlay(document: JsonObject, overlay: Overlay | undefined): JsonObject {
  return overlay === undefined ? document : applyOverlay(document, overlay)
}

/** `overlay`: what Runyard adds to a vendor's document; `live`: what was observed. Undefined when there is nothing. */
export function overlayOf(specs: string, name: string, kind: 'overlay' | 'live'): Overlay | undefined {
  const path = join(specs, `${name}.${kind}.yaml`)
  return existsSync(path) ? (readYaml(path) as Overlay) : undefined
}

function readYaml(path: string): unknown {
  return parse(readFileSync(path, 'utf8'), { merge: true })
}
