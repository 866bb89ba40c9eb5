import { ticks } from '../../core/clock.ts'
import type { Exchange, Journal } from '../../core/journal.ts'

/** An exchange that is still to be recorded. */
interface Waiting {
  readonly journal: Journal
  readonly exchange: Exchange
  readonly at: number
  readonly wall: number
  readonly tick: number
}

/** How long (ms) exchanges wait at most to be recorded. */
const PAUSE_MS = 100

/**
 * Brings the exchanges of several processes into the journals in the order in which they were answered: each one that came
 * before a moment is recorded once all processes have handed over what they had at that moment.
 */
export class Gathering {
  readonly #handOver: () => Promise<void>
  readonly #report: (error: unknown) => void
  /** The journals themselves, by what stands before them. */
  readonly #own = new WeakMap<Journal, Journal>()
  /** When (tick) a journal was cleared last: what was answered before is no part of it, however late it comes. */
  readonly #cleared = new WeakMap<Journal, number>()
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  /** `handOver` resolves when every process has handed over what it has. `report` hears of what cannot be recorded. */
  constructor(handOver: () => Promise<void>, report: (error: unknown) => void) {
    this.#handOver = handOver
    this.#report = report
  }

  /** Has it recorded in its turn. */
  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#gatherSoon()
  }

  /** Resolves when everything is recorded that was answered before now. */
  async gather(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const until = ticks()
    await this.#handOver()
    const due = this.#waiting.filter(({ tick }) => tick <= until)
    this.#waiting = this.#waiting.filter(({ tick }) => tick > until)
    for (const { journal, exchange, at, wall, tick } of due.sort((a, b) => a.tick - b.tick)) {
      if (tick <= (this.#cleared.get(journal) ?? Number.NEGATIVE_INFINITY)) continue
      try {
        this.#own.get(journal)?.record(exchange, at, wall)
      } catch (error) {
        this.#report(error)
      }
    }
    if (this.#waiting.length > 0) this.#gatherSoon()
  }

  /** What stands before that journal: whatever is recorded there waits for its turn. */
  journal(own: Journal): Journal {
    const journal: Journal = {
      record: (exchange, at, wall) => this.add({ journal, exchange, at, wall, tick: ticks() }),
      list: (filter, now) => own.list(filter, now),
      report: (now) => own.report(now),
      clear: () => {
        this.#cleared.set(journal, ticks())
        own.clear()
      },
      get beginnings() {
        return own.beginnings
      },
      get recorded() {
        return own.recorded
      },
      get kept() {
        return own.kept
      },
    }
    this.#own.set(journal, own)
    return journal
  }

  #gatherSoon(): void {
    this.#timer ??= setTimeout(() => void this.gather(), PAUSE_MS).unref()
  }
}
