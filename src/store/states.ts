import type { Json } from '../core/json.ts'
import type { State } from '../core/state.ts'
import type { Database } from './database.ts'

/** What one provider remembers in one sandbox, in SQLite. `wall` is the wall clock in ms. */
export class SqliteState implements State {
  readonly #database: Database
  readonly #place: readonly [sandbox: string, provider: string]
  readonly #wall: () => number
  readonly #check: () => void

  /** `check` throws when there is nothing to be done here any more. */
  constructor(
    database: Database,
    sandbox: string,
    provider: string,
    wall: () => number,
    check: () => void = () => {},
  ) {
    this.#database = database
    this.#place = [sandbox, provider]
    this.#wall = wall
    this.#check = check
  }

  async put(kind: string, key: string, value: Json, keepUntil: number): Promise<void> {
    this.#check()
    this.#database.run('DELETE FROM states WHERE keep_until <= ?', this.#wall())
    this.#database.run(
      `INSERT INTO states (sandbox, provider, kind, key, value, keep_until) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, keep_until = excluded.keep_until`,
      ...this.#place,
      kind,
      key,
      JSON.stringify(value),
      Math.trunc(keepUntil),
    )
  }

  async get(kind: string, key: string): Promise<Json | undefined> {
    this.#check()
    const row = this.#database.get<{ value: string }>(
      `SELECT value FROM states WHERE sandbox = ? AND provider = ? AND kind = ? AND key = ? AND keep_until > ?`,
      ...this.#place,
      kind,
      key,
      this.#wall(),
    )
    return row && (JSON.parse(row.value) as Json)
  }

  async take(kind: string, key: string): Promise<Json | undefined> {
    this.#check()
    const row = this.#database.get<{ value: string }>(
      `DELETE FROM states WHERE sandbox = ? AND provider = ? AND kind = ? AND key = ? AND keep_until > ?
       RETURNING value`,
      ...this.#place,
      kind,
      key,
      this.#wall(),
    )
    return row && (JSON.parse(row.value) as Json)
  }
}
