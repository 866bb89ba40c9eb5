import { wallNow } from '../core/clock.ts'
import type { Exchange, Journal, JournalEntry, JournalFilter, Remark, Report } from '../core/journal.ts'
import { clipped, MOST_KEPT } from './bounds.ts'
import { Breaches } from './breaches.ts'
import type { Contract } from './contract.ts'
import { Coverage, sumOf } from './coverage.ts'
import { Habits, type OpenRemark } from './habits.ts'
import { Ring } from './ring.ts'
import type { Analysis, Terms } from './terms.ts'

/** What clients are held to, one for each API: made once per server. */
export type Contracts = readonly Contract[]

/** The journal that holds clients to the vendors' documents. Its memory is bounded, whatever comes. */
export class ContractJournal implements Journal {
  readonly #contracts: ReadonlyMap<string, Contract>
  readonly #entries: Ring<Kept>
  #breaches = new Breaches()
  #habits = new Habits()
  #coverage = new Coverage()
  #beginnings = 0
  #recorded = 0
  #from: number | null = null
  #to: number | null = null
  #latest: number | null = null

  /** `size`: how many exchanges it keeps, at least 1. `contracts` are shared by all journals. */
  constructor(size: number, contracts: Contracts) {
    this.#entries = new Ring(size)
    this.#contracts = new Map(contracts.map((contract) => [contract.provider, contract]))
  }

  get beginnings(): number {
    return this.#beginnings
  }

  get recorded(): number {
    return this.#recorded
  }

  get kept(): number {
    return this.#entries.length
  }

  record(exchange: Exchange, at: number, wall: number): void {
    const id = ++this.#recorded
    this.#latest = at
    this.#from = Math.min(this.#from ?? at, at)
    this.#to = Math.max(this.#to ?? at, at)
    let remarks: readonly Remark[] = []
    try {
      remarks = this.#judge(exchange, id, at, wall)
    } finally {
      this.#entries.add({ exchange: kept(exchange), id, at, wall, remarks })
    }
  }

  list(
    filter: JournalFilter,
    now?: number,
  ): { readonly entries: readonly JournalEntry[]; readonly more: boolean } {
    const open = new Map<number, Remark[]>()
    for (const { id, remark } of this.#open(now)) open.set(id, [...(open.get(id) ?? []), remark])
    const entries: JournalEntry[] = []
    const oldest = this.#recorded - this.kept + 1
    for (const { exchange, ...entry } of this.#entries.from(Math.max(0, (filter.after ?? 0) + 1 - oldest))) {
      const remarks = [...entry.remarks, ...(open.get(entry.id) ?? [])]
      const shown = { ...exchange, ...entry, remarks }
      if (!matches(shown, filter)) continue
      if (entries.length === filter.limit) return { entries, more: true }
      entries.push(shown)
    }
    return { entries, more: false }
  }

  clear(): void {
    this.#beginnings++
    this.#entries.clear()
    this.#breaches = new Breaches()
    this.#habits = new Habits()
    this.#coverage = new Coverage()
    this.#recorded = 0
    this.#latest = null
    this.#from = null
    this.#to = null
  }

  report(now?: number): Report {
    const operations = this.#coverage.operations(this.#contracts.values())
    const open = new Breaches()
    for (const { remark, ...occasion } of this.#open(now)) open.add(remark, occasion)
    return {
      exchanges: this.#recorded,
      from: this.#from,
      to: this.#to,
      coverage: sumOf(operations.map(({ coverage }) => coverage)),
      operations,
      breaches: [...this.#breaches.list(), ...open.list()].sort((a, b) => a.first - b.first),
    }
  }

  #open(now: number | undefined): OpenRemark[] {
    return this.#habits.open({ at: now ?? this.#latest ?? 0, wall: wallNow() })
  }

  #judge(exchange: Exchange, id: number, at: number, wall: number): readonly Remark[] {
    const { provider, operationId, step, fidelity } = exchange
    const contract = this.#contracts.get(provider)
    if (contract === undefined) return []
    // A path that takes another method belongs to an operation, but this was no call of it.
    const terms =
      step === 'route' || operationId === undefined ? undefined : contract.terms(operationId, fidelity)
    if (terms === undefined) {
      this.#coverage.addOther(exchange)
      const remark = contract.undocumented(exchange)
      if (remark === undefined) return []
      this.#breaches.add(remark, { id, provider, operation: null })
      return [remark]
    }
    const analysis = terms.analysisOf(exchange)
    this.#coverage.add(terms, exchange, analysis)
    const early = this.#habits.learn(exchange, terms, analysis, id, { at, wall })
    const remarks = remarksOn(exchange, terms, analysis)
    const all = early === undefined ? remarks : [...remarks, early]
    for (const remark of all) this.#breaches.add(remark, { id, provider, operation: terms.operationId })
    return all
  }
}

function remarksOn(exchange: Exchange, terms: Terms, analysis: Analysis): readonly Remark[] {
  const { step, status } = exchange
  const isRefused = step === 'validate' && (status === 400 || status === 422)
  return isRefused ? terms.refused(exchange, analysis) : analysis.remarks
}

/** An exchange as it is kept: an entry is made of it when somebody asks. */
type Kept = Omit<JournalEntry, keyof Exchange> & { readonly exchange: Exchange }

/** What is kept of an exchange: no text at a client's length. */
function kept(exchange: Exchange): Exchange {
  const { method, path, search, headers } = exchange
  if (
    method.length <= MOST_METHOD &&
    path.length <= MOST_KEPT &&
    search.length <= MOST_KEPT &&
    areShort(headers)
  )
    return exchange
  return {
    ...exchange,
    method: clipped(method, MOST_METHOD),
    path: clipped(path, MOST_KEPT),
    search: clipped(search, MOST_KEPT),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, clipped(text, MOST_HEADER)]),
    ),
  }
}

const MOST_METHOD = 32
const MOST_HEADER = 256

function matches(entry: JournalEntry, filter: JournalFilter): boolean {
  const { provider, operation, status, remark, since, until } = filter
  return (
    (provider === undefined || entry.provider === provider) &&
    (operation === undefined || entry.operationId === operation) &&
    (status === undefined || hasStatus(entry.status, status)) &&
    (remark === undefined || entry.remarks.some(({ kind }) => remark === 'any' || kind === remark)) &&
    (since === undefined || entry.at >= since) &&
    (until === undefined || entry.at <= until)
  )
}

function hasStatus(status: number, wanted: string): boolean {
  return wanted.endsWith('xx') ? String(status).startsWith(wanted.charAt(0)) : String(status) === wanted
}

function areShort(headers: Exchange['headers']): boolean {
  for (const name in headers) if ((headers[name]?.length ?? 0) > MOST_HEADER) return false
  return true
}
