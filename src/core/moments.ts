import type { Random } from './random.ts'

const DAY = 86_400_000

/** When runs are created: how many by the sandbox's start, how many in the day after it. */
export interface Spread {
  /** The sandbox's start, in ms. */
  readonly start: number
  /** Days before the start that the past runs lie in. */
  readonly days: number
  /** Runs created by the start. */
  readonly past: number
  /** Runs created in the 24 hours after the start. */
  readonly ahead: number
  /** The share of runs created in the same millisecond as the run before. */
  readonly ties?: number
}

/** Instants (ms), oldest first, denser by day than by night and on weekdays than at the weekend. */
export function moments(random: Random, spread: Spread): number[] {
  const { start, days, past, ahead, ties = 0.04 } = spread
  const before = draw(random, past, start - days * DAY, start)
  const after = draw(random, ahead, start + 1, start + DAY)
  return [...tie(random, before, ties), ...tie(random, after, ties)]
}

function draw(random: Random, count: number, from: number, to: number): number[] {
  // Sorted as numbers, without a comparison in JavaScript for each of them.
  const instants = new Float64Array(count)
  for (let drawn = 0; drawn < count; ) {
    const at = random.int(from, to)
    if (random.chance(busyness(at))) instants[drawn++] = at
  }
  return Array.from(instants.sort())
}

/** How likely work starts at this UTC instant, from 0.25 (weekend nights) to 1 (weekday afternoons). */
function busyness(at: number): number {
  const day = Math.floor(at / DAY)
  // As `at % DAY`, which takes ten times as long for numbers of this size.
  const hour = (at - day * DAY) / 3_600_000
  const weekday = (day + 4) % 7 // 1970-01-01 was a Thursday
  const atWork = hour >= 8 && hour < 19
  const atWeekend = weekday === 0 || weekday === 6
  return (atWork ? 1 : 0.5) * (atWeekend ? 0.5 : 1)
}

function tie(random: Random, instants: number[], share: number): number[] {
  for (let i = 1; i < instants.length; i++) {
    const earlier = instants[i - 1]
    if (earlier !== undefined && random.chance(share)) instants[i] = earlier
  }
  return instants
}
