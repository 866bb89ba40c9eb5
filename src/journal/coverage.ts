import type { Fidelity } from '../core/fidelity.ts'
import type { Count, Exchange, OperationReport, Share } from '../core/journal.ts'
import type { Contract } from './contract.ts'
import type { Analysis, Position, Terms } from './terms.ts'

/** What was counted of one operation, beside the names that `Terms` has. */
interface Tally {
  calls: number
  readonly parameters: number[]
  readonly values: number[]
  readonly statuses: Map<string, number>
  readonly positions: Map<Position, number>
}

/** How much of the documents a client exercised. */
export class Coverage {
  readonly #tallies = new Map<Terms, Tally>()
  /** Of each API that was called, under which fidelity. */
  readonly #called = new Map<string, Fidelity>()

  /** Counts a request that met an operation. */
  add(
    terms: Terms,
    { provider, fidelity, method, status, lost, page }: Exchange,
    { sent, values }: Analysis,
  ): void {
    this.#called.set(provider, fidelity)
    const tally = this.#tallyOf(terms)
    tally.calls++
    for (const place of sent) tally.parameters[place] = (tally.parameters[place] ?? 0) + 1
    for (const place of values) tally.values[place] = (tally.values[place] ?? 0) + 1
    // What never arrived, nobody's tests have met.
    if (lost) return
    const name = terms.statusName(status)
    tally.statuses.set(name, (tally.statuses.get(name) ?? 0) + 1)
    const position = page && method !== 'HEAD' ? terms.position(page) : undefined
    if (position !== undefined) tally.positions.set(position, (tally.positions.get(position) ?? 0) + 1)
  }

  /** Counts a request to an API that met none of its operations. */
  addOther({ provider, fidelity }: Exchange): void {
    this.#called.set(provider, fidelity)
  }

  /** By API in the order of `contracts`, each in its document's order. */
  operations(contracts: Iterable<Contract>): OperationReport[] {
    return [...contracts].flatMap((contract) => {
      const fidelity = this.#called.get(contract.provider)
      if (fidelity === undefined) return []
      return contract
        .operations(fidelity)
        .filter((terms) => !terms.action || this.#tallies.has(terms))
        .map((terms) => reportOf(contract.provider, terms, this.#tallies.get(terms)))
    })
  }

  #tallyOf(terms: Terms): Tally {
    const known = this.#tallies.get(terms)
    if (known !== undefined) return known
    const tally = { calls: 0, parameters: [], values: [], statuses: new Map(), positions: new Map() }
    this.#tallies.set(terms, tally)
    return tally
  }
}

function reportOf(provider: string, terms: Terms, tally: Tally | undefined): OperationReport {
  const { operationId: operation, method, path } = terms
  const parameters = terms.leaves.map(({ name }, place) => ({ name, count: tally?.parameters[place] ?? 0 }))
  const values = terms.values.map((name, place) => ({ name, count: tally?.values[place] ?? 0 }))
  const documented = terms.statuses.map((name) => ({ name, count: tally?.statuses.get(name) ?? 0 }))
  const others = [...(tally?.statuses ?? [])]
    .filter(([name]) => !terms.statuses.includes(name))
    .map(([name, count]) => ({ name, count }))
  const pages = terms.positions.map((name) => ({ name, count: tally?.positions.get(name) ?? 0 }))
  return {
    provider,
    operation,
    method,
    path,
    calls: tally?.calls ?? 0,
    coverage: shareOf([...parameters, ...values, ...documented, ...pages]),
    parameters,
    values,
    statuses: [...documented, ...others],
    pages,
  }
}

function shareOf(counts: readonly Count[]): Share {
  return share(counts.filter(({ count }) => count > 0).length, counts.length)
}

/** All of them together. */
export function sumOf(shares: readonly Share[]): Share {
  const sum = (member: 'exercised' | 'documented') =>
    shares.reduce((total, share) => total + share[member], 0)
  return share(sum('exercised'), sum('documented'))
}

function share(exercised: number, documented: number): Share {
  return { exercised, documented, ratio: documented === 0 ? 0 : exercised / documented }
}
