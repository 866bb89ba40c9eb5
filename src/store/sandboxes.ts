import type { Database } from './database.ts'
import { dropShelves } from './shelf.ts'

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
  dropShelves(database, id)
  database.release()
}

/** Takes away what there is of sandboxes that have no record: they were being filled when their process ended. */
export function sweepSandboxes(database: Database): void {
  let id = ''
  for (;;) {
    // From one to the next, since there may be a million rows of each.
    const next: { id: string } | undefined = database.get<{ id: string }>(
      `SELECT sandbox AS id FROM (
         SELECT sandbox FROM (SELECT sandbox FROM runs WHERE sandbox > ? ORDER BY sandbox LIMIT 1)
         UNION SELECT sandbox FROM (SELECT sandbox FROM settled WHERE sandbox > ? ORDER BY sandbox LIMIT 1)
       ) ORDER BY sandbox LIMIT 1`,
      id,
      id,
    )
    if (next === undefined) return
    id = next.id
    if (database.get('SELECT 1 FROM sandboxes WHERE id = ?', id) === undefined) eraseSandbox(database, id)
  }
}

/** Forgets what the providers remembered in a sandbox, in the caller's transaction if there is one. */
export function eraseStates(database: Database, id: string): void {
  database.run('DELETE FROM states WHERE sandbox = ?', id)
}
