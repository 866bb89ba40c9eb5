import {
  comparisons,
  LEAST_OTHER,
  LEAST_PRISM,
  LEAST_SEEDED,
  MOST_DEEP,
  MOST_DISTINCT,
  MOST_FILTERED,
  MOST_REPEATED,
  startRatios,
} from './bounds.mjs'
import { growthRatios } from './growth.mjs'
import { holdsMemory } from './load.mjs'
import { figure, kept, megabytes, table, times } from './words.mjs'

/** The short of it, which README quotes: one table of speed, one of the bounds beside it. */
export function summary(parts) {
  return [speed(parts), bounds(parts)].filter(Boolean).join('\n\n')
}

function speed({ throughput, distinct }) {
  if (throughput === undefined) return undefined
  const rows = comparisons(throughput, distinct)
    .filter(({ connections }) => connections === 16)
    .map((row) => [
      row.title,
      figure(row.own?.rps),
      figure(row.own?.cpu),
      times(row.repeated),
      times(row.distinct),
      times(row.prism),
      row.fastest ? `${times(row.other)} (${row.fastest.name})` : '–',
    ])
  const heads = [
    '16 connections, one core',
    'req/s',
    'CPU µs a reply',
    'in bare Fastify’s CPU',
    'always another question',
    'req/s ÷ Prism',
    'req/s ÷ fastest other mock',
  ]
  return table(heads, rows)
}

function bounds(parts) {
  const rows = [...speedBounds(parts), ...startBounds(parts), ...otherBounds(parts)]
  return rows.length === 0 ? undefined : table(['bound', 'wanted', 'measured', 'met'], rows)
}

function speedBounds({ throughput, distinct }) {
  const rows = []
  const all = comparisons(throughput, distinct)
  const worst = (member, better) => {
    const values = all.map((row) => row[member]).filter(Number.isFinite)
    return values.length === 0 ? undefined : better(...values)
  }
  const add = (words, wanted, value, isKept) => {
    if (value !== undefined) rows.push([words, wanted, times(value), kept(isKept)])
  }
  const repeated = worst('repeated', Math.max)
  add(
    'CPU of a repeated question, in bare Fastify’s (worst of all)',
    `≤ ${MOST_REPEATED}`,
    repeated,
    repeated <= MOST_REPEATED,
  )
  const other = worst('distinct', Math.max)
  add('CPU of always another, in bare Fastify’s (worst)', `≤ ${MOST_DISTINCT}`, other, other <= MOST_DISTINCT)
  const prism = worst('prism', Math.min)
  add('requests a second, in Prism’s (worst)', `≥ ${LEAST_PRISM}`, prism, prism >= LEAST_PRISM)
  const mock = worst('other', Math.min)
  add('requests a second, in the fastest other mock’s (worst)', `≥ ${LEAST_OTHER}`, mock, mock >= LEAST_OTHER)
  return rows
}

function startBounds(parts) {
  const starts = Object.keys(parts).filter((name) => name.startsWith('start'))
  return starts.sort().flatMap((name) => startBoundsOf(parts[name]))
}

function startBoundsOf(start) {
  const words = { none: '', without: ', compile cache off', with: ', compile cache on' }
  return startRatios(start).map(({ name, compileCache, wall, most }) => {
    const { wall: ms } = start.rows.find((row) => row.name === name && row.compileCache === compileCache)
    const what = `start to first 200, in bare Fastify’s (${name}, Node ${start.node}${words[compileCache]})`
    return [what, `≤ ${most}`, `${times(wall)} (${figure(ms)} ms)`, kept(wall <= most)]
  })
}

function otherBounds({ memory, growth, load }) {
  const rows = []
  for (const { scenario, perSecond, bytesPerRun } of memory?.seeding ?? []) {
    if (perSecond === undefined) continue
    const measured = `${figure(perSecond)} (${figure(bytesPerRun)} bytes a run)`
    rows.push([
      `runs seeded a second: ${scenario}`,
      `≥ ${figure(LEAST_SEEDED)}`,
      measured,
      kept(perSecond >= LEAST_SEEDED),
    ])
  }
  if (memory !== undefined) {
    rows.push(['a sandbox of the default scenario, ms', '', figure(memory.sandboxes.median), '–'])
  }
  if (growth !== undefined) {
    const { runs, deepest, slowest } = growthRatios(growth)
    const of = `of ${figure(runs)}, in first pages`
    rows.push([
      `${deepest.name} ${of}`,
      `≤ ${MOST_DEEP}`,
      times(deepest.ratio),
      kept(deepest.ratio <= MOST_DEEP),
    ])
    rows.push([
      `slowest filters ${of}`,
      `< ${MOST_FILTERED}`,
      times(slowest.ratio),
      kept(slowest.ratio < MOST_FILTERED),
    ])
  }
  if (load !== undefined) {
    const { full, delay, connections, seconds } = load
    const what = `${figure(connections)} connections for ${seconds} s`
    const wrong = full.errors + full.non2xx
    rows.push([`${what}: errors and refusals`, '0', String(wrong), kept(wrong === 0)])
    const memoryNow = `${megabytes(full.settledRss)} → ${megabytes(full.endRss)} MB`
    rows.push([`${what}: memory from the 10th second on`, 'no growth', memoryNow, kept(holdsMemory(load))])
    rows.push([`${what}: event loop delay, p99`, 'stated', `${figure(delay.p99)} ms`, '–'])
  }
  return rows
}
