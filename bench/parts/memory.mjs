import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runyard } from '../contestants.mjs'
import { launchRunyard } from '../launch.mjs'
import { median } from '../statistics.mjs'

const LARGE = fileURLToPath(new URL('../../seeds/large.json', import.meta.url))
/** How long (ms) a server is left alone before its memory is read. */
const REST = 1000

/** Runs seeded in a second and what a run takes, and how long a sandbox takes to be made. */
export async function memory({ say, settings, ...product }) {
  const empty = await seeded(product, 'empty', settings.seedings)
  const rows = [{ scenario: 'empty', ...empty }]
  const many = join(product.folder, 'many.json')
  writeFileSync(many, JSON.stringify({ days: 90, trigger: { prod: { past: settings.many } } }))
  rows.push({
    scenario: `${settings.many} Trigger.dev runs`,
    ...(await seeded(product, many, settings.seedings)),
  })
  if (settings.isWithLarge && existsSync(LARGE)) {
    rows.push({ scenario: 'large', ...(await seeded(product, 'large', 1)) })
  }
  for (const row of rows) {
    if (row.runs === 0) continue
    row.perSecond = (row.runs / (row.wall - empty.wall)) * 1000
    row.cpuPerRun = ((row.cpu - empty.cpu) / row.runs) * 1000
    row.bytesPerRun = (row.rss - empty.rss) / row.runs
    say(
      `seeding ${row.scenario}: ${Math.round(row.perSecond)} runs/s, ${Math.round(row.bytesPerRun)} B a run`,
    )
  }
  return { seeding: rows, sandboxes: await sandboxes(product, settings.sandboxes, say) }
}

/** Starts with nothing else to do, on both cores: ms, bytes, and how many runs there are. */
async function seeded(product, scenario, times) {
  const measured = []
  let runs = 0
  for (let turn = 0; turn < times; turn++) {
    const { server, startMs, sandbox } = await launchRunyard(runyard(product, ['--scenario', scenario]), {
      both: true,
    })
    const { cpu } = await server.probe()
    await wait(REST)
    measured.push({ wall: startMs, cpu: cpu / 1000, rss: (await server.probe()).rss, peak: server.peak() })
    runs = Object.values(sandbox.counts).reduce((sum, count) => sum + count, 0)
    await server.stop()
  }
  const of = (member) => median(measured.map((entry) => entry[member]))
  return { runs, wall: of('wall'), cpu: of('cpu'), rss: of('rss'), peak: of('peak') }
}

/** One by one over HTTP, as `default` is filled. */
async function sandboxes(product, times, say) {
  const { server } = await launchRunyard(runyard(product))
  try {
    const before = await server.probe()
    const walls = []
    for (let turn = 0; turn <= times; turn++) {
      const startedAt = performance.now()
      const response = await fetch(`${server.url}/_runyard/sandboxes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      if (response.status !== 201) throw new Error(`no sandbox: ${response.status} ${await response.text()}`)
      await response.arrayBuffer()
      walls.push(performance.now() - startedAt)
    }
    const after = await server.probe()
    const [first, ...rest] = walls
    say(`sandboxes: first ${first.toFixed(1)} ms, then ${median(rest).toFixed(1)} ms`)
    return {
      count: times,
      first,
      median: median(rest),
      slowest: Math.max(...rest),
      cpu: (after.cpu - before.cpu) / walls.length / 1000,
      bytes: (after.rss - before.rss) / walls.length,
    }
  } finally {
    await server.stop()
  }
}
