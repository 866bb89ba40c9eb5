import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare } from '../compare.mjs'
import { BARE, runyard } from '../contestants.mjs'
import { captureAll, launch, launchRunyard } from '../launch.mjs'
import { OPERATIONS } from '../operations.mjs'
import { cursorsOf, distinctQuestions } from '../questions.mjs'
import { keep } from '../rounds.mjs'
import { CONNECTIONS } from './throughput.mjs'

/** Runs of each operation: more than any cache of cursors or runs holds. */
export const RUNS = 20_000

/** What no two questions of the list share, in words. */
export const DIFFERENT = {
  'c1-list': `page_token (one of ${RUNS - 150}) and page_size (20 to 30)`,
  'c1-latest': 'a parameter that is ignored: the operation has none',
  trigger: `page[after] (one of ${RUNS - 150}) and page[size] (20 to 30); every second has filter[status] as well, every third filter[createdAt][from]`,
  nx1: 'limit (10 to 40) and a parameter that is ignored: it has no other',
  basedash: `cursor (one of ${RUNS - 150}) and limit (20 to 30)`,
}

/** Every request asks for a different page or filter; beside it bare servers that send a page of 25 to all of them. */
export async function distinct({ say, settings, ...product }) {
  const scenario = join(product.folder, 'distinct.json')
  writeFileSync(scenario, JSON.stringify(SCENARIO))
  const { server, questions } = await launchRunyard(runyard(product, ['--scenario', scenario]))
  const servers = [{ name: 'Runyard', server }]
  try {
    const pages = OPERATIONS.map(({ id }) => questions[id])
    const replies = await captureAll(server.url, pages)
    for (const contestant of BARE) {
      const bare = await launch(contestant, { replies })
      servers.push({ name: contestant.name, server: bare })
      await bare.until200(pages[0])
    }
    const rows = []
    for (const { id, title } of OPERATIONS) {
      const cursors = await cursorsOf(id, server.url, questions[id], RUNS)
      await keep(id, distinctQuestions(id, questions[id], cursors))
      for (const connections of CONNECTIONS) {
        for (const row of await compare(servers, { list: id, connections }, settings)) {
          rows.push({ operation: id, connections, ...row })
          const { name, rps, cpu } = row
          say(`${title}, always another, ${connections}: ${name}: ${Math.round(rps)}/s, ${cpu.toFixed(1)} µs`)
        }
      }
    }
    return { rows, rounds: settings.rounds, seconds: settings.seconds }
  } finally {
    for (const { server } of servers) await server.stop()
  }
}

const SCENARIO = {
  conductorone: { past: RUNS },
  trigger: { prod: { past: RUNS } },
  nx1: { runs: RUNS },
  basedash: { automations: [{ name: 'Weekly status update', past: RUNS }] },
}
