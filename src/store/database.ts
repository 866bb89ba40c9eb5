import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Sqlite from 'better-sqlite3'
import {
  APPLICATION_ID,
  LATER_SCHEMA,
  PAGE_SIZE,
  SCHEMA,
  SCHEMA_VERSION,
  TEMPLATES_SCHEMA,
} from './schema.ts'

type Value = string | number | bigint | null

/** Refusal to serve from a file; its message says which file, why, and what to do. */
export class DatabaseError extends Error {
  override name = 'DatabaseError'
}

// better-sqlite3 12 built against Node 24.19 or later aborts the process when a Statement is garbage-collected
// (nodejs/node#65446). So no statement is ever let go, and `pragma()` and `iterate()`, which make their own, are not
// used (docs/decisions.md).
const kept: Sqlite.Statement<Value[], unknown>[] = []

/** How long (ms) opening waits for a process that is about to let go of the file. */
const WAIT_MS = 1_000

/** How large (bytes) the write-ahead log stays beside a file that others read, once it has been larger. */
const LARGEST_LOG = 64 * 1024 * 1024

/** Who opens a file: the one process that uses it, the one that writes while others read, or one of these. */
export type Access = 'alone' | 'writer' | 'reader'

/** A SQLite database with its statements cached by their text. */
export class Database {
  /** Whether another process writes to it, and this one cannot. */
  readonly isReplica: boolean
  readonly #sqlite: Sqlite.Database
  readonly #statements = new Map<string, Sqlite.Statement<Value[], unknown>>()

