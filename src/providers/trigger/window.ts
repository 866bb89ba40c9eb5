import parseDuration from 'parse-duration'
import { FURTHEST, parseIso } from '../../core/clock.ts'

/** The instant (ms) of a date-time as the query was read. */
export function boundOf(date: string | undefined): number | undefined {
  return date === undefined ? undefined : parseIso(date)
}

/**
 * The instant (ms) so long before `now` as the period says, or undefined for one that says nothing or 0, which is no
 * bound (fidelity/trigger.md §3).
 */
export function sinceBefore(now: number, period: string): number | undefined {
  const ms = parseDuration(period)
  return ms ? Math.min(Math.max(now - ms, -FURTHEST), FURTHEST) : undefined
}
