import { iso } from '../../core/clock.ts'

/**
 * `ms` as Python's `datetime.isoformat()` writes it in UTC: `2026-03-04T05:06:07.123456+00:00`, and without the
 * fraction when that is zero (fidelity/nx1.md §A4).
 *
 * The digits below the millisecond follow from `ms` alone, so that runs never read in another order than they stand.
 */
export function isoformat(ms: number): string {
  const text = iso(ms)
  const seconds = text.slice(0, -'.000Z'.length)
  const millis = text.slice(-'000Z'.length, -1)
  const micros = below(ms)
  const fraction = millis === '000' && micros === 0 ? '' : `.${millis}${String(micros).padStart(3, '0')}`
  return `${seconds}${fraction}+00:00`
}

/** The same instant as `isoformat()` writes it of a datetime that knows no time zone: without the offset. */
export function naive(aware: string): string {
  return aware.replace(/\+00:00$/, '')
}

/** The microseconds (0 to 999) that pass for measured ones; whole seconds have none, as hand-set times do. */
function below(ms: number): number {
  const milli = ms % 1000
  return milli === 0 ? 0 : Math.abs((Math.floor(ms / 1000) % 1000) * 331 + milli * 617) % 1000
}
