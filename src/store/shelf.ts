import { BoundedMap } from '../core/bounded-map.ts'
import type { Place } from '../core/run.ts'
import type { Database } from './database.ts'
import { Vocabulary } from './facet-block.ts'
import { FacetIndex } from './facet-index.ts'

/** How many places are remembered that somebody read on from, or is likely to. */
const MOST_PLACES = 5_000

/** Counts the editions of all shelves, so that none has a number that any other ever had. */
let editions = 0

/**
 * What is known in memory of one provider's rows in one sandbox. There is one of it for whoever reads or writes these
 * rows, so that what one writes none of the others misses.
 */
export class Shelf {
  /** When the next run changes (ms), or undefined when that has to be looked up. */
  due: number | undefined
  /** How many runs each scope has, those to come too; undefined when they have to be counted. */
  totals: ReadonlyMap<string, number> | undefined
  /** Where runs are, by their ids. */
  readonly places = new BoundedMap<Place>(MOST_PLACES)
  #edition = 0
  #from = 0
  /** The first instant (ms) that is not this edition's. */
  #until = Number.NEGATIVE_INFINITY
  readonly #hear: HearOfRows
  #vocabulary = new Vocabulary()
  readonly #indexes = new Map<string, FacetIndex>()

  /** `hear` is told of rows that come, go or change. */
  constructor(hear: HearOfRows) {
    this.#hear = hear
  }

  /** Of `now` (ms), the number under which every page stays as it is; undefined when a new one has to begin. */
  edition(now: number): number | undefined {
    return this.#from <= now && now < this.#until ? this.#edition : undefined
  }

  /** Begins an edition that is good from `now` on until before `until` (both in ms), and gives its number. */
  begin(now: number, until: number): number {
    this.#from = now
    this.#until = until
    editions += 1
    this.#edition = editions
    return editions
  }

  /** Which runs of the scope have which facets. */
  index(scope: string): FacetIndex {
    const index = this.#indexes.get(scope) ?? new FacetIndex(this.#vocabulary)
    this.#indexes.set(scope, index)
    return index
  }

  /** Some runs came or changed: of others, what is known is still so. */
  changed(runs: readonly Place[]): void {
    this.#hear(runs)
    for (const run of runs) this.#indexes.get(run.scope)?.forget(run)
    this.#endEdition()
  }

  /** Whatever is known is so no more: rows came, went or changed. */
  end(): void {
    this.#hear(undefined)
    this.#vocabulary = new Vocabulary()
    for (const index of this.#indexes.values()) index.forgetRuns()
    this.#indexes.clear()
    this.places.clear()
    this.#endEdition()
  }

  #endEdition(): void {
    this.due = undefined
    this.totals = undefined
    this.#until = Number.NEGATIVE_INFINITY
  }
}

/** Hears of the runs that came or changed; undefined for any. */
type HearOfRows = (runs: readonly Place[] | undefined) => void

/** Who hears of what becomes of a database's rows. */
const listeners = new WeakMap<Database, HearOfAll>()
type HearOfAll = (sandbox: string, provider: string, runs: readonly Place[] | undefined) => void

/** Has `hear` told of all rows that come, go or change in a database from now on; undefined: of whichever runs. */
export function hearOfRows(database: Database, hear: HearOfAll): void {
  listeners.set(database, hear)
}

const shelves = new WeakMap<Database, Map<string, Map<string, Shelf>>>()

/** The shelf of a provider's rows in a sandbox: the same for everyone who asks, until the sandbox is erased. */
export function shelfOf(database: Database, sandbox: string, provider: string): Shelf {
  const sandboxes = shelves.get(database) ?? new Map<string, Map<string, Shelf>>()
  shelves.set(database, sandboxes)
  const providers = sandboxes.get(sandbox) ?? new Map<string, Shelf>()
  sandboxes.set(sandbox, providers)
  const hear: HearOfRows = (runs) => listeners.get(database)?.(sandbox, provider, runs)
  const shelf = providers.get(provider) ?? new Shelf(hear)
  providers.set(provider, shelf)
  return shelf
}

/** Forgets the shelves of a sandbox that is no more. Another of its id has shelves, and editions, of its own. */
export function dropShelves(database: Database, sandbox: string): void {
  for (const shelf of shelves.get(database)?.get(sandbox)?.values() ?? []) shelf.end()
  shelves.get(database)?.delete(sandbox)
}

/** Forgets all shelves of a database that is closed. */
export function dropAllShelves(database: Database): void {
  for (const sandbox of [...(shelves.get(database)?.keys() ?? [])]) dropShelves(database, sandbox)
}
