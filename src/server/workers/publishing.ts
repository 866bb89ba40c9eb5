import type { Place } from '../../core/run.ts'
import type { StoredSandbox } from '../sandbox.ts'
import type { StoredSandboxes } from '../sandboxes.ts'
import type { News, RowsNews, SandboxNews } from './messages.ts'

/** A sandbox that workers know. */
interface Known {
  readonly sandbox: StoredSandbox
  readonly life: number
}

/** A sandbox that something is about to change, and by how many calls. */
interface Held {
  calls: number
  /** Settles when no worker answers for it any more. */
  readonly known: Promise<void>
}

/** Of so many changed runs, it is said which they are. */
const MOST_RUNS = 1_000

/**
 * Sees to it that what workers answer by themselves is what the leader would: before something changes a sandbox, they stop
 * to answer for it, and they know what has become of it before anybody hears that it is done.
 */
export class Publishing {
  readonly #sandboxes: StoredSandboxes
  readonly #tell: (news: readonly News[]) => Promise<void>
  readonly #known = new Map<string, Known>()
  readonly #held = new Map<string, Held>()
  /** Rows that changed and of which nobody knows yet, by sandbox and provider. */
  readonly #rows = new Map<string, RowsNews>()
  /** What workers are being told of rows. */
  #telling: Promise<unknown> = Promise.resolve()
  #lives = 0

  /** `tell` resolves when all workers know. */
  constructor(sandboxes: StoredSandboxes, tell: (news: readonly News[]) => Promise<void>) {
    this.#sandboxes = sandboxes
    this.#tell = tell
    for (const sandbox of sandboxes.list()) this.#know(sandbox)
  }

  /** All there is to know, for a worker that is new. */
  all(): SandboxNews[] {
    return [...this.#known.values()].map((known) => this.#first(known))
  }

  /** The sandbox of that id in that life, if it still is. */
  find(id: string, life: number): StoredSandbox | undefined {
    const known = this.#known.get(id)
    return known?.life === life ? known.sandbox : undefined
  }

  /** Hears of rows that come, go or change, as the store tells it. */
  rows(sandbox: string, provider: string, runs: readonly Place[] | undefined): void {
    // A new one's are not read before it is known.
    if (!this.#known.has(sandbox)) return
    const key = JSON.stringify([sandbox, provider])
    const before = this.#rows.get(key)
    const all = before === undefined ? runs : before.runs && runs && [...before.runs, ...runs]
    const isTold = all !== undefined && all.length <= MOST_RUNS
    this.#rows.set(key, { sandbox, provider, ...(isTold && { runs: all }) })
  }

  /** Does what reads, and in doing so may apply what was due: what it shows, workers show too once it is there. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      const news = this.#takeRows()
      if (news.length > 0) this.#telling = Promise.all([this.#telling, this.#tell(news)])
      await this.#telling
    }
  }

  /** Does what may change the sandbox of that id, or make and delete others. */
  async change<T>(id: string | undefined, work: () => Promise<T>): Promise<T> {
    const held = id === undefined ? undefined : this.#hold(id)
    await held?.known
    try {
      return await work()
    } finally {
      if (held !== undefined && id !== undefined && --held.calls === 0) this.#held.delete(id)
      await this.#tell([...this.#takeRows(), ...this.#comings(), ...this.#stateOf(id)])
    }
  }

  /** Undefined when there is no such sandbox. */
  #hold(id: string): Held | undefined {
    if (!this.#known.has(id)) return undefined
    let held = this.#held.get(id)
    if (held === undefined) {
      const known = this.#tell(this.#stateOf(id).map((news) => ({ ...news, isPlain: false })))
      held = { calls: 0, known }
      this.#held.set(id, held)
    }
    held.calls++
    return held
  }

  /** Which sandboxes have gone, and which have come. */
  #comings(): News[] {
    const news: News[] = []
    for (const { sandbox, life } of this.#known.values()) {
      if (this.#sandboxes.get(sandbox.id) === sandbox) continue
      this.#known.delete(sandbox.id)
      news.push({ id: sandbox.id, life, gone: true })
    }
    for (const sandbox of this.#sandboxes.list())
      if (!this.#known.has(sandbox.id)) news.push(this.#first(this.#know(sandbox)))
    return news
  }

  #know(sandbox: StoredSandbox): Known {
    const known = { sandbox, life: ++this.#lives }
    this.#known.set(sandbox.id, known)
    return known
  }

  #stateOf(id: string | undefined): SandboxNews[] {
    const known = id === undefined ? undefined : this.#known.get(id)
    if (known === undefined) return []
    const { sandbox, life } = known
    const { clock, faults } = sandbox
    return [
      { id: sandbox.id, life, going: clock.going, isPlain: faults.size === 0 && !this.#held.has(sandbox.id) },
    ]
  }

  /** What a worker is told of a sandbox that it does not know. */
  #first(known: Known): SandboxNews {
    const { sandbox, life } = known
    const { id, record, clock, faults } = sandbox
    return {
      id,
      life,
      record,
      going: clock.going,
      isPlain: faults.size === 0 && !this.#held.has(id),
    }
  }

  #takeRows(): RowsNews[] {
    const news = [...this.#rows.values()]
    this.#rows.clear()
    return news
  }
}
