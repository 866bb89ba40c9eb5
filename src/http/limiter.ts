import type { RateLimit } from '../core/provider.ts'

interface Window {
  /** When it began, in ms on the sandbox's clock. */
  start: number
  count: number
}

/** Fixed-window counters, one for each sandbox, provider and bucket. */
export class Limiter {
  readonly #windows = new Map<string, Window>()

  /** Counts a request. How long (ms, above 0) until the next window when it is one too many, else undefined. */
  hit(owner: string, limit: RateLimit, now: number): number | undefined {
    const key = `${owner}/${limit.bucket}`
    let window = this.#windows.get(key)
    if (window === undefined || now >= window.start + limit.windowMs || now < window.start) {
      window = { start: now, count: 0 }
      this.#windows.set(key, window)
    }
    window.count++
    return window.count > limit.max ? window.start + limit.windowMs - now : undefined
  }
}
