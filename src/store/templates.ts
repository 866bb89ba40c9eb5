import type { Database } from './database.ts'
import { shelfOf } from './shelf.ts'

/** A sandbox's data as it was when it was new, to make others from. */
export interface Template {
  readonly number: number
  /** By provider, the columns in which an id of its world occurs. */
  readonly columns: ReadonlyMap<string, ReadonlySet<Column>>
}

type Column = (typeof COLUMNS)[number]
const COLUMNS = ['scope', 'facets', 'body', 'plan'] as const

/** Ids of one world, and those that stand in their place in another: as long, and in the same order. */
export interface Renaming {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/** Copies of new data, kept in memory: what was generated once is copied from then on. */
export class Templates {
  readonly #database: Database
  #last = 0

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Keeps a copy of a sandbox's runs, in the caller's transaction. `ids`: by provider, the texts that are the world's own
   * and have to be others in every other world.
   */
  keep(sandbox: string, ids: ReadonlyMap<string, readonly string[]>): Template {
    const number = ++this.#last
    this.#database.run(
      `INSERT INTO templates.runs (template, provider, scope, created_at, id, facets, body, plan, due)
       SELECT ?, provider, scope, created_at, id, facets, body, plan, due FROM runs WHERE sandbox = ?`,
      number,
      sandbox,
    )
    const occurring = (provider: string, texts: readonly string[]): Set<Column> =>
      new Set(COLUMNS.filter((column) => this.#occurs(number, provider, column, texts)))
    let columns: Map<string, Set<Column>> | undefined
    return {
      number,
      // Looked for when the first copy is made, and not while a server starts.
      get columns() {
        columns ??= new Map([...ids].map(([provider, texts]) => [provider, occurring(provider, texts)]))
        return columns
      },
    }
  }

  /** Fills an empty sandbox with one provider's runs of the template, in the caller's transaction. */
  copy({ number, columns }: Template, provider: string, sandbox: string, { from, to }: Renaming): void {
    const values: string[] = []
    const renamed = (column: Column): string => {
      if (!columns.get(provider)?.has(column)) return column
      let expression: string = column
      for (const [i, text] of from.entries()) {
        expression = `replace(${expression}, ?, ?)`
        values.push(text, to[i] ?? text)
      }
      return expression
    }
    this.#database.run(
      `INSERT INTO runs (sandbox, provider, scope, created_at, id, facets, body, plan, due)
       SELECT ?, provider, ${renamed('scope')}, created_at, id, ${renamed('facets')}, ${renamed('body')},
         ${renamed('plan')}, due
       FROM templates.runs WHERE template = ? AND provider = ?`,
      sandbox,
      ...values,
      number,
      provider,
    )
    shelfOf(this.#database, sandbox, provider).end()
  }

  /** Lets a template go. Outside of transactions. */
  drop({ number }: Template): void {
    this.#database.run('DELETE FROM templates.runs WHERE template = ?', number)
    this.#database.release()
  }

  #occurs(number: number, provider: string, column: Column, texts: readonly string[]): boolean {
    const row = this.#database.get<{ found: number }>(
      `SELECT EXISTS (
         SELECT 1 FROM templates.runs, json_each(?) AS text
         WHERE template = ? AND provider = ? AND instr(${column}, text.value)) AS found`,
      JSON.stringify(texts),
      number,
      provider,
    )
    return row?.found === 1
  }
}