  /**
   * Opens `file`, making it when there is none, or a database in memory. Throws DatabaseError, leaving the file as it
   * is, when it is not Runyard's or is from another Runyard, newer or older, or in use. A reader opens what a writer has
   * opened.
   */
  constructor(file: string | undefined, access: Access = 'alone') {
    this.isReplica = access === 'reader'
    if (file === undefined) {
      this.#sqlite = new Sqlite(':memory:')
      this.#create()
      this.exec(TEMPLATES_SCHEMA)
      return
    }
    const path = resolve(file)
    if (access === 'reader') {
      this.#sqlite = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: WAIT_MS })
      return
    }
    const version = existingVersion(path)
    try {
      // What is in memory of a sandbox is one process's, so the file is too. Another would wait for it in vain.
      this.#sqlite = access === 'writer' ? openedForOthers(path) : openedAlone(path)
      this.exec('PRAGMA synchronous = NORMAL')
      if (version === undefined) this.#create()
      // Asked again of SQLite itself: a crash can leave another version in the write-ahead log only.
      else refuseOther(path, Number(this.get<{ user_version: number }>('PRAGMA user_version')?.user_version))
      this.exec('PRAGMA journal_mode = WAL')
      this.exec(LATER_SCHEMA)
      this.exec(TEMPLATES_SCHEMA)
    } catch (error) {
      if (error instanceof DatabaseError) throw error
      if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') {
        throw new DatabaseError(`${path} is in use by another process. Stop that one, or name another file.`)
      }
      throw new DatabaseError(
        `${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  #create(): void {
    // So that a sandbox that is deleted gives its pages back (`release`).
    this.exec(`PRAGMA page_size = ${PAGE_SIZE}; PRAGMA auto_vacuum = INCREMENTAL`)
    this.transaction(() => {
      this.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
      this.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
      this.exec(SCHEMA + LATER_SCHEMA)
    })
  }

  exec(sql: string): void {
    this.#sqlite.exec(sql)
  }

  /** Gives back the memory, or the part of the file, that deleted rows took. Outside of transactions. */
  release(): void {
    this.exec('PRAGMA incremental_vacuum; PRAGMA templates.incremental_vacuum')
  }

  /** The text of every statement that was used so far. */
  get statements(): readonly string[] {
    return [...this.#statements.keys()]
  }

  /** The rows of a query. The row type is the caller's word for what its SQL selects. */
  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[]
  }

  /** The first row, if any. */
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined
  }

  /** The one value of each row of a query. */
  column<One>(sql: string, ...values: Value[]): One[] {
    return this.#prepare(sql)
      .pluck()
      .all(...values) as One[]
  }

  /** How many rows the statement changed. */
  run(sql: string, ...values: Value[]): number {
    return this.#prepare(sql).run(...values).changes
  }

  /** All of `work`, or nothing of it. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite has rolled back of its own accord where it ran out of room.
      if (this.#sqlite.inTransaction) this.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#sqlite.close()
  }

  #prepare(sql: string): Sqlite.Statement<Value[], unknown> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#sqlite.prepare<Value[], unknown>(sql)
      this.#statements.set(sql, statement)
      kept.push(statement)
    }
    return statement
  }
}

/** It waits so long (ms) for who has it. */
function openedAlone(path: string, timeout = WAIT_MS): Sqlite.Database {
  const sqlite = new Sqlite(path, { timeout })
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE')
  return sqlite
}

/** Whether a process has a file open that is there. */
export function isInUse(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    const probe = openedAlone(path, 0)
    try {
      probe.exec('BEGIN EXCLUSIVE; COMMIT')
    } finally {
      probe.close()
    }
    return false
  } catch {
    return true
  }
}

/**
 * Opens a file that nobody has open, so that others can read it. From then on it cannot be opened alone: whoever has a file
 * with a write-ahead log open holds a shared lock on it. Of two who try at once, one waits for the other.
 */
function openedForOthers(path: string): Sqlite.Database {
  const turn = `${path}-opening`
  const taken = new Sqlite(turn, { timeout: WAIT_MS })
  try {
    taken.exec('BEGIN EXCLUSIVE')
    const probe = openedAlone(path)
    try {
      probe.exec('BEGIN EXCLUSIVE; COMMIT')
    } finally {
      probe.close()
    }
    const sqlite = new Sqlite(path, { timeout: WAIT_MS })
    // The first as in `#create`, which would come too late in a new file that has a write-ahead log.
    sqlite.exec(`PRAGMA page_size = ${PAGE_SIZE}; PRAGMA auto_vacuum = INCREMENTAL`)
    sqlite.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT')
    sqlite.exec(`PRAGMA journal_size_limit = ${LARGEST_LOG}`)
    return sqlite
  } finally {
    taken.close()
    rmSync(turn, { force: true })
  }
}

/** The schema version of a Runyard file, undefined when there is no file yet (or an empty one). */
function existingVersion(path: string): number | undefined {
  if (!existsSync(path)) {
    if (existsSync(dirname(path))) return undefined
    throw new DatabaseError(`${path} cannot be made: there is no folder ${dirname(path)}. Make it first.`)
  }
  if (!statSync(path).isFile())
    throw new DatabaseError(`${path} is not a file. Name a file to keep the data in.`)
  if (statSync(path).size === 0) return undefined
  // Read as bytes, not through SQLite, which may write beside a file that it opens.
  const header = Buffer.alloc(100)
  try {
    const descriptor = openSync(path, 'r')
    readSync(descriptor, header, 0, header.length, 0)
    closeSync(descriptor)
  } catch (error) {
    throw new DatabaseError(`${path} cannot be read: ${error instanceof Error ? error.message : error}.`)
  }
  // https://www.sqlite.org/fileformat.html#the_database_header
  const isSqlite = header.subarray(0, 16).toString('latin1') === 'SQLite format 3\0'
  if (!isSqlite || header.readUInt32BE(68) !== APPLICATION_ID) {
    throw new DatabaseError(
      `${path} is no Runyard file and was left as it is. Name another file, or move this one.`,
    )
  }
  const version = header.readUInt32BE(60)
  refuseOther(path, version)
  return version
}

function refuseOther(path: string, version: number): void {
  if (version === SCHEMA_VERSION) return
  const age = version > SCHEMA_VERSION ? 'a newer' : 'an older'
  throw new DatabaseError(
    `${path} is from ${age} Runyard (schema ${version}, this one knows ${SCHEMA_VERSION}) and was left as it is. ` +
      'Start that Runyard, or name another file.',
  )
}
