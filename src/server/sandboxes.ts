import { type Going, goingFrom, iso, parseDate, SettableClock, wallNow } from '../core/clock.ts'
import type { Journal } from '../core/journal.ts'
import { randomHex } from '../core/nonce.ts'
import type { Provider } from '../core/provider.ts'
import {
  ClosingError,
  DEFAULT_SANDBOX,
  type NewSandbox,
  type Sandbox,
  type Sandboxes,
} from '../core/sandbox.ts'
import { Secrets } from '../core/secrets.ts'
import { type Database, DatabaseError } from '../store/database.ts'
import { eraseSandbox, eraseStates, readSandboxes, sweepSandboxes, writeSandbox } from '../store/sandboxes.ts'
import { type Filling, Fillings, type Progress } from './fillings.ts'
import type { KeptFillings } from './kept-fillings.ts'
import { KnownSandboxes } from './known-sandboxes.ts'
import type { Options } from './options.ts'
import { type SandboxRecord, StoredSandbox } from './sandbox.ts'

/** Fixed, so that the default sandbox's credentials are the same everywhere and can be printed in the README. */
const DEFAULT_SECRET = 'runyard/default'

/** The sandboxes in a database. Each is a row, its runs are rows. */
export class StoredSandboxes extends KnownSandboxes<StoredSandbox> implements Sandboxes {
  readonly #database: Database
  readonly #providers: readonly Provider[]
  readonly #newJournal: (size: number) => Journal
  readonly #options: Options
  readonly #fillings: Fillings
  /** The ids of sandboxes that are not there yet. */
  readonly #beingMade = new Set<string>()
  readonly #closing = new AbortController()

  private constructor(
    database: Database,
    providers: readonly Provider[],
    newJournal: (size: number) => Journal,
    options: Options,
  ) {
    super(providers)
    this.#database = database
    this.#providers = providers
    this.#newJournal = newJournal
    this.#options = options
    this.#fillings = new Fillings(database, providers)
  }

  /**
   * Opens what the database has, and makes the default sandbox when it has none. Throws DatabaseError when the options
   * ask for other data than it has, and ScenarioError when the scenario cannot be used.
   */
  static async open(
    database: Database,
    providers: readonly Provider[],
    newJournal: (size: number) => Journal,
    options: Options,
    { kept, onProgress }: { readonly kept?: KeptFillings; readonly onProgress?: Progress } = {},
  ): Promise<StoredSandboxes> {
    const sandboxes = new StoredSandboxes(database, providers, newJournal, options)
    sweepSandboxes(database)
    const records = readSandboxes(database) as Map<string, SandboxRecord>
    const stored = records.get(DEFAULT_SANDBOX) ?? (await sandboxes.#newDefault(kept, onProgress))
    records.delete(DEFAULT_SANDBOX)
    sandboxes.#openDefault(stored)
    const age = ([id, { created = '' }]: [string, SandboxRecord]): string => `${created} ${id}`
    const byAge = [...records].sort((a, b) => (age(a) < age(b) ? -1 : 1))
    for (const [id, record] of byAge) sandboxes.#open(id, record, record.going ?? { ahead: 0 })
    return sandboxes
  }

  async create(asked: NewSandbox): Promise<Sandbox | undefined> {
    const { id = this.#newId() } = asked
    if (this.sandboxes.has(id) || this.#beingMade.has(id)) return undefined
    this.#beingMade.add(id)
    try {
      return await this.#create(id, asked)
    } finally {
      this.#beingMade.delete(id)
    }
  }

  async #create(id: string, asked: NewSandbox): Promise<Sandbox> {
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
      clock,
      going,
      ...(rateLimits !== undefined && { rateLimits }),
      journalSize,
    }
    const sandbox = this.#withNewSecret((secret) => {
      const worlds = this.#fillings.worlds({ ...filled, start }, new Secrets(secret))
      return this.#made(id, { ...settings, created: iso(now), secret, worlds }, going)
    })
    const { record, secrets } = sandbox
    const filling = { ...filled, start }
    // Its credentials are nobody else's from now on; they open nothing until it is there.
    this.keyrings.add(sandbox)
    try {
      if (this.#fillings.isLarge(filling)) {
        await this.#fillings.fillByParts(id, filling, secrets, this.#closing.signal)
        writeSandbox(this.#database, id, record)
      } else {
        this.#fillings.transaction(() => {
          this.#fillings.fill(id, filling, secrets, record.worlds)
          writeSandbox(this.#database, id, record)
        })
      }
    } catch (error) {
      this.keyrings.remove(sandbox)
      // When the server closes, there may be nothing to erase from any more: the next to open the file does (`open`).
      if (!this.#closing.signal.aborted) eraseSandbox(this.#database, id)
      throw error
    }
    this.sandboxes.set(id, sandbox)
    return sandbox
  }

