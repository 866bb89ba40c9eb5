import { readFileSync } from 'node:fs'
import type { Fidelity } from '../core/fidelity.ts'
import type { Provider } from '../core/provider.ts'
import type { Secrets } from '../core/secrets.ts'
import { seededRandom } from '../seed/random.ts'
import { readScenariosFile, type Scenario, Scenarios } from '../seed/scenario.ts'
import { builtFile } from '../spec/built.ts'
import { compileScenario } from '../spec/compile.ts'
import type { Database } from '../store/database.ts'
import { type SettledRun, settledRun } from '../store/rows.ts'
import { SqliteRuns } from '../store/runs.ts'
import { type Template, Templates } from '../store/templates.ts'
import type { Job } from './batches.ts'
import { FOLDERS } from './folders.ts'
import { Generation } from './generation.ts'

/** What a sandbox is filled with: same filling and secrets, same bytes. */
export interface Filling {
  readonly scenario: Scenario
  readonly seed: number
  /** Decides what the data holds too: `live` has states that no document knows. */
  readonly fidelity: Fidelity
  /** The instant (ms) that the data is built around. */
  readonly start: number
}

/** The standing data of each provider, by its name. */
export type Worlds = Readonly<Record<string, unknown>>

/** The runs of each provider as they stand at the start, by its name. */
export type Rows = Readonly<Record<string, readonly SettledRun[]>>

interface Kept {
  /** What was filled with, but for the start. */
  readonly kind: string
  readonly start: number
  readonly template: Template
  /** By provider. */
  readonly ids: ReadonlyMap<string, readonly string[]>
}

/** Told how many runs there are by now, and of about how many. */
export type Progress = (done: number, size: number) => void

/** How many fillings are kept as templates. */
const MOST_TEMPLATES = 4
/** How many runs are made in this thread, where everybody waits for them. More are not kept as a template either. */
const MOST_IN_LINE = 20_000
/** How many ids of a world a copy can rename: they are one expression of SQL, which has its bounds. */
const MOST_IDS = 200
/** How old (ms) data may be that a sandbox on the wall clock begins with. */
export const FRESH = 600_000

/** Fills sandboxes. What was generated once is copied for the next sandbox that is filled alike. */
export class Fillings {
  readonly #database: Database
  readonly #providers: readonly Provider[]
  readonly #scenarios: Scenarios
  readonly #templates: Templates
  /** The one used last at the end. */
  #kept: Kept[] = []
  /** Made in a transaction that is not over. */
  #made: Kept[] = []

  constructor(database: Database, providers: readonly Provider[]) {
    this.#database = database
    this.#providers = providers
    this.#scenarios = new Scenarios(FOLDERS.seeds, providers, compileScenario, readBefore(providers))
    this.#templates = new Templates(database)
  }

  /** The scenario of that name or path. Throws ScenarioError. */
  scenario(name: string): Scenario {
    return this.#scenarios.load(name)
  }

