import type { Cursor, PageQuery } from '../../../core/provider.ts'
import type { Reply } from '../../../core/reply.ts'
import type { ApiRequest } from '../../../core/request.ts'
import type { Run } from '../../../core/run.ts'
import type { CreatedAt, Pages, RunsFilter } from '../parameters.ts'
import type { Status, Vocabulary, Word } from '../status.ts'
import { live } from './live.ts'
import { spec } from './spec.ts'

/**
 * What depends on the fidelity and no document can say. `spec.ts` and `live.ts` have one each; everything else in this
 * provider is the same for both.
 */
export interface Behaviour {
  /** Whether the filters are read that the document lacks; otherwise they are unknown, and ignored. */
  readonly readsObserved: boolean
  /** Whether a filter may ask for a status by this word. */
  accepts(word: string, vocabulary: Vocabulary): boolean
  /** The word that a run in this status carries. */
  wordFor(status: Status, vocabulary: Vocabulary): Word
  /** The instant (ms) that a text names; null for one that counts as absent; undefined when it names none. */
  instant(text: string): number | null | undefined
  /** The values that a run's facets are filtered by, beside those that both fidelities filter by. */
  filters(filter: RunsFilter, vocabulary: Vocabulary): Record<string, readonly string[] | undefined>
  /** The bounds of `createdAt`, both inclusive. `now` is read only where they depend on it. */
  range(createdAt: CreatedAt, clock: { readonly now: number }): Pick<PageQuery, 'since' | 'until'>
  /** Where a page reads on from. */
  cursor(page: Pages): Cursor | undefined
  /** The text that leads a client on from a run. */
  cursorOf(run: Run): string
  /** The runs of a page that was read backwards, from newest-first to the order in which they are sent. */
  backwards(newestFirst: readonly Run[]): readonly Run[]
  /** What a request without an authorization header gets. */
  readonly noHeader: Reply
}

const BEHAVIOURS = { spec, live }

/** How a sandbox of that fidelity behaves: the request's, say. */
export function behaviourOf({ fidelity }: Pick<ApiRequest, 'fidelity'>): Behaviour {
  return BEHAVIOURS[fidelity]
}