  /** Gives up what is still being made: whoever asked for it gets a ClosingError. */
  close(): void {
    this.#closing.abort(new ClosingError('The server closes, and has not made the sandbox.'))
  }

  async reset(id: string): Promise<Sandbox | undefined> {
    const sandbox = this.sandboxes.get(id)
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

  async setClock(id: string, to: (present: number) => number, frozen: boolean): Promise<Sandbox | undefined> {
    const sandbox = this.sandboxes.get(id)
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
    const sandbox = this.sandboxes.get(id)
    if (sandbox === undefined) return false
    eraseSandbox(this.#database, id)
    sandbox.retire()
    this.keyrings.remove(sandbox)
    this.sandboxes.delete(id)
    return true
  }

  #openDefault(record: SandboxRecord): void {
    const options = this.#options
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

  async #newDefault(kept?: KeptFillings, onProgress?: Progress): Promise<SandboxRecord> {
    const { scenario = 'default', seed = 1, fidelity = 'spec', clock, journalSize } = this.#options
    const contents = this.#fillings.scenario(scenario)
    const filled = { scenario: contents, seed, fidelity }
    const found = kept?.find(filled, clock === 'live' ? { by: wallNow() } : { at: clock })
    const start = found?.start ?? (clock === 'live' ? wallNow() : clock)
    const filling = { ...filled, start }
    const secrets = new Secrets(DEFAULT_SECRET, true)
    const secret = DEFAULT_SECRET
    const settings = { scenario, contents, seed, fidelity, start: iso(start), secret, journalSize }
    if (this.#fillings.isLarge(filling)) {
      const worlds = this.#fillings.worlds(filling, secrets)
      const { signal } = this.#closing
      await this.#fillings.fillByParts(DEFAULT_SANDBOX, filling, secrets, signal, onProgress)
      const record = { ...settings, worlds }
      writeSandbox(this.#database, DEFAULT_SANDBOX, record)
      return record
    }
    const { worlds, rows } = found ?? this.#fillings.made(filling, secrets)
    const record = { ...settings, worlds }
    this.#fillings.transaction(() => {
      this.#fillings.fill(DEFAULT_SANDBOX, filling, secrets, worlds, { rows })
      writeSandbox(this.#database, DEFAULT_SANDBOX, record)
    })
    if (found === undefined) kept?.keep(filled, { start, worlds, rows })
    return record
  }

  /** A sandbox that the database has, at what its clock reads now. */
  #open(id: string, record: SandboxRecord, going: Going): void {
    const sandbox = this.#made(id, record, going)
    this.#fillings.transaction(() => this.#rewind(sandbox, sandbox.clock.now()))
    this.sandboxes.set(id, sandbox)
    this.keyrings.add(sandbox)
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
    const [providers, newJournal, database] = [this.#providers, this.#newJournal, this.#database]
    return new StoredSandbox({ id, record, going, providers, newJournal, database })
  }

  /** What is made with a secret whose credentials nobody else has: the vendors' forms have room for coincidences. */
  #withNewSecret(make: (secret: string) => StoredSandbox): StoredSandbox {
    for (;;) {
      const sandbox = make(randomHex(32))
      if (this.keyrings.areNew(sandbox)) return sandbox
    }
  }

  #newId(): string {
    for (;;) {
      const id = `sandbox-${randomHex(4)}`
      if (!this.sandboxes.has(id) && !this.#beingMade.has(id)) return id
    }
  }

  #default(): StoredSandbox {
    const sandbox = this.sandboxes.get(DEFAULT_SANDBOX)
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
