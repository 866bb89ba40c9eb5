import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { summed } from '../compare.mjs'
import { runyard } from '../contestants.mjs'
import { launchRunyard } from '../launch.mjs'
import { OPERATIONS } from '../operations.mjs'
import { keep, round } from '../rounds.mjs'

/** How many connections read a byte a second, and how many have sent half a request. */
const SLOW = 50
/** The reply that slow ones do not read: more than what the kernel takes off the server's hands. */
const LARGE = 3000
/** The size of a crowd that a p99 is compared in. */
const FEW = 16
/** How many times as many connections are too many. */
const TOO_MANY = 4
/** From when on (s) memory must not grow. */
const SETTLED = 10

/** A thousand connections for a minute, with slow readers and half-open ones beside them. */
export async function load({ say, settings, ...product }) {
  const scenario = join(product.folder, 'load.json')
  writeFileSync(scenario, JSON.stringify(SCENARIO))
  const { server, questions } = await launchRunyard(runyard(product, ['--scenario', scenario]))
  try {
    await keep(
      'load',
      OPERATIONS.map(({ id }) => questions[id]),
    )
    const few = { list: 'load', isRepeated: true, connections: FEW, seconds: Math.max(1, settings.seconds) }
    await round(server, { ...few, seconds: settings.warm })
    const alone = await several(server, few, settings.rounds)
    const crowd = beside(server.port, questions.nx1)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const besides = await several(server, few, settings.rounds)
    say(`load: p99 ${alone.p99.toFixed(1)} ms alone, ${besides.p99.toFixed(1)} ms beside the slow`)

    const samples = []
    const startedAt = performance.now()
    await server.probe('start')
    const watch = setInterval(async () => {
      const { rss } = await server.probe()
      samples.push({ at: (performance.now() - startedAt) / 1000, rss })
    }, 500)
    const full = await round(server, {
      list: 'load',
      isRepeated: true,
      connections: settings.loadConnections,
      seconds: settings.loadSeconds,
    })
    clearInterval(watch)
    const { delay, rss } = await server.probe('stop')
    const open = crowd.open()
    crowd.end()
    const most = {
      connections: settings.loadConnections * TOO_MANY,
      seconds: Math.min(10, settings.loadSeconds),
    }
    const overload = await round(server, { list: 'load', isRepeated: true, ...most })
    const response = await fetch(server.url + questions.trigger.path, { headers: questions.trigger.headers })
    const settledAt = Math.min(SETTLED, settings.loadSeconds / 2)
    const settled = samples.filter(({ at }) => at >= settledAt)
    say(
      `load: ${Math.round(full.rps)}/s, errors ${full.errors}, non-2xx ${full.non2xx}, delay p99 ${delay.p99} ms`,
    )
    return {
      connections: settings.loadConnections,
      seconds: settings.loadSeconds,
      slow: SLOW,
      open,
      alone,
      besides,
      full: {
        ...full,
        settledRss: settled.at(0)?.rss,
        endRss: rss,
        peakRss: Math.max(...samples.map(({ rss }) => rss)),
      },
      trend: trendOf(settled),
      delay,
      settledAt,
      overload: { ...overload, ...most },
      statusAfter: response.status,
    }
  } finally {
    await server.stop()
  }
}

const SCENARIO = {
  conductorone: { past: 60 },
  trigger: { prod: { past: 420 } },
  nx1: { runs: LARGE },
  basedash: { automations: [{ name: 'Weekly status update', past: 120 }] },
}

async function several(server, job, times) {
  const results = []
  for (let turn = 0; turn < times; turn++) results.push(await round(server, job))
  return summed(results)
}

/** Slow readers of a large page, and connections with half a request's head. */
function beside(port, { headers }) {
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const head = `GET /api/crew-runs?limit=${LARGE} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines}\r\n`
  const slow = Array.from({ length: SLOW }, () => connection(port, head))
  const half = Array.from({ length: SLOW }, () => connection(port, head.slice(0, head.length >> 1)))
  const reading = setInterval(() => {
    for (const socket of slow) socket.read(1)
  }, 1000)
  return {
    open: () => ({ slow: slow.filter(isOpen).length, half: half.filter(isOpen).length }),
    end() {
      clearInterval(reading)
      for (const socket of [...slow, ...half]) socket.destroy()
    },
  }
}

function connection(port, text) {
  // With a listener for `readable` nothing is read but what read() asks for.
  return connect({ port, host: '127.0.0.1', highWaterMark: 1 }, function () {
    this.write(text)
  })
    .on('readable', () => {})
    .on('error', () => {})
}

function isOpen(socket) {
  return !socket.destroyed && !socket.readableEnded
}

/** How many bytes a second memory grows, by least squares; undefined for too few samples. */
function trendOf(samples) {
  if (samples.length < 3) return undefined
  const mean = (member) => samples.reduce((sum, sample) => sum + sample[member], 0) / samples.length
  const at = mean('at')
  const rss = mean('rss')
  const over = samples.reduce((sum, sample) => sum + (sample.at - at) * (sample.rss - rss), 0)
  return over / samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0)
}
