import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wallNow } from '../../core/clock.ts'
import { isInUse } from '../../store/database.ts'

const BEGINNING = 'runyard-workers-'
const FILE = 'runs.db'
/** How old (ms) a folder has to be that nobody uses: a younger one may be about to be used. */
const OLD_MS = 60_000

/** A file that only this user can read, for data that several processes need and nobody wants to keep. */
export interface Place {
  readonly file: string
  remove(): void
}

/** Makes the place, and removes those of processes that had no time to. */
export function temporaryPlace(): Place {
  for (const name of readdirSync(tmpdir())) if (name.startsWith(BEGINNING)) sweep(join(tmpdir(), name))
  const folder = mkdtempSync(join(tmpdir(), BEGINNING))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  // Also when it ends by an error.
  process.once('exit', remove)
  return { file: join(folder, FILE), remove }
}

function sweep(folder: string): void {
  try {
    if (wallNow() - statSync(folder).mtimeMs < OLD_MS || isInUse(join(folder, FILE))) return
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // Somebody else's, or swept by another process at this moment.
  }
}
