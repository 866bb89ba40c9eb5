import { jsonpath } from 'json-p3'
import type { Difference } from '../core/fidelity.ts'
import type { Json, JsonObject } from '../core/json.ts'

/** An OpenAPI Overlay 1.0.0 document (https://spec.openapis.org/overlay/v1.0.0.html). */
export interface Overlay {
  readonly overlay: string
  readonly info: { readonly title: string; readonly version: string }
  readonly actions: readonly OverlayAction[]
}

export interface OverlayAction {
  /** An RFC 9535 JSONPath. */
  readonly target: string
  /** Why: Runyard requires it of every action. */
  readonly description: string
  /** What the action means to a person: shown in the table of differences. */
  readonly 'x-difference'?: Difference
  /** Merged into each target that is an object, appended to each that is an array. */
  readonly update?: Json
  /** Takes the targets out. */
  readonly remove?: boolean
}

/**
 * A copy of `document` with the overlay's actions applied in order. Throws when a target selects nothing: an overlay
 * that has lost its document is a mistake, though the standard would let it pass.
 */
export function applyOverlay(document: JsonObject, overlay: Overlay): JsonObject {
  const result = structuredClone(document)
  for (const action of overlay.actions) {
    const targets = [...jsonpath.query(action.target, result)]
    if (targets.length === 0) throw new Error(`${overlay.info.title}: ${action.target} selects nothing`)
    for (const { location, value } of targets) {
      if (action.remove) remove(result, location)
      else if (Array.isArray(value)) value.push(structuredClone(action.update ?? null))
      else if (isObject(value) && isObject(action.update)) merge(value, action.update)
      else throw new Error(`${overlay.info.title}: ${action.target} is neither an object nor an array`)
    }
  }
  return result
}

function merge(target: JsonObject, update: JsonObject): void {
  for (const [name, value] of Object.entries(update)) {
    const present = target[name]
    if (isObject(present) && isObject(value)) merge(present, value)
    else target[name] = structuredClone(value)
  }
}

function remove(root: JsonObject, location: readonly (string | number)[]): void {
  let parent: unknown = root
  for (const step of location.slice(0, -1)) parent = Object(parent)[step]
  const last = location.at(-1)
  if (Array.isArray(parent) && typeof last === 'number') parent.splice(last, 1)
  else if (isObject(parent) && typeof last === 'string') delete parent[last]
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
