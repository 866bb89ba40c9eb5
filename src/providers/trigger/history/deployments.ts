import { iso } from '../../../core/clock.ts'
import type { Random } from '../../../core/random.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long after the start the next deployment comes. */
const SOON = 80 * MINUTE

/** When which version of the project went live in an environment. */
export interface Deployments {
  /** Oldest first, `at` in ms. */
  readonly live: readonly { readonly at: number; readonly version: string }[]
}

/** The version that takes runs at an instant (ms). */
export function versionAt({ live }: Deployments, at: number): string {
  // By halves: years of history have thousands.
  let [from, to] = [0, live.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((live[middle]?.at ?? at) <= at) from = middle + 1
    else to = middle
  }
  return (live[from - 1] ?? live[0])?.version ?? '20240101.1'
}

/** The first deployment after an instant (both ms): what runs in PENDING_VERSION are waiting for. */
export function deployedAfter({ live }: Deployments, at: number): number {
  return live.find((deployment) => deployment.at > at)?.at ?? at + SOON
}

/**
 * The deployments of an environment: so many a working day at most, none shortly before the start, one soon after it.
 * Versions are `YYYYMMDD.N`, N from 1 on each day (fidelity/trigger.md §6).
 */
export function deployments(random: Random, start: number, days: number, perDay: number): Deployments {
  const earliest = start - (days + 2) * DAY
  const awaited = start + SOON
  const instants = [earliest, awaited]
  for (let day = earliest - (earliest % DAY) + DAY; day < start + 4 * DAY; day += DAY) {
    const isWorkday = ![0, 6].includes((day / DAY + 4) % 7)
    for (let n = random.int(0, perDay); isWorkday && n > 0; n--) {
      const at = day + random.int(8 * HOUR, 18 * HOUR)
      if (at < start - 3 * HOUR || at > awaited) instants.push(at)
    }
  }
  return { live: number(instants.sort((a, b) => a - b)) }
}

function number(instants: readonly number[]): { at: number; version: string }[] {
  const perDay = new Map<string, number>()
  return instants.map((at) => {
    const day = iso(at).slice(0, 10).replaceAll('-', '')
    const n = (perDay.get(day) ?? 0) + 1
    perDay.set(day, n)
    return { at, version: `${day}.${n}` }
  })
}
