import { compare } from '../compare.mjs'
import { BARE, documentOf, PEERS, runyard } from '../contestants.mjs'
import { captureAll, launch, launchRunyard } from '../launch.mjs'
import { OPERATIONS, PROVIDERS } from '../operations.mjs'
import { keep } from '../rounds.mjs'

export const CONNECTIONS = [16, 256]

/** The same question again and again, of each operation, to everybody. */
export async function throughput({ say, settings, ...product }) {
  const rows = []
  const memory = []
  const refused = []
  for (const provider of PROVIDERS) {
    const operations = OPERATIONS.filter((operation) => operation.provider === provider)
    const asked = { provider, operations, refused, say, product }
    const servers = await everybody(asked, settings)
    try {
      for (const operation of operations) {
        for (const connections of CONNECTIONS) {
          rows.push(...(await rounds(servers, operation, connections, { settings, refused, say })))
        }
      }
      for (const { name, server, idle } of servers) {
        memory.push({ provider, name, idle, loaded: (await server.probe()).rss })
      }
    } finally {
      for (const { server } of servers) await server.stop()
    }
  }
  return { rows, memory, refused, rounds: settings.rounds, seconds: settings.seconds }
}

/** Every contestant that serves this provider, answering. Who does not is put into `refused`. */
async function everybody({ provider, operations, refused, say, product }, { isWithPeers }) {
  const first = await launchRunyard(runyard(product))
  const { questions } = first
  const asked = operations.map(({ id }) => questions[id])
  const replies = await captureAll(first.server.url, asked)
  const servers = [{ name: 'Runyard', server: first.server, idle: (await first.server.probe()).rss }]
  const live = { ...runyard(product, ['--clock', 'live']), name: 'Runyard, live clock' }
  for (const contestant of [...BARE, live, ...(isWithPeers ? PEERS : [])]) {
    const { name } = contestant
    say(`${provider}: starting ${name}`)
    const server = await launch(contestant, { document: documentOf(provider), replies })
    try {
      await server.until200(asked[0])
      servers.push({ name, server, idle: (await server.probe()).rss })
    } catch (error) {
      for (const { id } of operations) refused.push({ name, operation: id, why: error.message })
      await server.stop()
    }
  }
  for (const { id } of operations) await keep(id, [questions[id]])
  return servers.map((entry) => ({ ...entry, questions }))
}

/** The medians of interleaved rounds of one operation, for each server that answers it with 200. */
async function rounds(servers, { id, title }, connections, { settings, refused, say }) {
  const able = []
  for (const entry of servers) {
    const { path, headers } = entry.questions[id]
    const { status } = await fetch(entry.server.url + path, { headers })
    if (status === 200) able.push(entry)
    else if (connections === CONNECTIONS[0])
      refused.push({ name: entry.name, operation: id, why: `it answers ${status}` })
  }
  const job = { list: id, isRepeated: true, connections }
  const rows = await compare(able, job, settings)
  for (const { name, rps, cpu } of rows) {
    say(`${title}, ${connections} connections: ${name}: ${Math.round(rps)}/s, ${cpu.toFixed(1)} µs`)
  }
  return rows.map((row) => ({ operation: id, connections, ...row }))
}
