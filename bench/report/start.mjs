import { startRatios } from './bounds.mjs'
import { figure, kept, table, times } from './words.mjs'

const CACHES = { none: 'Node has none', without: 'off', with: 'on' }

/** From a process's start to its first 200. */
export function startSection(start) {
  const rows = start.rows.map(({ name, compileCache, wall, cpu, fastest, slowest }) => [
    name,
    CACHES[compileCache],
    figure(wall),
    `${figure(fastest)} to ${figure(slowest)}`,
    figure(cpu),
  ])
  const ratios = startRatios(start).map(({ name, compileCache, wall, cpu, most }) => [
    name,
    CACHES[compileCache],
    times(wall),
    `≤ ${most}`,
    kept(wall && wall <= most),
    times(cpu),
  ])
  return [
    `Median of ${start.starts} interleaved starts on the server's core, asked every 2 ms on a new connection for a page of Trigger.dev's
with valid credentials. The others serve that document alone, Runyard all four. CPU is read in ticks of 10 ms.`,
    table(['server', 'compile cache', 'ms', 'from, to', 'CPU ms'], rows),
    table(['in the time of bare Fastify', 'compile cache', 'time', 'bound', 'met', 'CPU'], ratios),
    ...start.refused.map(({ name, why }) => `Not measured: ${name}: ${why}`),
  ].join('\n\n')
}
