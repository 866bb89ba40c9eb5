import type { Database } from './database.ts'

/** The record of a sandbox as it was written, or undefined when the database has no such sandbox. */
export function readSandbox(database: Database, id: string): unknown {
  const row = database.get<{ record: string }>('SELECT record FROM sandboxes WHERE id = ?', id)
  return row && JSON.parse(row.record)
}

/** Keeps a sandbox's record, in the caller's transaction. */
export function writeSandbox(database: Database, id: string, record: unknown): void {
  database.run('INSERT INTO sandboxes (id, record) VALUES (?, ?)', id, JSON.stringify(record))
}
