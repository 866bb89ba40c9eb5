import { Elsewhere } from '../../core/elsewhere.ts'
import type { Sandboxes } from '../../core/sandbox.ts'
import { dropShelves, shelfOf } from '../../store/shelf.ts'
import { KnownSandboxes } from '../known-sandboxes.ts'
import type { News } from './messages.ts'
import { type Copied, ReplicaSandbox } from './replica.ts'

/** The sandboxes in a worker, as the leader tells of them. */
export class ReplicaSandboxes extends KnownSandboxes<ReplicaSandbox> implements Sandboxes {
  readonly #copied: Copied

  constructor(copied: Copied) {
    super(copied.providers)
    this.#copied = copied
  }

  /** From when it returns, requests are answered by what the news say. */
  learn(news: News): void {
    if ('provider' in news) {
      const shelf = shelfOf(this.#copied.database, news.sandbox, news.provider)
      if (news.runs === undefined) shelf.end()
      else shelf.changed(news.runs)
      return
    }
    const known = this.sandboxes.get(news.id)
    const isSame = known?.life === news.life
    const isGone = 'gone' in news
    // What is over is told of before what comes in its place, and never after.
    if (known !== undefined && isSame === isGone) this.#forget(known)
    if (isGone) return
    if (known !== undefined && isSame) known.learn(news)
    else if (news.record !== undefined) {
      const sandbox = new ReplicaSandbox(news, news.record, this.#copied)
      this.sandboxes.set(news.id, sandbox)
      this.keyrings.add(sandbox)
    }
  }

  #forget(sandbox: ReplicaSandbox): void {
    sandbox.retire()
    this.sandboxes.delete(sandbox.id)
    this.keyrings.remove(sandbox)
    dropShelves(this.#copied.database, sandbox.id)
  }

  create(): never {
    throw new Elsewhere()
  }

  reset(): never {
    throw new Elsewhere()
  }

  setClock(): never {
    throw new Elsewhere()
  }

  delete(): never {
    throw new Elsewhere()
  }
}
