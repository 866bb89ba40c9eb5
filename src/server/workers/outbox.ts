import { ticks } from '../../core/clock.ts'
import type { Exchange, Journal } from '../../core/journal.ts'
import type { Recorded } from './messages.ts'

/** How many exchanges are handed over at once at most, and how long (ms) one waits for others. */
const MOST = 256
const PAUSE_MS = 50

/** The exchanges of a worker on their way to the leader's journals. */
export class Outbox {
  readonly #handOver: (exchanges: readonly Recorded[]) => void
  #exchanges: Recorded[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(handOver: (exchanges: readonly Recorded[]) => void) {
    this.#handOver = handOver
  }

  add(sandbox: string, life: number, exchange: Exchange, at: number, wall: number): void {
    this.#exchanges.push({ sandbox, life, exchange, at, wall, tick: ticks() })
    if (this.#exchanges.length >= MOST) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), PAUSE_MS).unref()
  }

  /** Hands over what there is. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#exchanges.length === 0) return
    this.#handOver(this.#exchanges)
    this.#exchanges = []
  }

  /** A sandbox's journal, of which only the recording is here. */
  journal(sandbox: string, life: number, elsewhere: () => never): Journal {
    const add = (exchange: Exchange, at: number, wall: number): void =>
      this.add(sandbox, life, exchange, at, wall)
    return {
      record: add,
      // The leader knows, by the time of each exchange.
      beginnings: 0,
      list: elsewhere,
      report: elsewhere,
      clear: elsewhere,
      get recorded() {
        return elsewhere()
      },
      get kept() {
        return elsewhere()
      },
    }
  }
}
