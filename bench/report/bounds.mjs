import { OPERATIONS } from '../operations.mjs'

/** What the server's CPU for a request may be, in that of bare Fastify: for the same question, and for always another. */
export const MOST_REPEATED = 1.25
export const MOST_DISTINCT = 3
/** How many times the requests a second of Prism, and of the fastest other mock server. */
export const LEAST_PRISM = 4
export const LEAST_OTHER = 2.5
/** Start to first 200, in that of bare Fastify: without and with Node's compile cache. */
export const MOST_START = { none: 1.5, without: 1.5, with: 1.2 }
/** Runs a second that are seeded, at least. */
export const LEAST_SEEDED = 80_000
/** CPU of page 40,000 of a million, and of the slowest filters, in that of the first page. */
export const MOST_DEEP = 1.2
export const MOST_FILTERED = 20
/** What memory may grow by (share) in the load's minute once it has settled: less than that is noise. */
export const MOST_GROWTH = 0.05

const RUNYARD = 'Runyard'

/** Each operation at each number of connections: Runyard's row, its ratios, and who is the fastest other mock. */
export function comparisons(throughput, distinct) {
  return OPERATIONS.flatMap(({ id, title }) =>
    [...new Set((throughput ?? distinct)?.rows.map(({ connections }) => connections))].map((connections) => {
      const rows = throughput ? at(throughput, id, connections) : []
      const others = at(distinct, id, connections)
      const own = named(rows, RUNYARD)
      const prism = rows.find(({ name }) => name.startsWith('Prism'))
      const fastest = rows
        .filter(
          ({ name }) => !name.startsWith('bare') && !name.startsWith(RUNYARD) && !name.startsWith('Prism'),
        )
        .reduce((best, row) => (best === undefined || row.rps > best.rps ? row : best), undefined)
      return {
        title,
        connections,
        own,
        fastest,
        repeated: own?.inFastify,
        live: named(rows, 'Runyard, live clock')?.inFastify,
        distinct: named(others, RUNYARD)?.inFastify,
        prism: own?.rps / prism?.rps,
        other: own?.rps / fastest?.rps,
      }
    }),
  )
}

/** The bounds of starting, one for each kind of start. */
export function startRatios(start) {
  return start.rows
    .filter(({ name }) => name.startsWith(RUNYARD))
    .map(({ name, compileCache, inFastify }) => ({
      name,
      compileCache,
      ...inFastify,
      most: MOST_START[compileCache],
    }))
}

function at(part, operation, connections) {
  return part?.rows.filter((row) => row.operation === operation && row.connections === connections) ?? []
}

function named(rows, name) {
  return rows.find((row) => row.name === name)
}
