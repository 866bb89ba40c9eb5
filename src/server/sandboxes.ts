import { type Clock, frozenClock, iso, liveClock, wallNow } from '../core/clock.ts'
import type { Fidelity } from '../core/fidelity.ts'
import type { JsonObject } from '../core/json.ts'
import type { Caller, Credentials, Keyring, Provider } from '../core/provider.ts'
import type { RunStore } from '../core/run.ts'
import { DEFAULT_SANDBOX, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import { Secrets } from '../core/secrets.ts'
import type { State } from '../core/state.ts'
import { seededRandom } from '../seed/random.ts'
import { loadScenario } from '../seed/scenario.ts'
import { type Database, DatabaseError } from '../store/database.ts'
import { SqliteRuns } from '../store/runs.ts'
import { readSandbox, writeSandbox } from '../store/sandboxes.ts'
import { SqliteState } from '../store/states.ts'
import { FOLDERS } from './folders.ts'
import type { Options } from './options.ts'

/** A sandbox as its row keeps it. */
interface SandboxRecord {
  readonly scenario: string
  readonly seed: number
  /** Decides what the data holds too: `live` has states that no document knows. */
  readonly fidelity: Fidelity
  /** ISO: the moment its data was built around. */
  readonly start: string
  /** What its credentials follow from. */
  readonly secret: string
  readonly worlds: Readonly<Record<string, unknown>>
}

/** Fixed, so that the default sandbox's credentials are the same everywhere and can be printed in the README. */
const DEFAULT_SECRET = 'runyard/default'

/** The sandboxes in a database. Each is a row, its runs are rows. */
export class StoredSandboxes implements Sandboxes {
  readonly #database: Database
  readonly #providers: readonly Provider[]
  readonly #sandboxes = new Map<string, StoredSandbox>()
  readonly #keyrings = new Map<string, Map<string, Caller<unknown>>>()

  constructor(database: Database, providers: readonly Provider[]) {
    this.#database = database
    this.#providers = providers
    for (const { name } of providers) this.#keyrings.set(name, new Map())
  }

  list(): readonly Sandbox[] {
    return [...this.#sandboxes.values()]
  }

  get(id: string): Sandbox | undefined {
    return this.#sandboxes.get(id)
  }

  keyring(provider: string): Keyring<unknown> {
    const callers = this.#keyrings.get(provider)
    return { find: async (name) => callers?.get(name) }
  }

  /**
   * Makes the default sandbox, or takes it as the database has it. Throws DatabaseError when the options ask for other
   * data than it has, and ScenarioError when the scenario cannot be used.
   */
  openDefault(options: Options): Sandbox {
    const stored = readSandbox(this.#database, DEFAULT_SANDBOX) as SandboxRecord | undefined
    const record = stored ?? this.#build(options)
    for (const name of ['scenario', 'seed', 'fidelity'] as const) {
      if (options[name] === undefined || options[name] === record[name]) continue
      throw new DatabaseError(
        `${options.db} was filled with ${name} ${record[name]}, not ${options[name]}. ` +
          `Leave --${name} out to serve it, or name another file.`,
      )
    }
    const { clock, rateLimits = record.fidelity === 'live' } = options
    const sandbox = new StoredSandbox({
      id: DEFAULT_SANDBOX,
      record,
      clock: clock === 'live' ? liveClock : frozenClock(clock),
      rateLimits,
      providers: this.#providers,
      database: this.#database,
    })
    this.#sandboxes.set(sandbox.id, sandbox)
    for (const [provider, callers] of this.#keyrings) {
      for (const [name, grant] of sandbox.credentials(provider).grants) {
        callers.set(name, { sandbox: sandbox.id, name, grant })
      }
    }
    return sandbox
  }

  #build({ scenario = 'default', seed = 1, fidelity = 'spec', clock }: Options): SandboxRecord {
    const start = clock === 'live' ? wallNow() : clock
    const { days, sections } = loadScenario(FOLDERS.seeds, scenario, this.#providers)
    const secrets = new Secrets(DEFAULT_SECRET)
    return this.#database.transaction(() => {
      const worlds: Record<string, unknown> = {}
      for (const { name, seeds, next } of this.#providers) {
        const random = seededRandom(seed, name)
        const { world, runs } = seeds.build({
          section: sections[name] ?? {},
          fidelity,
          start,
          days,
          random,
          secrets,
        })
        worlds[name] = world
        new SqliteRuns(this.#database, DEFAULT_SANDBOX, name, next, () => start).insert(runs, start)
      }
      const record: SandboxRecord = {
        scenario,
        seed,
        fidelity,
        start: iso(start),
        secret: DEFAULT_SECRET,
        worlds,
      }
      writeSandbox(this.#database, DEFAULT_SANDBOX, record)
      return record
    })
  }
}

interface SandboxParts {
  readonly id: string
  readonly record: SandboxRecord
  readonly clock: Clock
  readonly rateLimits: boolean
  readonly providers: readonly Provider[]
  readonly database: Database
}

class StoredSandbox implements Sandbox {
  readonly id: string
  readonly fidelity: Fidelity
  readonly clock: Clock
  readonly rateLimits: boolean
  readonly secrets: Secrets
  readonly #credentials = new Map<string, Credentials<unknown>>()
  readonly #record: SandboxRecord
  readonly #runs = new Map<string, RunStore>()
  readonly #states = new Map<string, State>()

  constructor({ id, record, clock, rateLimits, providers, database }: SandboxParts) {
    this.id = id
    this.clock = clock
    this.fidelity = record.fidelity
    this.rateLimits = rateLimits
    this.secrets = new Secrets(record.secret)
    this.#record = record
    for (const provider of providers) {
      const { name, next } = provider
      this.#credentials.set(name, provider.credentials(record.worlds[name], this.secrets))
      this.#runs.set(name, new SqliteRuns(database, id, name, next, () => clock.now()))
      this.#states.set(name, new SqliteState(database, id, name, wallNow))
    }
  }

  runs(provider: string): RunStore {
    return found(this.#runs.get(provider), provider)
  }

  state(provider: string): State {
    return found(this.#states.get(provider), provider)
  }

  world(provider: string): unknown {
    return this.#record.worlds[provider]
  }

  credentials(provider: string): Credentials<unknown> {
    return found(this.#credentials.get(provider), provider)
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
    const { scenario, seed } = this.#record
    const clock = { now: iso(this.clock.now()), frozen: this.clock.frozen }
    return {
      id: this.id,
      scenario,
      seed,
      fidelity: this.fidelity,
      clock,
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
