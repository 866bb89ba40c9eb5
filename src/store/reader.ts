import type { Json, JsonObject } from '../core/json.ts'
import type { Facets, Key, Run } from '../core/run.ts'
import type { Database } from './database.ts'
import type { Entry, Found } from './facet-block.ts'
import type { Entries } from './facet-index.ts'
import type { Range } from './range.ts'

/** What a list shows of a run, as one text of JSON: columns one by one were measured at twice the time. */
const LISTED = `'{"createdAt":' || created_at || ',"id":' || json_quote(id) || ',"body":' || body || '}'`
const ENTRY = `'[' || created_at || ',' || json_quote(id) || ',' || facets || ']'`
const IN_SCOPE = 'FROM runs WHERE sandbox = ? AND provider = ? AND scope = ?'
const WITHIN = 'AND (created_at, id) > (?, ?) AND (created_at, id) < (?, ?)'
const FROM_TO = 'AND (created_at, id) >= (?, ?) AND (created_at, id) < (?, ?)'
const OLDEST_FIRST = 'ORDER BY created_at, id LIMIT ?'
const NEWEST_FIRST = 'ORDER BY created_at DESC, id DESC LIMIT ?'

// The row value `(created_at, id) < (?, ?)` was measured 170 times faster than the `or` form.
const OLDER = `SELECT ${LISTED} ${IN_SCOPE} ${WITHIN} ${NEWEST_FIRST}`
const NEWER = `SELECT ${LISTED} ${IN_SCOPE} ${WITHIN} ${OLDEST_FIRST}`
// Said as a range, since SQLite takes two ids that are equal for a look-up in `runs_by_id`, and one in the table then.
const AT_KEY = 'AND (created_at, id) >= (?, ?) AND (created_at, id) <= (?, ?)'
const BY_KEY = `SELECT ${LISTED} ${IN_SCOPE} ${AT_KEY}`
const REST = `SELECT facets, plan ${IN_SCOPE} ${AT_KEY}`
const LAST_ENTRIES = `SELECT ${ENTRY} ${IN_SCOPE} ${FROM_TO} ${NEWEST_FIRST}`
const FIRST_ENTRIES = `SELECT ${ENTRY} ${IN_SCOPE} ${FROM_TO} ${OLDEST_FIRST}`
const NTH_LAST = `SELECT created_at, id ${IN_SCOPE} ${FROM_TO} ${NEWEST_FIRST} OFFSET ?`
const NTH_FIRST = `SELECT created_at, id ${IN_SCOPE} ${FROM_TO} ${OLDEST_FIRST} OFFSET ?`

/** When the next run appears: of each scope, one search of the primary key. */
const NEXT_CREATED = `
  WITH RECURSIVE scopes (scope) AS (
    SELECT (SELECT min(scope) FROM runs WHERE sandbox = ? AND provider = ?)
    UNION ALL
    SELECT (SELECT min(runs.scope) FROM runs WHERE sandbox = ? AND provider = ? AND runs.scope > scopes.scope)
    FROM scopes WHERE scopes.scope IS NOT NULL
  )
  SELECT min((SELECT min(created_at) FROM runs
              WHERE sandbox = ? AND provider = ? AND runs.scope = scopes.scope AND created_at > ?)) AS next
  FROM scopes WHERE scopes.scope IS NOT NULL`

/** A page of fewer runs is likely to be asked for again, or others with some of its runs: a vendor's largest has 200. */
export const LARGEST_PAGE = 201
/** How many runs are read at once: more would be a text of many megabytes. */
const AT_ONCE = 1000
/** Of a page, one run in so many is read by itself. */
const ONE_BY_ONE = 4

interface Listed {
  readonly createdAt: number
  readonly id: string
  readonly body: JsonObject
}

/** Reads the runs of one provider in one sandbox, in pages. */
export class Reader {
  readonly #database: Database
  readonly #shelf: readonly [sandbox: string, provider: string]

  constructor(database: Database, sandbox: string, provider: string) {
    this.#database = database
    this.#shelf = [sandbox, provider]
  }

  /** At most `most` runs of the range, in the order in which it is read. */
  range(scope: string, range: Range, most: number): Run[] {
    const found: Run[] = []
    let { above, below } = range
    for (;;) {
      const asked = Math.min(most - found.length, AT_ONCE)
      const read = this.#runs(scope, this.#texts(scope, { ...range, above, below }, asked))
      found.push(...read)
      const last = read.at(-1)
      if (last === undefined || read.length < asked || found.length === most) return found
      if (range.newer) above = last
      else below = last
    }
  }

