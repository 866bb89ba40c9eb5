import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { runyard } from '../contestants.mjs'
import { walk } from '../depths.mjs'
import { filtersFrom } from '../filters.mjs'
import { launchRunyard } from '../launch.mjs'
import { keep, round } from '../rounds.mjs'
import { median } from '../statistics.mjs'

/** Plain pages; each other kind is measured against the first. */
export const FIRST_PAGE = 'first page'

/** How many questions of a kind there are before one comes again. */
const QUESTIONS = 8000
const CONNECTIONS = 4
/** What a question may take (ms) so that many of it are asked at once. */
const QUICK = 20
/** In how many attempts each candidate for the slowest is tried. */
const TRIES = 5
/** Bounds of time that leave nothing out: each question has another, so that no answer is a kept one. */
const FUTURE = Date.parse('2030-01-01T00:00:00Z')

/** CPU for a page of Trigger.dev's as the environment grows, and what its runs cost to make and to hold. */
export async function growth({ say, settings, ...product }) {
  const { server: bare } = await launchRunyard(runyard(product, ['--scenario', 'empty']))
  await wait(1000)
  const { rss: bareRss } = await bare.probe()
  await bare.stop()
  const sizes = []
  for (const runs of settings.sizes) sizes.push(await sized(runs, bareRss, { say, settings, product }))
  return { sizes, rounds: settings.growthRounds, seconds: settings.growthSeconds }
}

async function sized(runs, bareRss, { say, settings, product }) {
  const scenario = join(product.folder, `growth-${runs}.json`)
  const prod = { past: runs, inFlight: 12, bulkActions: 3 }
  writeFileSync(scenario, JSON.stringify({ days: 90, trigger: { prod } }))
  const { server, startMs, questions } = await launchRunyard(runyard(product, ['--scenario', scenario]))
  try {
    await wait(1000)
    const { rss } = await server.probe()
    say(`growth: ${runs} runs after ${Math.round(startMs)} ms`)
    const { count, cursors, newest, oldest } = await walk(server.url, questions.trigger, runs)
    const { plain, candidates } = filtersFrom(newest, oldest)
    const kinds = [
      { name: FIRST_PAGE, parameters: {} },
      ...Object.entries(cursors).map(([depth, after]) => ({
        name: depth.startsWith('page') ? depth : `page at ${depth}`,
        parameters: {},
        after,
      })),
      ...Object.entries(plain).map(([name, parameters]) => ({ name, parameters })),
      ...Object.entries(candidates).map(([name, parameters]) => ({ name, parameters, isCandidate: true })),
    ]
    for (const kind of kinds) {
      const list = asked(kind, questions.trigger)
      const tried = await attempts(server, list)
      Object.assign(kind, tried)
      kind.isQuick = tried.ms < QUICK
      await keep(`growth ${kind.name}`, list)
    }
    const candidate = kinds.filter(({ isCandidate }) => isCandidate)
    const pilot = await costs(server, candidate, { ...settings, growthRounds: 1 })
    for (const kind of candidate) kind.cpu = pilot.get(kind.name).cpu
    const slowest = candidate.reduce((worst, kind) => (kind.cpu > worst.cpu ? kind : worst))
    const measured = kinds.filter((kind) => !kind.isCandidate || kind === slowest)
    const cost = await costs(server, measured, settings)
    for (const { name, status, rows } of measured) {
      say(`growth: ${runs} runs: ${name}: ${cost.get(name).cpu.toFixed(1)} µs (${status}, ${rows} runs)`)
    }
    return {
      runs,
      count,
      startMs,
      rss,
      bytesPerRun: (rss - bareRss) / runs,
      kinds: measured.map(({ name, isCandidate, rows, first }) => ({
        name,
        rows,
        first,
        ...cost.get(name),
        isSlowest: !!isCandidate,
      })),
      candidates: candidate.map(({ name, first, cpu, rows }) => ({ name, first, cpu, rows })),
    }
  } finally {
    await server.stop()
  }
}

/** Questions of one kind, none the same. */
function asked({ parameters, after }, { path, headers }) {
  const plain = path.split('?')[0]
  return Array.from({ length: QUESTIONS }, (_, n) => {
    const query = new URLSearchParams({
      'page[size]': '25',
      ...(after && { 'page[after]': after[n % after.length] }),
      'filter[createdAt][to]': new Date(FUTURE + n).toISOString(),
      ...parameters,
      // Ignored, for what has a bound of its own.
      ...('filter[createdAt][to]' in parameters && { n }),
    })
    return { path: `${plain}?${query}`, headers }
  })
}

/**
 * The last questions, one by one: the median of the ms, what they are answered with, and the server's CPU (µs) for the
 * first, before which nobody asked for these filters.
 */
async function attempts(server, list) {
  const times = []
  let first
  let status = 0
  let rows = 0
  for (const { path, headers } of list.slice(-TRIES)) {
    const before = first === undefined ? await server.probe() : undefined
    const startedAt = performance.now()
    const response = await fetch(server.url + path, { headers })
    const text = await response.text()
    times.push(performance.now() - startedAt)
    if (before !== undefined) first = (await server.probe()).cpu - before.cpu
    status = response.status
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
    rows = JSON.parse(text).data.length
  }
  return { ms: median(times), first, status, rows }
}

/**
 * The server's µs for one question of each kind: medians of interleaved rounds. `inFirst`: the median of what it was in that of
 * a first page right before, where there is one among the kinds.
 */
async function costs(server, kinds, { growthRounds, growthSeconds }) {
  const first = kinds.find(({ name }) => name === FIRST_PAGE)
  const cost = async ({ name, isQuick, ms }) => {
    const { cpu } = await round(server, {
      list: `growth ${name}`,
      connections: isQuick ? CONNECTIONS : 1,
      seconds: isQuick ? growthSeconds : Math.max(growthSeconds, (ms * 3) / 1000),
    })
    return cpu
  }
  const measured = new Map(kinds.map(({ name }) => [name, []]))
  for (let turn = -1; turn < growthRounds; turn++) {
    for (const kind of kinds) {
      const beside = first && kind !== first ? await cost(first) : undefined
      const cpu = await cost(kind)
      if (turn >= 0) measured.get(kind.name).push({ cpu, inFirst: cpu / (beside ?? cpu) })
    }
  }
  return new Map(
    [...measured].map(([name, values]) => [
      name,
      { cpu: median(values.map(({ cpu }) => cpu)), inFirst: median(values.map(({ inFirst }) => inFirst)) },
    ]),
  )
}
