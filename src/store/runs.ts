import { setImmediate } from 'node:timers/promises'
import { FURTHEST } from '../core/clock.ts'
import { Elsewhere } from '../core/elsewhere.ts'
import {
  type Key,
  type Next,
  type Page,
  type Place,
  type Run,
  type RunQuery,
  type RunStore,
  settle,
} from '../core/run.ts'
import type { Database } from './database.ts'
import { rangeOf } from './range.ts'
import { LARGEST_PAGE, Reader } from './reader.ts'
import { COLUMNS, type Row, type SettledRun, settledRun, toRun } from './rows.ts'
import { type Shelf, shelfOf } from './shelf.ts'

/** How many rows a statement adds, of those that are many. */
const ROWS = 100
/** How many values a row has. */
const WIDTH = 9
const INSERT = `INSERT INTO runs (sandbox, provider, ${COLUMNS}, due) VALUES `
const VALUES = `(${Array(WIDTH).fill('?').join(', ')})`
const INSERT_ROW = INSERT + VALUES
const INSERT_ROWS = INSERT + Array(ROWS).fill(VALUES).join(', ')
const INSERT_BY_HAND = `INSERT INTO runs (sandbox, provider, ${COLUMNS}, due, born) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
// SQLite knows no numbers of rows, and would rather walk through all.
const BY_HAND = 'FROM runs INDEXED BY runs_by_hand WHERE sandbox = ? AND provider = ? AND born IS NOT NULL'
/** How many blocks of an index are loaded before others get their turn. */
const LOADS = 2
/** Beyond every scope: no text begins with it. */
const LAST_SCOPE = '\u{10ffff}'

/** The runs of one provider in one sandbox, in SQLite. */
export class SqliteRuns implements RunStore {
  readonly #database: Database
  readonly #sandbox: string
  readonly #provider: string
  readonly #next: Next
  readonly #now: () => number
  readonly #check: () => void
  readonly #shelf: Shelf
  readonly #reader: Reader

  /** `check` throws when there is nothing to be done here any more. */
  constructor(
    database: Database,
    sandbox: string,
    provider: string,
    next: Next,
    now: () => number,
    check: () => void = () => {},
  ) {
    this.#database = database
    this.#sandbox = sandbox
    this.#provider = provider
    this.#next = next
    this.#now = now
    this.#check = check
    this.#shelf = shelfOf(database, sandbox, provider)
    this.#reader = new Reader(database, sandbox, provider)
  }

  edition(): number {
    const now = this.#present()
    return this.#shelf.edition(now) ?? this.#begin(now)
  }

  async list(query: RunQuery): Promise<Page> {
    const { items, hasMore } = this.#find(query) ?? (await this.#search(query))
    return { items: query.seek?.direction === 'newer' ? items.toReversed() : items, hasMore }
  }

  /** What has to be loaded first, in slices between which others get their turn. */
  async #search(query: RunQuery): Promise<Page> {
    for (let loads = 2; ; loads++) {
      const found = this.#find(query)
      if (found !== undefined) return found
      // To load takes milliseconds, and others have waited for some. What changes meanwhile is looked for anew.
      if (loads % LOADS === 0) await setImmediate()
    }
  }

  /** The page as it is read; or undefined when more had to be loaded for it, and it has to be looked for again. */
  #find(query: RunQuery): Page | undefined {
    const now = this.#advance()
    const { scope, filters, limit } = query
    const range = rangeOf(query, now)
    const [size, most] = limit < 0 ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] : [limit, limit + 1]
    const isPlain = filters.length === 0
    const index = this.#shelf.index(scope)
    const found = isPlain && size >= LARGEST_PAGE ? undefined : index.find(range, filters, most)
    if (found === undefined || 'segment' in found) {
      // A page without filters can be had without an index, which is built for whoever asks often.
      if (found !== undefined && (!isPlain || index.isMissedOften())) {
        index.load(found, this.#reader.entries(scope))
        if (!isPlain) return undefined
      }
      const items = this.#reader.range(scope, range, most)
      return { items: items.slice(0, size), hasMore: items.length > size }
    }
    const count = Math.min(size, found.places.length)
    const items = isPlain
      ? this.#reader.page(scope, range, found, count)
      : this.#reader.each(scope, found, count)
    if (items !== undefined) {
      // Whoever reads on does so from here.
      const last = items.at(-1)
      if (last !== undefined)
        this.#shelf.places.set(last.id, { scope, createdAt: last.createdAt, id: last.id })
      return { items, hasMore: found.places.length > size }
    }
    // Another process has taken some away.
    this.#shelf.end()
    return undefined
  }

  async locate(scope: string, id: string): Promise<Key | undefined> {
    this.#check()
    const place = this.#shelf.places.get(id) ?? this.#locate(scope, id)
    return place?.scope === scope && place.createdAt <= this.#now() ? place : undefined
  }

  #locate(scope: string, id: string): Place | undefined {
    const row = this.#database.get<{ created_at: number }>(
      `SELECT created_at FROM runs WHERE sandbox = ? AND provider = ? AND id = ? AND scope = ?`,
      this.#sandbox,
      this.#provider,
      id,
      scope,
    )
    if (row === undefined) return undefined
    const place = { scope, createdAt: row.created_at, id }
    this.#shelf.places.set(id, place)
    return place
  }

  async counts(): Promise<ReadonlyMap<string, number>> {
    this.#check()
    const now = this.#now()
    this.#shelf.totals ??= this.#totals()
    const counts = new Map<string, number>()
    for (const [scope, total] of this.#shelf.totals) {
      const [toCome = 0] = this.#database.column<number>(
        `SELECT count(*) FROM runs WHERE sandbox = ? AND provider = ? AND scope = ? AND created_at > ?`,
        this.#sandbox,
        this.#provider,
        scope,
        now,
      )
      if (total > toCome) counts.set(scope, total - toCome)
    }
    return counts
  }

  /** How many runs each scope has, those to come too. */
  #totals(): ReadonlyMap<string, number> {
    const rows = this.#database.all<{ scope: string; runs: number }>(
      `SELECT scope, count(*) AS runs FROM runs WHERE sandbox = ? AND provider = ? GROUP BY scope`,
      this.#sandbox,
      this.#provider,
    )
    return new Map(rows.map((row) => [row.scope, row.runs]))
  }

  async all(from: Place | undefined, limit: number): Promise<Page> {
    const now = this.#advance()
    const place = from ?? { scope: LAST_SCOPE, createdAt: 0, id: '' }
    // Scopes backwards too, so that it is one walk along the primary key.
    const rows = this.#database.all<Row>(
      `SELECT ${COLUMNS} FROM runs
       WHERE sandbox = ? AND provider = ? AND (scope, created_at, id) < (?, ?, ?) AND created_at <= ?
       ORDER BY scope DESC, created_at DESC, id DESC LIMIT ?`,
      this.#sandbox,
      this.#provider,
      place.scope,
      place.createdAt,
      place.id,
      now,
      limit + 1,
    )
    const hasMore = rows.length > limit
    if (hasMore) rows.pop()
    return { items: rows.map(toRun), hasMore }
  }

  async add(make: (before: number) => readonly Run[]) {
    this.#check()
    return this.#database.transaction(() => {
      const runs = make(this.#handmade())
      const found = this.#database.all<{ id: string }>(
        `SELECT id FROM runs WHERE sandbox = ? AND provider = ? AND id IN (SELECT value FROM json_each(?))`,
        this.#sandbox,
        this.#provider,
        JSON.stringify(runs.map(({ id }) => id)),
      )
      const taken = found.map(({ id }) => id)
      if (taken.length === 0) this.insert(runs, this.#now(), 'by hand')
      return { runs, taken }
    })
  }

  async clear(): Promise<void> {
    this.#check()
    this.erase()
  }

  /** Whether there are runs, to come or not, that were not put in by hand. */
  hasSeeded(): boolean {
    const found = this.#database.column<number>(
      'SELECT 1 FROM runs WHERE sandbox = ? AND provider = ? AND born IS NULL LIMIT 1',
      this.#sandbox,
      this.#provider,
    )
    return found.length > 0
  }

  /** Takes all runs away, in the caller's transaction if there is one. */
  erase(): void {
    this.#database.run('DELETE FROM runs WHERE sandbox = ? AND provider = ?', this.#sandbox, this.#provider)
    this.#shelf.end()
  }

  /** How many runs were put in by hand. */
  #handmade(): number {
    const [count = 0] = this.#database.column<number>(
      `SELECT count(*) ${BY_HAND}`,
      this.#sandbox,
      this.#provider,
    )
    return count
  }

  /** The runs that were put in by hand, as they were then. */
  handmadeRuns(): Run[] {
    const rows = this.#database.all<Row & { born: string }>(
      `SELECT ${COLUMNS}, born ${BY_HAND}`,
      this.#sandbox,
      this.#provider,
    )
    return rows.map((row) => ({
      ...toRun(row),
      ...(JSON.parse(row.born) as Pick<Run, 'facets' | 'body' | 'plan'>),
    }))
  }

  /**
   * Adds runs as they stand at `now` (ms), in the caller's transaction; those that come by hand as they came, too.
   * How many they were.
   */
  insert(runs: Iterable<Run>, now: number, how: 'seeded' | 'by hand' = 'seeded'): number {
    if (how === 'seeded') return this.insertRows(settledRuns(runs, now, this.#next), now)
    const rows: SettledRun[] = []
    for (const run of runs) {
      const { facets, body, plan } = run
      const row = settledRun(run, now, this.#next)
      const born = JSON.stringify({ facets, body, plan })
      this.#database.run(INSERT_BY_HAND, this.#sandbox, this.#provider, ...columnsOf(row), born)
      rows.push(row)
    }
    this.#keepSettled(now)
    this.#shelf.changed(rows)
    return rows.length
  }

  /** Adds seeded runs that were settled at `now` (ms), in the caller's transaction. How many they were. */
  insertRows(rows: Iterable<SettledRun>, now: number): number {
    let count = 0
    let values: (string | number | null)[] = []
    for (const row of rows) {
      count++
      values.push(this.#sandbox, this.#provider, ...columnsOf(row))
      if (count % ROWS > 0) continue
      this.#database.run(INSERT_ROWS, ...values)
      values = []
    }
    for (let at = 0; at < values.length; at += WIDTH)
      this.#database.run(INSERT_ROW, ...values.slice(at, at + WIDTH))
    this.settledBy(now)
    return count
  }

  /** The instant (ms) that the rows show: set the clock to one before, and they have to be made again. */
  settledAt(): number {
    const row = this.#database.get<{ at: number }>(
      'SELECT at FROM settled WHERE sandbox = ? AND provider = ?',
      this.#sandbox,
      this.#provider,
    )
    return row?.at ?? -FURTHEST
  }

  /** Keeps the instant (ms) that the rows show, in the caller's transaction. */
  settledBy(at: number): void {
    this.#keepSettled(at)
    this.#shelf.end()
  }

  #keepSettled(at: number): void {
    this.#database.run(
      `INSERT INTO settled (sandbox, provider, at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at`,
      this.#sandbox,
      this.#provider,
      at,
    )
  }

  #present(): number {
    this.#check()
    return this.#now()
  }

  /** The sandbox's now, once what is due by then is applied. Two comparisons when nothing is. */
  #advance(): number {
    const now = this.#present()
    if (this.#shelf.edition(now) === undefined) this.#begin(now)
    return now
  }

  /**
   * Applies what is due by `now` (ms), and begins the edition that lasts until the next run changes or appears. Throws
   * `Elsewhere` where another process has to apply it.
   */
  #begin(now: number): number {
    const shelf = this.#shelf
    shelf.due ??= this.#reader.earliestDue()
    if (shelf.due <= now && this.#database.isReplica) throw new Elsewhere()
    if (shelf.due <= now) {
      this.#applyDue(now)
      shelf.due = this.#reader.earliestDue()
    }
    return shelf.begin(now, Math.min(shelf.due, this.#reader.nextCreated(now)))
  }

  #applyDue(now: number): void {
    this.#database.transaction(() => {
      const rows = this.#database.all<Row>(
        `SELECT ${COLUMNS} FROM runs WHERE sandbox = ? AND provider = ? AND due <= ?`,
        this.#sandbox,
        this.#provider,
        now,
      )
      for (const row of rows) {
        const { run, due } = settle(toRun(row), now, this.#next)
        this.#database.run(
          `UPDATE runs SET facets = ?, body = ?, plan = ?, due = ?
           WHERE sandbox = ? AND provider = ? AND scope = ? AND created_at = ? AND id = ?`,
          JSON.stringify(run.facets),
          JSON.stringify(run.body),
          JSON.stringify(run.plan),
          due,
          this.#sandbox,
          this.#provider,
          row.scope,
          row.created_at,
          row.id,
        )
      }
      this.#keepSettled(now)
      this.#shelf.changed(rows.map(placeOf))
    })
  }
}

function* settledRuns(runs: Iterable<Run>, now: number, next: Next): Iterable<SettledRun> {
  for (const run of runs) yield settledRun(run, now, next)
}

/** In the order of COLUMNS, and `due`. */
function columnsOf(row: SettledRun): (string | number | null)[] {
  return [row.scope, row.createdAt, row.id, row.facets, row.body, row.plan, row.due]
}

function placeOf({ scope, created_at: createdAt, id }: Row): Place {
  return { scope, createdAt, id }
}
