import type { Json } from './json.ts'

/** What a provider has to remember between requests (authorization codes, sessions), scoped to one sandbox. */
export interface State {
  /** Keeps `value` until the wall clock reads `keepUntil` (ms). */
  put(kind: string, key: string, value: Json, keepUntil: number): Promise<void>
  /** What was kept, or undefined when there is none or its time is over. */
  get(kind: string, key: string): Promise<Json | undefined>
  /** Like `get`, and forgets it: of two concurrent takers one gets it. */
  take(kind: string, key: string): Promise<Json | undefined>
}
