import { round } from './rounds.mjs'
import { median, medians } from './statistics.mjs'

/** What everybody is compared with. */
export const MEASURE = 'bare Fastify'

/**
 * Interleaved rounds of one job against several servers (`{ name, server }`), each of which runs alone: a row for each with
 * the medians and all that went wrong. `inFastify`: the median of what its CPU was in that of bare Fastify in the same round,
 * which moves less than either.
 */
export async function compare(servers, job, { warm, rounds, seconds }) {
  const measured = new Map(servers.map(({ name }) => [name, []]))
  const alone = async (server, seconds) => {
    server.goOn()
    const result = await round(server, { ...job, seconds })
    server.halt()
    return result
  }
  for (const { server } of servers) server.halt()
  for (const { server } of servers) await alone(server, warm)
  for (let turn = 0; turn < rounds; turn++) {
    for (const { name, server } of servers) measured.get(name).push(await alone(server, seconds))
  }
  for (const { server } of servers) server.goOn()
  const beside = measured.get(MEASURE)
  return [...measured].map(([name, results]) => ({
    name,
    ...summed(results),
    ...(beside && { inFastify: median(results.map(({ cpu }, turn) => cpu / beside[turn].cpu)) }),
  }))
}

/** The medians of rounds, and all that went wrong in them. */
export function summed(results) {
  const { rps, p50, p99, cpu, busy } = medians(
    results.map(({ rps, p50, p99, cpu, busy }) => ({ rps, p50, p99, cpu, busy })),
  )
  const total = (member) => results.reduce((sum, result) => sum + result[member], 0)
  return { rps, p50, p99, cpu, busy, non2xx: total('non2xx'), errors: total('errors') }
}
