import { iso } from '../core/clock.ts'
import type { JournalEntry, JournalFilter } from '../core/journal.ts'
import { json } from '../core/reply.ts'
import type { Served } from '../http/address.ts'
import { type Call, instant, NOTHING, type SandboxOperations, unprocessable, type Wrong } from './call.ts'

type JournalOperation = 'getJournal' | 'clearJournal' | 'getReport'

/** What clients did, by operationId. */
export function journalOperations(served: readonly Served[]): SandboxOperations<JournalOperation> {
  return {
    async getJournal({ journal, clock }, { query }) {
      const filter = filterOf(query, served)
      const { entries, more } = journal.list(filter, clock.now())
      const { recorded, kept } = journal
      return json(200, { exchanges: entries.map(shown), more, recorded, kept })
    },

    async clearJournal({ journal }) {
      journal.clear()
      return NOTHING
    },

    async getReport({ id, journal, clock }) {
      const { exchanges, from, to, ...rest } = journal.report(clock.now())
      return json(200, { sandbox: id, exchanges, from: instantOf(from), to: instantOf(to), ...rest })
    },
  }
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}

function shown({ id, at, wall, operationId, fidelity: _, remarks, ...exchange }: JournalEntry) {
  const { provider, step, method, path, search, headers, credential, ...answered } = exchange
  return {
    id,
    at: iso(at),
    wall: iso(wall),
    provider,
    ...(operationId !== undefined && { operation: operationId }),
    step,
    method,
    path,
    search,
    headers,
    ...(credential !== undefined && { credential }),
    ...answered,
    remarks,
  }
}

type Query = Call<'getJournal'>['query']

function filterOf(query: Query, served: readonly Served[]): JournalFilter {
  const wrongs = wrongNames(query, served)
  if (wrongs.length > 0) throw unprocessable(wrongs)
  const { since, until, ...filter } = query
  return {
    ...filter,
    ...(since !== undefined && { since: instant(since, 'since') }),
    ...(until !== undefined && { until: instant(until, 'until') }),
  }
}

/** A name that nothing has would find nothing, and look like a client that did nothing. */
function wrongNames({ provider, operation }: Query, served: readonly Served[]): Wrong[] {
  const names = served.map((one) => one.provider.name)
  if (provider !== undefined && !names.includes(provider))
    return [{ pointer: 'provider', detail: `names none: there are ${names.join(', ')}` }]
  const operations = served
    .filter((one) => provider === undefined || one.provider.name === provider)
    .flatMap(({ apis }) => apis.spec.operationIds)
  if (operation === undefined || operations.includes(operation)) return []
  return [{ pointer: 'operation', detail: `names none: there are ${operations.join(', ')}` }]
}