  /** The start for a sandbox on the wall clock: that of a template made a moment ago, if there is one, else `now` (ms). */
  startBy(now: number, filling: Omit<Filling, 'start'>): number {
    const kind = kindOf(filling)
    const fresh = this.#kept.findLast(
      (kept) => kept.kind === kind && kept.start <= now && now - kept.start < FRESH,
    )
    return fresh?.start ?? now
  }

  /** The worlds of a sandbox with these secrets. */
  worlds(filling: Filling, secrets: Secrets): Worlds {
    return Object.fromEntries(
      this.#providers.map((provider) => [provider.name, this.#build(provider, filling, secrets).world]),
    )
  }

  /** Whether it has more runs than can be made while everybody waits. */
  isLarge(filling: Filling): boolean {
    return this.#sizeOf(filling, this.#providers) > MOST_IN_LINE
  }

  /**
   * Fills an empty sandbox with the runs of these providers (all when left out) as they stand at `at` (ms, the start when
   * left out), within `transaction`. `worlds`: those of the filling with these secrets. `rows`: all of its runs, where
   * they are there already.
   */
  fill(
    sandbox: string,
    filling: Filling,
    secrets: Secrets,
    worlds: Worlds,
    {
      at = filling.start,
      only,
      rows,
    }: { readonly at?: number; readonly only?: readonly string[]; readonly rows?: Rows } = {},
  ): void {
    const providers = this.#providers.filter(({ name }) => only?.includes(name) ?? true)
    // A template has been settled at the start, and no run can be taken back from there.
    const kept = at >= filling.start ? this.#find(filling) : undefined
    const settledAt = Math.min(at, filling.start)
    if (kept === undefined && this.#sizeOf(filling, providers) > MOST_IN_LINE) {
      for (const { name } of providers) this.#runs(sandbox, name, at).settledBy(settledAt)
      const parts = this.#generations(providers, filling, secrets, settledAt)
      try {
        for (const batch of inTurns(parts.map((part) => part.batchesAtOnce())))
          this.#runs(sandbox, batch.provider, at).insertRows(batch.rows, settledAt)
      } finally {
        // What was never read from does not end by itself.
        for (const part of parts) void part.end()
      }
      return
    }
    let runs = 0
    for (const provider of providers) {
      const { name, seeds } = provider
      const store = this.#runs(sandbox, name, at)
      if (kept === undefined) {
        runs += store.insertRows(rows?.[name] ?? this.#rows(provider, filling, secrets, settledAt), settledAt)
      } else {
        const to = seeds.ids?.(worlds[name]) ?? []
        this.#templates.copy(kept.template, name, sandbox, { from: kept.ids.get(name) ?? [], to })
        store.settledBy(filling.start)
      }
    }
    const isWhole = at === filling.start && providers.length === this.#providers.length
    if (kept === undefined && isWhole && runs <= MOST_IN_LINE) this.#keep(sandbox, filling, worlds)
  }

  /**
   * Fills an empty sandbox with all runs as they stand at the start, while others are answered: outside of transactions, a
   * part at a time. `signal` ends it with its reason, `onProgress` is told how many runs there are so far, of about how many.
   */
  async fillByParts(
    sandbox: string,
    filling: Filling,
    secrets: Secrets,
    signal: AbortSignal,
    onProgress: Progress = () => {},
  ): Promise<void> {
    const { start } = filling
    const size = this.#sizeOf(filling, this.#providers)
    for (const { name } of this.#providers) this.#runs(sandbox, name, start).settledBy(start)
    let done = 0
    // One that fails ends the others.
    const failed = new AbortController()
    const ending = AbortSignal.any([signal, failed.signal])
    const write = async (part: Generation): Promise<void> => {
      try {
        for await (const { provider, rows } of part.batches(ending)) {
          const store = this.#runs(sandbox, provider, start)
          this.#database.transaction(() => store.insertRows(rows, start))
          done += rows.length
          onProgress(done, size)
        }
      } catch (error) {
        failed.abort(error)
        throw error
      }
    }
    const parts = this.#generations(this.#providers, filling, secrets, start)
    const ended = await Promise.allSettled(parts.map(write))
    const first = ended.find((part) => part.status === 'rejected')
    if (first !== undefined) throw ending.reason ?? first.reason
  }

  /** The worlds, and the runs of each provider as they stand at the start: all that there is to be kept. */
  made(filling: Filling, secrets: Secrets): { readonly worlds: Worlds; readonly rows: Rows } {
    const worlds: Record<string, unknown> = {}
    const rows: Record<string, readonly SettledRun[]> = {}
    for (const provider of this.#providers) {
      const { name, next } = provider
      const { world, runs } = this.#build(provider, filling, secrets)
      worlds[name] = world
      rows[name] = Array.from(runs, (run) => settledRun(run, filling.start, next))
    }
    return { worlds, rows }
  }

  /** All of `work`, which fills sandboxes, or nothing of it. */
  transaction<T>(work: () => T): T {
    try {
      const result = this.#database.transaction(work)
      this.#kept.push(...this.#made)
      while (this.#kept.length > MOST_TEMPLATES) {
        const oldest = this.#kept.shift()
        if (oldest !== undefined) this.#templates.drop(oldest.template)
      }
      return result
    } finally {
      this.#made = []
    }
  }

  #runs(sandbox: string, provider: string, at: number): SqliteRuns {
    const next = this.#providers.find(({ name }) => name === provider)?.next ?? (() => null)
    return new SqliteRuns(this.#database, sandbox, provider, next, () => at)
  }

  *#rows(provider: Provider, filling: Filling, secrets: Secrets, at: number): Generator<SettledRun> {
    const { next } = provider
    for (const run of this.#build(provider, filling, secrets).runs) yield settledRun(run, at, next)
  }

  #sizeOf({ scenario: { sections } }: Filling, providers: readonly Provider[]): number {
    return providers.reduce((sum, { name, seeds }) => sum + (seeds.size?.(sections[name] ?? {}) ?? 0), 0)
  }

  /** In two threads, of which one has the provider with the most runs: so that both cores are at work until the end. */
  #generations(providers: readonly Provider[], filling: Filling, secrets: Secrets, at: number): Generation[] {
    const size = (provider: Provider): number => this.#sizeOf(filling, [provider])
    const asked = providers.filter((provider) => provider.seeds.size === undefined || size(provider) > 0)
    const [largest, ...others] = asked.toSorted((a, b) => size(b) - size(a))
    const parts = [largest === undefined ? [] : [largest], others]
    return parts
      .filter((part) => part.length > 0)
      .map((part): Job => {
        const names = part.map(({ name }) => name)
        return { ...filling, providers: names, secret: secrets.parts(), at }
      })
      .map((job) => new Generation(job))
  }

  #build(
    { name, seeds }: Provider,
    { scenario: { days, sections }, seed, fidelity, start }: Filling,
    secrets: Secrets,
  ) {
    const random = seededRandom(seed, name)
    return seeds.build({ section: sections[name] ?? {}, fidelity, start, days, random, secrets })
  }

  #find(filling: Filling): Kept | undefined {
    const kind = kindOf(filling)
    const kept = this.#kept.find((kept) => kept.kind === kind && kept.start === filling.start)
    if (kept !== undefined) this.#kept = [...this.#kept.filter((other) => other !== kept), kept]
    return kept
  }

  #keep(sandbox: string, filling: Filling, worlds: Worlds): void {
    const ids = new Map(
      this.#providers.map(({ name, seeds }): [string, readonly string[]] => [
        name,
        seeds.ids?.(worlds[name]) ?? [],
      ]),
    )
    if ([...ids.values()].some((texts) => texts.length > MOST_IDS)) return
    const template = this.#templates.keep(sandbox, ids)
    this.#made.push({ kind: kindOf(filling), start: filling.start, ids, template })
  }
}

/** The scenarios that the build has read: to read one takes a start longer than to find it. */
function readBefore(providers: readonly Provider[]): [text: string, Scenario][] {
  const path = builtFile(readScenariosFile(providers))
  return path === undefined ? [] : JSON.parse(readFileSync(path, 'utf8'))
}

/** An item of each in turn, until all are at their end. */
function* inTurns<T>(sources: readonly Generator<T>[]): Generator<T> {
  const left = new Set(sources)
  try {
    while (left.size > 0) {
      for (const source of left) {
        const { done, value } = source.next()
        if (done) left.delete(source)
        else yield value
      }
    }
  } finally {
    for (const source of left) source.return(undefined)
  }
}

/** Everything that decides what is made, but for the start. */
export function kindOf({ scenario, seed, fidelity }: Omit<Filling, 'start'>): string {
  return JSON.stringify([scenario, seed, fidelity])
}
