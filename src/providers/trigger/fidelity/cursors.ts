import { FURTHEST } from '../../../core/clock.ts'
import type { Key, Run } from '../../../core/run.ts'

/** An opaque cursor: base64url of the run's instant (ms) and its id without `run_` (fidelity/trigger.md §4). */
export function cursorOf({ createdAt, id }: Run): string {
  return Buffer.from(JSON.stringify({ c: createdAt, r: id.replace(/^run_/, '') })).toString('base64url')
}

/** The place that a cursor means. Every text means one: what is no opaque cursor is a legacy one, a bare id. */
export function keyOf(cursor: string): Key {
  return opened(cursor) ?? placeOf(cursor)
}

function opened(cursor: string): Key | undefined {
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
  const { c, r } = Object(content)
  return Number.isFinite(c) && typeof r === 'string' ? { createdAt: c, id: `run_${r}` } : undefined
}

/**
 * Where a bare id stands among the ids, which the service compares as texts: they are cuids, a `c` and then their
 * instant in base 36, so that order by id is order in time. `run_1234`, which the document would have, is behind them
 * all, and so is newer than any run.
 */
function placeOf(id: string): Key {
  if (id < 'c') return { createdAt: -FURTHEST, id: '' }
  if (id >= 'd') return { createdAt: FURTHEST, id: '' }
  const [time = ''] = /^[0-9a-z]*/.exec(id.slice(1, 9)) ?? []
  return { createdAt: Number.parseInt(time.padEnd(8, '0'), 36), id: `run_${id}` }
}
