import type { Clock } from './clock.ts'
import type { Fidelity } from './fidelity.ts'
import type { JsonObject } from './json.ts'
import type { Credentials, Keyring } from './provider.ts'
import type { RunStore } from './run.ts'
import type { Secrets } from './secrets.ts'
import type { State } from './state.ts'

/** One isolated world: its data, clock and credentials. */
export interface Sandbox {
  readonly id: string
  readonly fidelity: Fidelity
  readonly clock: Clock
  readonly secrets: Secrets
  /** Whether the vendors' rate limits hold in it. */
  readonly rateLimits: boolean
  runs(provider: string): RunStore
  state(provider: string): State
  world(provider: string): unknown
  credentials(provider: string): Credentials<unknown>
  /** The sandbox as the control plane shows it. `server`: the base URL that the client reached. */
  describe(server: string): Promise<JsonObject>
}

/** All sandboxes of a server. */
export interface Sandboxes {
  list(): readonly Sandbox[]
  get(id: string): Sandbox | undefined
  /** The provider's credentials, over all sandboxes. */
  keyring(provider: string): Keyring<unknown>
}

/** The sandbox that always exists, with well-known credentials. */
export const DEFAULT_SANDBOX = 'default'
