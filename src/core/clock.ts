/**
 * The one door to time: nothing else in `src/` reads the wall clock or makes a `Date`
 * (`test/architecture.test.ts` looks). All instants are milliseconds since the epoch.
 */

/** A sandbox's clock. */
export interface Clock {
  /** The sandbox's present, in ms since the epoch. */
  now(): number
  /** Whether time stands still until it is told to move. */
  readonly frozen: boolean
}

/** The wall clock: credentials live on it always, since clients mint assertions by no other. */
export function wallNow(): number {
  return Date.now()
}

/** µs on a clock that only goes forward and is one for all processes of a machine: it tells what came first. */
export function ticks(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + nanoseconds / 1e3
}

/** The instants (ms) that a sandbox's clock can read: from 1970 to the end of 9999, which every client can read too. */
export const EARLIEST = 0
export const LATEST = 253_402_300_799_999

/** How a clock goes: with the wall clock, so many ms before or behind it, or not at all. */
export type Going = { readonly ahead: number } | { readonly at: number }

/** A sandbox's own clock, which can be set while it goes or stands. */
export class SettableClock implements Clock {
  #going: Going

  constructor(going: Going) {
    this.#going = going
  }

  now(): number {
    return 'at' in this.#going ? this.#going.at : Math.min(wallNow() + this.#going.ahead, LATEST)
  }

  get frozen(): boolean {
    return 'at' in this.#going
  }

  /** How it goes. */
  get going(): Going {
    return this.#going
  }

  /** From now on it goes like that. */
  set(going: Going): void {
    this.#going = going
  }
}

/** How a clock goes that reads `now` (ms) at this moment. */
export function goingFrom(now: number, frozen: boolean): Going {
  return frozen ? { at: now } : { ahead: now - wallNow() }
}

/** `ms` as ISO 8601 UTC with milliseconds and `Z`: `2026-06-01T12:00:00.000Z`. Throws a RangeError when it is no instant. */
export function iso(ms: number): string {
  if (!(Number.isInteger(ms) && ms >= EARLIEST && ms <= LATEST)) return new Date(ms).toISOString()
  // As `ms % DAY`, which takes ten times as long for numbers of this size.
  const today = ms - Math.floor(ms / DAY) * DAY
  // Texts of one day have the same beginning, and histories go from day to day: a third of the time a `Date` takes.
  if (ms - today !== day.at) day = { at: ms - today, text: new Date(ms).toISOString().slice(0, 11) }
  const seconds = Math.floor(today / 1000)
  const minutes = Math.floor(seconds / 60)
  const millis = today % 1000
  const zeros = millis < 10 ? '00' : millis < 100 ? '0' : ''
  return `${day.text}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.${zeros}${millis}Z`
}

const DAY = 86_400_000
let day = { at: Number.NaN, text: '' }

/** From 0 to 59, with a zero before a single digit. */
const TWO = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))

function two(n: number): string {
  return TWO[n] ?? ''
}

/** `ms` as a `Date`, for libraries that take nothing else. */
export function dateOf(ms: number): Date {
  return new Date(ms)
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i
const OFFSET = /(Z|[+-]\d{2}:?\d{2})$/

/**
 * The instant (ms) that an ISO 8601 date or date-time names, or undefined when it names none. Without an offset
 * the text is UTC, so that no answer depends on the machine's time zone.
 */
export function parseIso(text: string): number | undefined {
  if (!ISO_DATE.test(text) || !isInCalendar(text)) return undefined
  const named = text.toUpperCase()
  const ms = Date.parse(named.includes('T') && !OFFSET.test(named) ? `${named}Z` : named)
  return Number.isNaN(ms) ? undefined : ms
}

/** Longer than any date that is one: what takes time to read as one is none. */
const LONGEST_DATE = 100

/** What the lenient reading takes for a zone: a name that stands alone, or a sign after a time. */
const ZONE = /(?<![a-z])(?:z|utc?|gmt|[ecmp][ds]t)(?![a-z])|\d:\d.*[+-]/i

/**
 * The instant (ms) that JavaScript's `new Date(text)` reads, or undefined when it reads none: ISO 8601, and whatever
 * else V8 makes sense of, such as `1 Nov 2026`. Without a zone the text is UTC, whatever the machine's own.
 */
export function parseDate(text: string): number | undefined {
  if (text.length > LONGEST_DATE) return undefined
  const named = parseIso(text)
  if (named !== undefined) return named
  // V8 skips what stands in parentheses, and would skip our zone with them where they stay open.
  const read = text.replace(/\([^)]*\)?/g, ' ')
  const ms = Date.parse(ZONE.test(read) ? read : `${read} UTC`)
  return Number.isNaN(ms) ? undefined : ms
}

/** Whether the month has the day: `Date.parse` makes the 1st of March of the 30th of February. */
function isInCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number)
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** The furthest instant (ms) that a date can name, in either direction. */
export const FURTHEST = 8.64e15
