import { type Clock, wallNow } from '../core/clock.ts'
import type { Quota, RateLimit } from '../core/provider.ts'

interface Count {
  /** When the window began or the bucket was last filled, in ms on the sandbox's clock. */
  since: number
  /** How many more may come; below 0 by how many were too many. */
  remaining: number
}

/** Unknown credentials are counted too, and anyone can make those up: beyond so many, the oldest count is let go. */
const MOST_COUNTS = 10_000

/** Counts of requests, one for each sandbox, provider and bucket. */
export class Limiter {
  readonly #counts = new Map<string, Count>()

  /** Counts a request. One is too many when less than 0 remain. `now` in ms; a clock set back starts anew. */
  hit(owner: string, limit: RateLimit, now: number): Quota {
    const key = `${owner}/${limit.bucket}`
    let count = this.#counts.get(key)
    if (count === undefined || now < count.since) {
      count = { since: now, remaining: limit.max }
      this.#counts.delete(key)
      this.#counts.set(key, count)
      const [oldest] = this.#counts.keys()
      if (this.#counts.size > MOST_COUNTS && oldest !== undefined) this.#counts.delete(oldest)
    }
    const period = limit.kind === 'window' ? limit.windowMs : limit.everyMs
    const passed = Math.floor((now - count.since) / period)
    if (passed > 0 && limit.kind === 'window') {
      count.since = now
      count.remaining = limit.max
    } else if (passed > 0 && limit.kind === 'bucket') {
      count.since += passed * period
      count.remaining = Math.min(limit.max, Math.max(0, count.remaining) + passed * limit.refill)
    }
    count.remaining--
    const resetAt = count.since + period
    return { max: limit.max, remaining: count.remaining, resetAt, retryAfterMs: resetAt - now }
  }
}

/**
 * The quota as its client is told: by the wall clock, since it has no other, when the sandbox's goes ahead of it or behind.
 * One that is frozen says what it reads, so that the same request has the same bytes.
 */
export function asTold(quota: Quota, clock: Clock): Quota {
  return clock.frozen ? quota : { ...quota, resetAt: wallNow() + quota.retryAfterMs }
}
