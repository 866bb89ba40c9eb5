import { type Going, goingFrom, iso, parseDate, SettableClock, wallNow } from '../core/clock.ts'
import { randomHex } from '../core/nonce.ts'
import type { Caller, Keyring, Provider } from '../core/provider.ts'
import { DEFAULT_SANDBOX, type NewSandbox, type Sandbox, type Sandboxes } from '../core/sandbox.ts'
import { Secrets } from '../core/secrets.ts'
import type { Contracts } from '../journal/journal.ts'
import { type Database, DatabaseError } from '../store/database.ts'
import { eraseSandbox, eraseStates, readSandboxes, writeSandbox } from '../store/sandboxes.ts'
import { type Filling, Fillings } from './fillings.ts'
import type { Options } from './options.ts'
import { type SandboxRecord, StoredSandbox } from './sandbox.ts'

/** Fixed, so that the default sandbox's credentials are the same everywhere and can be printed in the README. */
const DEFAULT_SECRET = 'runyard/default'

/** The sandboxes in a database. Each is a row, its runs are rows. */
export class StoredSandboxes implements Sandboxes {
  readonly #database: Database
  readonly #providers: readonly Provider[]
  readonly #contracts: Contracts
  readonly #options: Options
  readonly #fillings: Fillings
  readonly #sandboxes = new Map<string, StoredSandbox>()
  readonly #keyrings = new Map<string, Map<string, Caller<unknown>>>()

