import type { Clock } from './clock.ts'
import type { Faults } from './fault.ts'
import type { Fidelity } from './fidelity.ts'
import type { Journal } from './journal.ts'
import type { JsonObject } from './json.ts'
import type { Credentials, Keyring, Quota, RateLimit } from './provider.ts'
import type { Random } from './random.ts'
import type { RunStore } from './run.ts'
import type { Secrets } from './secrets.ts'
import type { State } from './state.ts'

/**
 * One isolated world: its data, clock, credentials, faults, counters and journal. Once it is deleted, its runs and states
 * throw GoneError.
 */
export interface Sandbox {
  readonly id: string
  readonly fidelity: Fidelity
  readonly clock: Clock
  readonly secrets: Secrets
  readonly faults: Faults
  readonly journal: Journal
  /** Whether the vendors' rate limits hold in it. */
  readonly rateLimits: boolean
  /** Counts a request to that provider against its limit. */
  count(provider: string, limit: RateLimit): Quota
  runs(provider: string): RunStore
  state(provider: string): State
  world(provider: string): unknown
  credentials(provider: string): Credentials<unknown>
  /** A stream of chance that follows from the sandbox's seed and the label. */
  random(label: string): Random
  /** The sandbox as the control plane shows it. `server`: the base URL that the client reached. */
  describe(server: string): Promise<JsonObject>
}

/** What a new sandbox is to be; what is left out is as the server was started with. */
export interface NewSandbox {
  /** Made up when left out. */
  readonly id?: string
  /** A name in `seeds/`, or the path of a JSON file. */
  readonly scenario?: string
  readonly seed?: number
  readonly fidelity?: Fidelity
  /** `live`, or the instant (ms) it is to be. */
  readonly clock?: 'live' | { readonly now: number; readonly frozen: boolean }
  readonly rateLimits?: boolean
  /** How many exchanges its journal keeps. */
  readonly journalSize?: number
}

/** All sandboxes of a server. What changes one is done when it returns. */
export interface Sandboxes {
  /** Oldest first; `default` is the oldest. */
  list(): readonly Sandbox[]
  get(id: string): Sandbox | undefined
  /** The provider's credentials, over all sandboxes. */
  keyring(provider: string): Keyring<unknown>
  /** The id of the sandbox that has the provider's credential of that name at this moment. */
  holder(provider: string, name: string): string | undefined
  /** Whether the word is the name of a credential, of any provider and in any sandbox. */
  isCredential(word: string): boolean
  /** Changes with the credentials that there are. */
  readonly credentialsEdition: number
  /**
   * Undefined when there is one of that id, or one is being made. Throws ScenarioError, and has made nothing then, or
   * ClosingError. Nobody is held up: a sandbox with many runs is there when it has them all.
   */
  create(options: NewSandbox): Promise<Sandbox | undefined>
  /** As at its creation. */
  reset(id: string): Promise<Sandbox | undefined>
  /**
   * Sets its clock to what `to` makes of its present (both ms, from EARLIEST to LATEST). Set back, its runs are as they
   * were at that time. Throws what `to` throws, and has changed nothing then.
   */
  setClock(id: string, to: (present: number) => number, frozen: boolean): Promise<Sandbox | undefined>
  /** Whether there was one. */
  delete(id: string): boolean
}

/** A sandbox was deleted while something was still to be done in it. */
export class GoneError extends Error {
  override name = 'GoneError'

  constructor(id: string) {
    super(`There is no sandbox '${id}' any more.`)
  }
}

/** A sandbox could not be finished, since the server closes. */
export class ClosingError extends Error {
  override name = 'ClosingError'
}

/** The sandbox that always exists, with well-known credentials. */
export const DEFAULT_SANDBOX = 'default'
