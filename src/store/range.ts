import { FURTHEST } from '../core/clock.ts'
import type { Key, RunQuery } from '../core/run.ts'

/** Which keys a page is of, both bounds excluded, and from which end they are read. */
export interface Range {
  readonly above: Key
  readonly below: Key
  /** Whether it is read from `above` on; otherwise from `below`. */
  readonly newer: boolean
}

/** Before and behind every run. */
export const FIRST: Key = { createdAt: -2 * FURTHEST, id: '' }
export const LAST: Key = { createdAt: 2 * FURTHEST, id: '' }

/** Everything that bounds a page (the seek, the time filters, the sandbox's now) as one range. */
export function rangeOf({ seek, since, until }: RunQuery, now: number): Range {
  const newer = seek?.direction === 'newer'
  // An id is never empty: (t, '') lies before every run of the instant t, (t + 1, '') after them.
  const above: Key = { createdAt: clamp(since ?? -FURTHEST), id: '' }
  const below: Key = { createdAt: clamp(Math.min(until ?? FURTHEST, now)) + 1, id: '' }
  if (seek === undefined) return { above, below, newer }
  return newer
    ? { above: compareKeys(seek.key, above) > 0 ? seek.key : above, below, newer }
    : { above, below: compareKeys(seek.key, below) < 0 ? seek.key : below, newer }
}

/** Less than 0 when `a` lies before `b`, more when behind it: as SQLite orders them, whose texts are bytes of UTF-8. */
export function compareKeys(a: Key, b: Key): number {
  return a.createdAt - b.createdAt || compareIds(a.id, b.id)
}

/** As `compareKeys`, of keys of the same instant. */
export function compareIds(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return -1
  return b === '' ? 1 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function clamp(ms: number): number {
  return Math.max(-FURTHEST, Math.min(FURTHEST, Math.trunc(ms)))
}
