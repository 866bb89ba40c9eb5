import type { FastifyInstance } from 'fastify'
import { wallNow } from '../core/clock.ts'

/** How many requests may be held at once: under way, or waiting for the end of a delay that was asked for. */
export const MOST_HELD = 10_000
/** How often (ms) it is looked whether the process keeps up, and how late (ms) such a look may be. */
const EVERY_MS = 250
const LATEST_MS = 1_000
/** How many looks in a row have to be too late: one is, after a debugger's pause or a laptop's sleep. */
const TOO_LATE = 4

/** How much the process has to do: beyond what it gets done, requests are better refused than queued. */
export class Load {
  #held = 0
  #late = 0
  readonly #app: FastifyInstance
  #isTooMuch = false

  constructor(app: FastifyInstance) {
    this.#app = app
    let due = wallNow() + EVERY_MS
    const looks = setInterval(() => {
      this.#late = wallNow() - due > LATEST_MS ? this.#late + 1 : 0
      due = wallNow() + EVERY_MS
      this.#judge()
    }, EVERY_MS).unref()
    app.addHook('onClose', async () => clearInterval(looks))
  }

  /** Whether a request that comes now is to be refused. */
  get isTooMuch(): boolean {
    return this.#judge()
  }

  /** Says in the log when it begins to be too much, and when it ends. */
  #judge(): boolean {
    const isTooMuch = this.#held > MOST_HELD || this.#late >= TOO_LATE
    if (isTooMuch !== this.#isTooMuch) {
      this.#isTooMuch = isTooMuch
      const why = this.#late >= TOO_LATE ? 'the process does not keep up' : `${this.#held} requests are held`
      this.#app.log.warn(isTooMuch ? `Overloaded, and answering 503: ${why}.` : 'No longer overloaded.')
    }
    return isTooMuch
  }

  /** A request is held from now on. */
  begin(): void {
    this.#held++
  }

  /** It is no more. */
  end(): void {
    this.#held--
  }
}
