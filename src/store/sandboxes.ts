import type { Database } from './database.ts'

/** The record of each sandbox as it was written, by its id. */
export function readSandboxes(database: Database): Map<string, unknown> {
  const rows = database.all<{ id: string; record: string }>('SELECT id, record FROM sandboxes')
  return new Map(rows.map(({ id, record }) => [id, JSON.parse(record)]))
}

/** Keeps a sandbox's record in place of the one before, in the caller's transaction if there is one. */
export function writeSandbox(database: Database, id: string, record: unknown): void {
  database.run(
    'INSERT INTO sandboxes (id, record) VALUES (?, ?) ON CONFLICT DO UPDATE SET record = excluded.record',
    id,
    JSON.stringify(record),
  )
}

/** Takes a sandbox's record, runs and states away, and gives back the memory that they took. */
export function eraseSandbox(database: Database, id: string): void {
  database.transaction(() => {
    for (const table of ['runs', 'settled', 'states'])
      database.run(`DELETE FROM ${table} WHERE sandbox = ?`, id)
    database.run('DELETE FROM sandboxes WHERE id = ?', id)
  })
  database.release()
}

/** Forgets what the providers remembered in a sandbox, in the caller's transaction if there is one. */
export function eraseStates(database: Database, id: string): void {
  database.run('DELETE FROM states WHERE sandbox = ?', id)
}