  /**
   * Opens what the database has, and makes the default sandbox when it has none. Throws DatabaseError when the options
   * ask for other data than it has, and ScenarioError when the scenario cannot be used.
   */
  constructor(database: Database, providers: readonly Provider[], contracts: Contracts, options: Options) {
    this.#database = database
    this.#providers = providers
    this.#contracts = contracts
    this.#options = options
    this.#fillings = new Fillings(database, providers)
    for (const { name } of providers) this.#keyrings.set(name, new Map())
    const records = readSandboxes(database) as Map<string, SandboxRecord>
    const stored = records.get(DEFAULT_SANDBOX)
    records.delete(DEFAULT_SANDBOX)
    this.#openDefault(stored)
    const age = ([id, { created = '' }]: [string, SandboxRecord]): string => `${created} ${id}`
    const byAge = [...records].sort((a, b) => (age(a) < age(b) ? -1 : 1))
    for (const [id, record] of byAge) this.#open(id, record, record.going ?? { ahead: 0 })
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

  create(asked: NewSandbox): Sandbox | undefined {
    const { id = this.#newId() } = asked
    if (this.#sandboxes.has(id)) return undefined
    const { record: standard } = this.#default()
    const { scenario = standard.scenario, seed = standard.seed, fidelity = standard.fidelity } = asked
    const { clock = this.#clockOption(), journalSize = this.#options.journalSize } = asked
    // Undefined when nobody has said: its fidelity decides.
    const rateLimits = asked.rateLimits ?? this.#options.rateLimits
    const now = wallNow()
    const contents = this.#fillings.scenario(scenario)
    const filled = { scenario: contents, seed, fidelity }
    const start = clock === 'live' ? this.#fillings.startBy(now, filled) : clock.now
    const going = goingOf(clock)
    const settings = {
      scenario,
      contents,
      seed,
      fidelity,
      start: iso(start),
      created: iso(now),
      clock,
      going,
      ...(rateLimits !== undefined && { rateLimits }),
      journalSize,
    }
    const sandbox = this.#withNewSecret((secret) => {
      const worlds = this.#fillings.worlds({ ...filled, start }, new Secrets(secret))
      return this.#made(id, { ...settings, secret, worlds }, going)
    })
    this.#fillings.transaction(() => {
      this.#fillings.fill(id, { ...filled, start }, sandbox.secrets, sandbox.record.worlds)
      writeSandbox(this.#database, id, sandbox.record)
    })
    this.#put(sandbox)
    return sandbox
  }

  reset(id: string): Sandbox | undefined {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined) return undefined
    const { record } = sandbox
    const going = goingOf(record.clock ?? this.#clockOption())
    this.#fillings.transaction(() => {
      for (const { name } of this.#providers) sandbox.runs(name).erase()
      eraseStates(this.#database, id)
      this.#fillings.fill(id, fillingOf(record), sandbox.secrets, record.worlds)
      // A file may have been opened with a clock that is before its start.
      this.#rewind(sandbox, new SettableClock(going).now())
      this.#keepGoing(sandbox, going)
    })
    sandbox.renew(going)
    return sandbox
  }

  setClock(id: string, to: (present: number) => number, frozen: boolean): Sandbox | undefined {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined) return undefined
    const now = to(sandbox.clock.now())
    const going = goingFrom(now, frozen)
    this.#fillings.transaction(() => {
      this.#rewind(sandbox, now)
      this.#keepGoing(sandbox, going)
    })
    sandbox.clock.set(going)
    return sandbox
  }

  delete(id: string): boolean {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined) return false
    eraseSandbox(this.#database, id)
    sandbox.retire()
    this.#removeKeys(sandbox)
    this.#sandboxes.delete(id)
    return true
  }

  #openDefault(stored: SandboxRecord | undefined): void {
    const options = this.#options
    const record = stored ?? this.#newDefault()
    for (const name of ['scenario', 'seed', 'fidelity'] as const) {
      if (options[name] === undefined || options[name] === record[name]) continue
      throw new DatabaseError(
        `${options.db} was filled with ${name} ${record[name]}, not ${options[name]}. ` +
          `Leave --${name} out to serve it, or name another file.`,
      )
    }
    const { rateLimits, journalSize } = options
    const settings = {
      ...record,
      wellKnown: true,
      journalSize,
      ...(rateLimits !== undefined && { rateLimits }),
    }
    this.#open(DEFAULT_SANDBOX, settings, goingOf(this.#clockOption()))
  }

  #newDefault(): SandboxRecord {
    const { scenario = 'default', seed = 1, fidelity = 'spec', clock, journalSize } = this.#options
    const contents = this.#fillings.scenario(scenario)
    const start = clock === 'live' ? wallNow() : clock
    const filling = { scenario: contents, seed, fidelity, start }
    const secrets = new Secrets(DEFAULT_SECRET, true)
    const worlds = this.#fillings.worlds(filling, secrets)
    const secret = DEFAULT_SECRET
    const record = { scenario, contents, seed, fidelity, start: iso(start), secret, worlds, journalSize }
    this.#fillings.transaction(() => {
      this.#fillings.fill(DEFAULT_SANDBOX, filling, secrets, worlds)
      writeSandbox(this.#database, DEFAULT_SANDBOX, record)
    })
    return record
  }

  /** A sandbox that the database has, at what its clock reads now. */
  #open(id: string, record: SandboxRecord, going: Going): void {
    const sandbox = this.#made(id, record, going)
    this.#fillings.transaction(() => this.#rewind(sandbox, sandbox.clock.now()))
    this.#put(sandbox)
  }

  /** Takes runs back that show a later instant than `now` (ms): those of its filling, and those that came by hand. */
  #rewind(sandbox: StoredSandbox, now: number): void {
    for (const { name } of this.#providers) {
      const runs = sandbox.runs(name)
      if (runs.settledAt() <= now) continue
      const handmade = runs.handmadeRuns()
      // Without any, they have been cleared, which goes for all times.
      const seeded = runs.hasSeeded()
      runs.erase()
      const { id, record, secrets } = sandbox
      if (seeded)
        this.#fillings.fill(id, fillingOf(record), secrets, record.worlds, { at: now, only: [name] })
      runs.insert(handmade, now, 'by hand')
    }
  }

  /** In the caller's transaction. The default sandbox's clock is an option, and not kept. */
  #keepGoing({ id, record }: StoredSandbox, going: Going): void {
    if (record.going !== undefined) writeSandbox(this.#database, id, { ...record, going })
  }

  #made(id: string, record: SandboxRecord, going: Going): StoredSandbox {
    const [providers, contracts, database] = [this.#providers, this.#contracts, this.#database]
    return new StoredSandbox({ id, record, going, providers, contracts, database })
  }

  #put(sandbox: StoredSandbox): void {
    this.#sandboxes.set(sandbox.id, sandbox)
    for (const [provider, callers] of this.#keyrings) {
      for (const [name, grant] of sandbox.credentials(provider).grants) {
        callers.set(name, { sandbox: sandbox.id, name, grant })
      }
    }
  }

  #removeKeys(sandbox: StoredSandbox): void {
    for (const [provider, callers] of this.#keyrings) {
      for (const name of sandbox.credentials(provider).grants.keys()) callers.delete(name)
    }
  }

  /** What is made with a secret whose credentials nobody else has: the vendors' forms have room for coincidences. */
  #withNewSecret(make: (secret: string) => StoredSandbox): StoredSandbox {
    for (;;) {
      const sandbox = make(randomHex(32))
      const isNew = [...this.#keyrings].every(([provider, callers]) =>
        [...sandbox.credentials(provider).grants.keys()].every((name) => !callers.has(name)),
      )
      if (isNew) return sandbox
    }
  }

  #newId(): string {
    for (;;) {
      const id = `sandbox-${randomHex(4)}`
      if (!this.#sandboxes.has(id)) return id
    }
  }

  #default(): StoredSandbox {
    const sandbox = this.#sandboxes.get(DEFAULT_SANDBOX)
    if (sandbox === undefined) throw new Error('there is always a default sandbox')
    return sandbox
  }

  #clockOption(): 'live' | { readonly now: number; readonly frozen: boolean } {
    const { clock } = this.#options
    return clock === 'live' ? clock : { now: clock, frozen: true }
  }
}

function fillingOf({ contents, seed, fidelity, start }: SandboxRecord): Filling {
  return { scenario: contents, seed, fidelity, start: parseDate(start) ?? 0 }
}

function goingOf(clock: 'live' | { readonly now: number; readonly frozen: boolean }): Going {
  return clock === 'live' ? { ahead: 0 } : goingFrom(clock.now, clock.frozen)
}