  /**
   * The first `size` runs of a range, which are those that were found, kept for the next page that has them. Undefined when
   * they are not those any more.
   */
  page(scope: string, range: Range, found: Found, size: number): Run[] | undefined {
    const { blocks, places } = found
    let missing = 0
    for (let i = 0; i < size; i++) if (blocks[i]?.recent.get(places[i] ?? 0) === undefined) missing++
    // One by one takes longer for each, but most are there where a page overlaps with one before.
    if (missing <= size / ONE_BY_ONE) return this.each(scope, found, size)
    const texts = this.#texts(scope, range, size)
    if (texts.length !== size) return undefined
    const read = this.#runs(scope, texts)
    return read.map((run, i) => {
      const [block, place = 0] = [blocks[i], places[i]]
      const recent = block?.recent.get(place)
      if (recent === undefined) block?.recent.keep(place, run, texts[i]?.length ?? 0)
      return recent ?? run
    })
  }

  /**
   * The first `size` runs that were found, which may lie far apart; those of a page are kept for the next that has them.
   * Undefined when one of them is no more.
   */
  each(scope: string, { blocks, places }: Found, size: number): Run[] | undefined {
    const runs: Run[] = []
    for (let i = 0; i < size; i++) {
      const [block, place = 0] = [blocks[i], places[i]]
      const recent = block?.recent.get(place)
      if (recent !== undefined) {
        runs.push(recent)
        continue
      }
      const { createdAt, id } = block?.key(place) ?? { createdAt: 0, id: '' }
      const texts = this.#database.column<string>(BY_KEY, ...this.#shelf, scope, createdAt, id, createdAt, id)
      const [run] = this.#runs(scope, texts)
      if (run === undefined) return undefined
      if (size < LARGEST_PAGE) block?.recent.keep(place, run, texts[0]?.length ?? 0)
      runs.push(run)
    }
    return runs
  }

  entries(scope: string): Entries {
    const asked = [...this.#shelf, scope] as const
    return {
      read: (from, to, end, most) => {
        const sql = end === 'first' ? FIRST_ENTRIES : LAST_ENTRIES
        const bounds = [from.createdAt, from.id, to.createdAt, to.id]
        const texts = this.#database.column<string>(sql, ...asked, ...bounds, most)
        const entries = JSON.parse(`[${texts.join()}]`) as Entry[]
        return end === 'first' ? entries : entries.reverse()
      },
      nth: (from, to, end, others) => {
        const sql = end === 'first' ? NTH_FIRST : NTH_LAST
        const bounds = [from.createdAt, from.id, to.createdAt, to.id]
        const row = this.#database.get<{ created_at: number; id: string }>(
          sql,
          ...asked,
          ...bounds,
          1,
          others,
        )
        return row && { createdAt: row.created_at, id: row.id }
      },
    }
  }

  /** When the next run changes (ms). */
  earliestDue(): number {
    const [due] = this.#database.column<number | null>(
      'SELECT min(due) FROM runs WHERE sandbox = ? AND provider = ? AND due IS NOT NULL',
      ...this.#shelf,
    )
    return due ?? Number.POSITIVE_INFINITY
  }

  /** When the next run appears (ms) that is still to come. */
  nextCreated(now: number): number {
    const values = [...this.#shelf, ...this.#shelf, ...this.#shelf, now]
    const [next] = this.#database.column<number | null>(NEXT_CREATED, ...values)
    return next ?? Number.POSITIVE_INFINITY
  }

  #texts(scope: string, { above, below, newer }: Range, most: number): string[] {
    const bounds = [above.createdAt, above.id, below.createdAt, below.id]
    return this.#database.column<string>(newer ? NEWER : OLDER, ...this.#shelf, scope, ...bounds, most)
  }

  #runs(scope: string, texts: readonly string[]): Run[] {
    const listed = JSON.parse(`[${texts.join()}]`) as Listed[]
    const rest = ({ createdAt, id }: Key): Rest => {
      const values = [...this.#shelf, scope, createdAt, id, createdAt, id]
      const row = this.#database.get<{ facets: string; plan: string }>(REST, ...values)
      if (row === undefined) throw new Error(`${id} is there no more`)
      return { facets: JSON.parse(row.facets) as Facets, plan: JSON.parse(row.plan) as Json }
    }
    return listed.map((run) => new ListedRun(scope, run, rest))
  }
}

type Rest = Pick<Run, 'facets' | 'plan'>

/** A run of a page. What no list shows is read when it is asked for. */
class ListedRun implements Run {
  readonly scope: string
  readonly createdAt: number
  readonly id: string
  readonly body: JsonObject
  readonly #rest: (key: Key) => Rest

  constructor(scope: string, { createdAt, id, body }: Listed, rest: (key: Key) => Rest) {
    this.scope = scope
    this.createdAt = createdAt
    this.id = id
    this.body = body
    this.#rest = rest
  }

  get facets(): Facets {
    return this.#rest(this).facets
  }

  get plan(): Json {
    return this.#rest(this).plan
  }
}
