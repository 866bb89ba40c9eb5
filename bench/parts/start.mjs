import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MEASURE } from '../compare.mjs'
import { BARE, documentOf, PEERS, runyard } from '../contestants.mjs'
import { captureAll, launch, launchRunyard } from '../launch.mjs'
import { median } from '../statistics.mjs'

/** From when on Node keeps what it compiled (`module.enableCompileCache`). */
const [major, minor] = process.versions.node.split('.').map(Number)
const HAS_COMPILE_CACHE = major > 22 || (major === 22 && minor >= 8)

/** How long (ms) the first of its kind lives after its answer: what it keeps for the next is written by then. */
const KEEPING = 1500

/** From the start of a process to its first 200, median of interleaved starts. */
export async function start({ say, settings, ...product }) {
  const { server, questions } = await launchRunyard(runyard(product))
  const question = questions.trigger
  const replies = await captureAll(server.url, [question])
  await server.stop()

  const variants = HAS_COMPILE_CACHE ? ['without', 'with'] : ['none']
  const starts = variants.flatMap((compileCache) => {
    const folder = mkdtempSync(join(product.folder, 'compiled-'))
    const environment =
      compileCache === 'with' ? { NODE_COMPILE_CACHE: folder } : { NODE_DISABLE_COMPILE_CACHE: '1' }
    const peers = settings.isWithPeers && compileCache !== 'with' ? PEERS : []
    return contestants(product, peers).map((contestant) => ({
      name: contestant.name,
      compileCache,
      contestant: withEnvironment(contestant, environment),
      measured: [],
    }))
  })
  const given = { document: documentOf('trigger'), replies }
  const refused = []
  // Once before it counts: files are read from the disk then, and caches filled.
  for (let turn = -1; turn < settings.starts; turn++) {
    for (const entry of starts) {
      if (entry.failed) continue
      try {
        const measured = await once(entry, given, question, turn === -1)
        if (turn >= 0) entry.measured.push(measured)
      } catch (error) {
        entry.failed = true
        refused.push({ name: entry.name, why: error.message })
      }
    }
    say(`start: round ${turn + 1} of ${settings.starts}`)
  }
  const rows = starts
    .filter(({ measured }) => measured.length > 0)
    .map(({ name, compileCache, measured }) => ({
      name,
      compileCache,
      inFastify: inThatOf(measured, starts, compileCache),
      wall: median(measured.map(({ wall }) => wall)),
      cpu: median(measured.map(({ cpu }) => cpu)),
      fastest: Math.min(...measured.map(({ wall }) => wall)),
      slowest: Math.max(...measured.map(({ wall }) => wall)),
    }))
  return { rows, refused, hasCompileCache: HAS_COMPILE_CACHE, starts: settings.starts }
}

/** Who is started: Runyard with nothing kept, with what an earlier one kept, on both clocks; the bare ones; the others. */
function contestants(product, peers) {
  const first = {
    name: 'Runyard, first start',
    serve: (given) =>
      runyard({ ...product, cache: mkdtempSync(join(product.folder, 'first-')) }).serve(given),
  }
  const kept = join(product.folder, 'kept')
  mkdirSync(kept, { recursive: true })
  const later = { ...runyard({ ...product, cache: kept }), name: 'Runyard, later starts' }
  const live = {
    ...runyard({ ...product, cache: kept }, ['--clock', 'live']),
    name: 'Runyard, later starts, live clock',
  }
  return [first, later, live, ...BARE, ...peers]
}

/** The medians of what the wall time and the CPU were in those of bare Fastify in the same round. */
function inThatOf(measured, starts, compileCache) {
  const beside = starts.find((entry) => entry.name === MEASURE && entry.compileCache === compileCache)
  const ratio = (member) =>
    median(measured.map((start, turn) => start[member] / beside.measured[turn]?.[member]))
  return { wall: ratio('wall'), cpu: ratio('cpu') }
}

async function once({ contestant }, given, question, isFirst) {
  const server = await launch(contestant, given, { isProbed: false })
  try {
    const wall = await server.until200(question)
    const cpu = server.ticks()
    if (isFirst) await wait(KEEPING)
    return { wall, cpu }
  } finally {
    // Node writes what it compiled when a process ends by itself.
    await (isFirst ? server.end() : server.stop())
  }
}

function withEnvironment(contestant, environment) {
  return {
    ...contestant,
    serve: (given) => {
      const served = contestant.serve(given)
      return { ...served, environment: { ...environment, ...served.environment } }
    },
  }
}
