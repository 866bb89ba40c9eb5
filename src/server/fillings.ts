import type { Fidelity } from '../core/fidelity.ts'
import type { Provider } from '../core/provider.ts'
import type { Secrets } from '../core/secrets.ts'
import { seededRandom } from '../seed/random.ts'
import { type Scenario, Scenarios } from '../seed/scenario.ts'
import type { Database } from '../store/database.ts'
import { SqliteRuns } from '../store/runs.ts'
import { type Template, Templates } from '../store/templates.ts'
import { FOLDERS } from './folders.ts'

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

interface Kept {
  /** What was filled with, but for the start. */
  readonly kind: string
  readonly start: number
  readonly template: Template
  /** By provider. */
  readonly ids: ReadonlyMap<string, readonly string[]>
}

/** How many fillings are kept as templates, and how large (in runs) one may be. */
const MOST_TEMPLATES = 4
const LARGEST_TEMPLATE = 20_000
/** How many ids of a world a copy can rename: they are one expression of SQL, which has its bounds. */
const MOST_IDS = 200
/** How old (ms) data may be that a sandbox on the wall clock begins with. */
const FRESH = 600_000

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
    this.#scenarios = new Scenarios(FOLDERS.seeds, providers)
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

  /**
   * Fills an empty sandbox with the runs of these providers (all when left out) as they stand at `at` (ms, the start when
   * left out), within `transaction`. `worlds`: those of the filling with these secrets.
   */
  fill(
    sandbox: string,
    filling: Filling,
    secrets: Secrets,
    worlds: Worlds,
    { at = filling.start, only }: { readonly at?: number; readonly only?: readonly string[] } = {},
  ): void {
    const providers = this.#providers.filter(({ name }) => only?.includes(name) ?? true)
    // A template has been settled at the start, and no run can be taken back from there.
    const kept = at >= filling.start ? this.#find(filling) : undefined
    let runs = 0
    for (const provider of providers) {
      const { name, seeds, next } = provider
      const store = new SqliteRuns(this.#database, sandbox, name, next, () => at)
      if (kept === undefined) {
        runs += store.insert(this.#build(provider, filling, secrets).runs, Math.min(at, filling.start))
      } else {
        const to = seeds.ids?.(worlds[name]) ?? []
        this.#templates.copy(kept.template, name, sandbox, { from: kept.ids.get(name) ?? [], to })
        store.settledBy(filling.start)
      }
    }
    const isWhole = at === filling.start && providers.length === this.#providers.length
    if (kept === undefined && isWhole && runs <= LARGEST_TEMPLATE) this.#keep(sandbox, filling, worlds)
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

function kindOf({ scenario, seed, fidelity }: Omit<Filling, 'start'>): string {
  return JSON.stringify([scenario, seed, fidelity])
}
