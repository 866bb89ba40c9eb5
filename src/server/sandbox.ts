import { type Going, iso, SettableClock, wallNow } from '../core/clock.ts'
import type { Faults } from '../core/fault.ts'
import type { Fidelity } from '../core/fidelity.ts'
import type { Journal } from '../core/journal.ts'
import type { JsonObject } from '../core/json.ts'
import type { Credentials, Provider, Quota, RateLimit } from '../core/provider.ts'
import type { Random } from '../core/random.ts'
import { GoneError, type Sandbox } from '../core/sandbox.ts'
import { Secrets } from '../core/secrets.ts'
import type { State } from '../core/state.ts'
import { SandboxFaults } from '../faults/faults.ts'
import { Limiter } from '../http/limiter.ts'
import { seededRandom } from '../seed/random.ts'
import type { Scenario } from '../seed/scenario.ts'
import type { Database } from '../store/database.ts'
import { SqliteRuns } from '../store/runs.ts'
import { SqliteState } from '../store/states.ts'
import type { Worlds } from './fillings.ts'

/** A sandbox as its row keeps it. */
export interface SandboxRecord {
  /** Its name or path, and what it said when the sandbox was made: a file may change. */
  readonly scenario: string
  readonly contents: Scenario
  readonly seed: number
  /** Decides what the data holds too: `live` has states that no document knows. */
  readonly fidelity: Fidelity
  /** ISO: the moment its data was built around. */
  readonly start: string
  /** What its credentials follow from. */
  readonly secret: string
  /** Whether everybody knows the secret. */
  readonly wellKnown?: boolean
  readonly worlds: Worlds
  /** ISO, on the wall clock. */
  readonly created?: string
  /** How its clock was to go when it was new, and how it goes. Absent of `default`, whose clock is an option. */
  readonly clock?: 'live' | { readonly now: number; readonly frozen: boolean }
  readonly going?: Going
  /** Absent: in `live` fidelity. */
  readonly rateLimits?: boolean
  readonly journalSize: number
}

/** What a sandbox's parts are made of. */
export interface SandboxParts {
  readonly id: string
  readonly record: SandboxRecord
  readonly going: Going
  readonly providers: readonly Provider[]
  /** A journal that keeps so many exchanges. */
  readonly newJournal: (size: number) => Journal
  readonly database: Database
}

/** A sandbox whose runs are rows, and whose faults, counters and journal are in memory. */
export class StoredSandbox implements Sandbox {
  readonly id: string
  readonly fidelity: Fidelity
  readonly clock: SettableClock
  readonly secrets: Secrets
  readonly rateLimits: boolean
  readonly record: SandboxRecord
  readonly journal: Journal
  #faults: Faults
  #limiter = new Limiter()
  #isGone = false
  readonly #credentials = new Map<string, Credentials<unknown>>()
  readonly #runs = new Map<string, SqliteRuns>()
  readonly #states = new Map<string, State>()

  constructor({ id, record, going, providers, newJournal, database }: SandboxParts) {
    this.id = id
    this.record = record
    this.fidelity = record.fidelity
    this.clock = new SettableClock(going)
    this.rateLimits = record.rateLimits ?? record.fidelity === 'live'
    this.secrets = new Secrets(record.secret, record.wellKnown)
    this.#faults = this.#noFaults()
    this.journal = newJournal(record.journalSize)
    for (const provider of providers) {
      const { name, next } = provider
      this.#credentials.set(name, provider.credentials(record.worlds[name], this.secrets))
      const now = (): number => this.clock.now()
      const check = (): void => this.#check()
      this.#runs.set(name, new SqliteRuns(database, id, name, next, now, check))
      this.#states.set(name, new SqliteState(database, id, name, wallNow, check))
    }
  }

  get faults(): Faults {
    return this.#faults
  }

  /** Has it go on as if it were new, but for its rows: with this clock, no faults, nothing counted, no journal. */
  renew(going: Going): void {
    this.clock.set(going)
    this.#faults = this.#noFaults()
    this.#limiter = new Limiter()
    this.journal.clear()
  }

  /** Whoever still holds it can do nothing with it any more. */
  retire(): void {
    this.#isGone = true
  }

  #check(): void {
    if (this.#isGone) throw new GoneError(this.id)
  }

  #noFaults(): Faults {
    return new SandboxFaults((label) => this.random(label))
  }

  count(provider: string, limit: RateLimit): Quota {
    return this.#limiter.hit(provider, limit, this.clock.now())
  }

  runs(provider: string): SqliteRuns {
    return found(this.#runs.get(provider), provider)
  }

  state(provider: string): State {
    return found(this.#states.get(provider), provider)
  }

  world(provider: string): unknown {
    return this.record.worlds[provider]
  }

  credentials(provider: string): Credentials<unknown> {
    return found(this.#credentials.get(provider), provider)
  }

  random(label: string): Random {
    return seededRandom(this.record.seed, `sandbox/${label}`)
  }

  async describe(server: string): Promise<JsonObject> {
    const counts: Record<string, number> = {}
    const credentials: JsonObject = {}
    const env: Record<string, string> = {}
    for (const [provider, { view, env: variables }] of this.#credentials) {
      const scopes = await this.runs(provider).counts()
      counts[provider] = [...scopes.values()].reduce((sum, runs) => sum + runs, 0)
      credentials[provider] = view(server, (scope) => scopes.get(scope) ?? 0)
      Object.assign(env, variables(server))
    }
    const { scenario, seed, journalSize } = this.record
    return {
      id: this.id,
      scenario,
      seed,
      fidelity: this.fidelity,
      rateLimits: this.rateLimits,
      journalSize,
      clock: { now: iso(this.clock.now()), frozen: this.clock.frozen },
      baseUrl: server,
      counts,
      credentials,
      env,
    }
  }
}

function found<T>(value: T | undefined, provider: string): T {
  if (value === undefined) throw new Error(`no provider ${provider}`)
  return value
}
