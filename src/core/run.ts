import type { Json, JsonObject } from './json.ts'

/** A run's place in its scope's history, which reads newest first: by `createdAt`, then by `id`. */
export interface Key {
  /** ms since the epoch */
  readonly createdAt: number
  readonly id: string
}

/** The values a run can be filtered by, by facet name. */
export type Facets = Readonly<Record<string, string | readonly string[]>>

/** One run of one provider, as it is stored. */
export interface Run extends Key {
  /** What a credential opens: an environment, an automation, a tenant. Cursors never reach outside it. */
  readonly scope: string
  readonly facets: Facets
  /** The run in its provider's own form; `present` makes the vendor's wire form of it. */
  readonly body: JsonObject
  /** What lies ahead of the run, in its provider's own form; null when nothing does. */
  readonly plan: Json
}

/** A run's next change: when (ms), and the run after it. */
export interface Change {
  readonly at: number
  readonly run: Run
}

/**
 * The pure state machine of a provider's runs: the next change, or null when the run has come to rest. All changes by
 * `until` (ms) may come as one, the last of them: then only the run after it is made.
 */
export type Next = (run: Run, until?: number) => Change | null

/** Which runs, in what range: always newest first, whichever direction is read. */
export interface RunQuery {
  readonly scope: string
  /** All must hold. A filter holds when the run's facet has any of the values. */
  readonly filters: readonly Filter[]
  /** Inclusive bounds of `createdAt`, in ms. */
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly seek?: Seek | undefined
  /** How many at most; negative for no bound. */
  readonly limit: number
}

export interface Filter {
  readonly facet: string
  readonly anyOf: readonly string[]
}

/** Read on from a place: `older` runs than the key (the usual direction) or `newer` ones, the key itself excluded. */
export interface Seek {
  readonly direction: 'older' | 'newer'
  readonly key: Key
}

export interface Page {
  /** Newest first, in both directions. */
  readonly items: readonly Run[]
  /** Whether more runs follow in the direction that was read. */
  readonly hasMore: boolean
}

/** One provider's runs in one sandbox. For its readers, only runs created by the sandbox's now exist. */
export interface RunStore {
  /**
   * Applies what is due, and gives a number: as long as it is the same, the same query has the same page. None is ever
   * given again, by no store of this process, once another has been given.
   */
  edition(): number
  list(query: RunQuery): Promise<Page>
  /** The run's place, looked up inside `scope` only. */
  locate(scope: string, id: string): Promise<Key | undefined>
  /** How many runs each scope holds. */
  counts(): Promise<ReadonlyMap<string, number>>
  /** Every scope's runs, scope by scope and each newest first, from after that place on. */
  all(from: Place | undefined, limit: number): Promise<Page>
  /**
   * Puts runs in by hand, all or none, each as it stands by the sandbox's now. `make` is told how many were put in by hand
   * before, and nothing comes between its making and their being there; what it throws is thrown. Gives the runs, and of
   * their ids those that there were already: if any, none was put in.
   */
  add(make: (before: number) => readonly Run[]): Promise<{ runs: readonly Run[]; taken: readonly string[] }>
  /** Takes all runs away, those to come too. */
  clear(): Promise<void>
}

/** A run's place among those of all scopes. */
export interface Place extends Key {
  readonly scope: string
}

/** The run as it stands at `now`, and when it changes next (ms, or null). */
export function settle(run: Run, now: number, next: Next): { run: Run; due: number | null } {
  let current = run
  for (;;) {
    const change = next(current, now)
    if (change === null) return { run: current, due: null }
    if (change.at > now) return { run: current, due: change.at }
    current = change.run
  }
}
