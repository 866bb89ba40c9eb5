import { SettableClock, wallNow } from '../../core/clock.ts'
import { Elsewhere } from '../../core/elsewhere.ts'
import type { Faults } from '../../core/fault.ts'
import type { Fidelity } from '../../core/fidelity.ts'
import type { Journal } from '../../core/journal.ts'
import type { Credentials, Provider } from '../../core/provider.ts'
import type { RunStore } from '../../core/run.ts'
import { GoneError, type Sandbox } from '../../core/sandbox.ts'
import { Secrets } from '../../core/secrets.ts'
import type { State } from '../../core/state.ts'
import type { Database } from '../../store/database.ts'
import { SqliteRuns } from '../../store/runs.ts'
import { SqliteState } from '../../store/states.ts'
import type { SandboxRecord } from '../sandbox.ts'
import type { SandboxNews } from './messages.ts'
import type { Outbox } from './outbox.ts'

/** What the replicas of a worker have in common. */
export interface Copied {
  readonly providers: readonly Provider[]
  /** The leader's, to read. */
  readonly database: Database
  readonly outbox: Outbox
}

/**
 * A sandbox in a worker. It reads rows and follows the clock; whatever would change something, or is not known here, is
 * asked of it in vain: it throws `Elsewhere`.
 */
export class ReplicaSandbox implements Sandbox {
  readonly id: string
  readonly life: number
  readonly fidelity: Fidelity
  readonly clock: SettableClock
  readonly secrets: Secrets
  readonly rateLimits: boolean
  readonly journal: Journal
  readonly faults: Faults
  readonly #record: SandboxRecord
  readonly #credentials = new Map<string, Credentials<unknown>>()
  readonly #runs = new Map<string, RunStore>()
  readonly #states = new Map<string, State>()
  #isPlain: boolean
  #isGone = false

  constructor({ id, life, going, isPlain }: SandboxNews, record: SandboxRecord, copied: Copied) {
    const { providers, database, outbox } = copied
    this.id = id
    this.life = life
    this.fidelity = record.fidelity
    this.rateLimits = record.rateLimits ?? record.fidelity === 'live'
    this.clock = new SettableClock(going)
    this.secrets = new Secrets(record.secret, record.wellKnown)
    this.journal = outbox.journal(id, life, elsewhere)
    this.faults = faultsOf(() => this.#answersHere())
    this.#record = record
    this.#isPlain = isPlain
    for (const provider of providers) {
      const { name, next } = provider
      this.#credentials.set(name, provider.credentials(record.worlds[name], this.secrets))
      const now = (): number => this.clock.now()
      const check = (): void => this.#answersHere()
      this.#runs.set(name, new SqliteRuns(database, id, name, next, now, check))
      this.#states.set(name, readOnly(new SqliteState(database, id, name, wallNow, check)))
    }
  }

  /** What has become of it. */
  learn({ going, isPlain }: SandboxNews): void {
    this.clock.set(going)
    this.#isPlain = isPlain
  }

  /** Whoever still holds it can do nothing with it any more. */
  retire(): void {
    this.#isGone = true
  }

  count(): never {
    return elsewhere()
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

  random(): never {
    return elsewhere()
  }

  async describe(): Promise<never> {
    return elsewhere()
  }

  #answersHere(): void {
    if (this.#isGone) throw new GoneError(this.id)
    if (!this.#isPlain) elsewhere()
  }
}

function elsewhere(): never {
  throw new Elsewhere()
}

/** None, as far as `check` lets anybody know. */
function faultsOf(check: () => void): Faults {
  return {
    get size() {
      check()
      return 0
    },
    strike() {
      check()
      return undefined
    },
    add: elsewhere,
    list: elsewhere,
    get: elsewhere,
    remove: elsewhere,
    clear: elsewhere,
  }
}

function readOnly(state: State): State {
  return {
    get: (kind, key) => state.get(kind, key),
    put: async () => elsewhere(),
    take: async () => elsewhere(),
  }
}

function found<T>(value: T | undefined, provider: string): T {
  if (value === undefined) throw new Error(`no provider ${provider}`)
  return value
}
