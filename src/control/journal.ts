import { iso } from '../core/clock.ts'
import { type JournalEntry, type JournalFilter, REMARK_KINDS } from '../core/journal.ts'
import { json } from '../core/reply.ts'
import type { Served } from '../http/address.ts'
import { type Call, instant, type SandboxOperation, unprocessable, type Wrong } from './call.ts'

/** What clients did, by operationId. */
export function journalOperations(served: readonly Served[]): Record<string, SandboxOperation> {
  return {
    async getJournal({ journal, clock }, call) {
      const filter = filterOf(call, served)
      const { entries, more } = journal.list(filter, clock.now())
      const { recorded, kept } = journal
      return json(200, { exchanges: entries.map(shown), more, recorded, kept })
    },

    async clearJournal({ journal }) {
      journal.clear()
      return { status: 204, headers: {} }
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
  const { provider, ...rest } = exchange
  return {
    id,
    at: iso(at),
    wall: iso(wall),
    provider,
    ...(operationId !== undefined && { operation: operationId }),
    ...rest,
    remarks,
  }
}

function filterOf({ query }: Call, served: readonly Served[]): JournalFilter {
  const provider = textOf(query.provider)
  const operation = textOf(query.operation)
  const status = textOf(query.status)
  const remark = kindOf(query.remark)
  const since = textOf(query.since)
  const until = textOf(query.until)
  const wrongs = wrongNames(provider, operation, served)
  if (wrongs.length > 0) throw unprocessable(wrongs)
  return {
    ...(provider !== undefined && { provider }),
    ...(operation !== undefined && { operation }),
    ...(status !== undefined && { status }),
    ...(remark !== undefined && { remark }),
    ...(since !== undefined && { since: instant(since, 'since') }),
    ...(until !== undefined && { until: instant(until, 'until') }),
    after: Number(query.after ?? 0),
    limit: Number(query.limit ?? DEFAULT_LIMIT),
  }
}

/** The document's default. */
const DEFAULT_LIMIT = 1_000

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value)
}

function kindOf(value: unknown): JournalFilter['remark'] {
  return value === 'any' ? value : REMARK_KINDS.find((kind) => kind === value)
}

/** A name that nothing has would find nothing, and look like a client that did nothing. */
function wrongNames(
  provider: string | undefined,
  operation: string | undefined,
  served: readonly Served[],
): Wrong[] {
  const names = served.map((one) => one.provider.name)
  if (provider !== undefined && !names.includes(provider))
    return [{ pointer: 'provider', detail: `names none: there are ${names.join(', ')}` }]
  const operations = served
    .filter((one) => provider === undefined || one.provider.name === provider)
    .flatMap(({ apis }) => apis.spec.operationIds)
  if (operation === undefined || operations.includes(operation)) return []
  return [{ pointer: 'operation', detail: `names none: there are ${operations.join(', ')}` }]
}
