import { LEAST_SEEDED } from './bounds.mjs'
import { figure, kept, megabytes, table } from './words.mjs'

/** What runs cost to make and to hold, and what sandboxes cost. */
export function memorySection({ seeding, sandboxes }) {
  const rows = seeding.map(({ scenario, runs, wall, cpu, rss, peak, perSecond, cpuPerRun, bytesPerRun }) => [
    scenario,
    figure(runs),
    figure(wall),
    figure(cpu),
    perSecond && figure(perSecond),
    perSecond && kept(perSecond >= LEAST_SEEDED),
    cpuPerRun && figure(cpuPerRun),
    megabytes(rss),
    peak && megabytes(peak),
    bytesPerRun && figure(bytesPerRun),
  ])
  const heads = [
    'scenario',
    'runs',
    'start to first 200, ms',
    'CPU ms',
    'runs/s',
    `≥ ${figure(LEAST_SEEDED)}`,
    'CPU µs a run',
    'MB resident',
    'peak MB',
    'bytes a run',
  ]
  return `Into memory, generation included, on both cores since no load runs beside it. Runs a second, CPU and bytes are what there is
beyond the \`empty\` scenario.

${table(heads, rows)}

A sandbox of the default scenario over the control plane, one by one, with the answer read: the first ${figure(sandboxes.first)} ms, then a
median of ${figure(sandboxes.median)} ms over ${sandboxes.count} (the slowest ${figure(sandboxes.slowest)} ms); ${figure(sandboxes.cpu)} ms of the server's CPU and ${megabytes(sandboxes.bytes)} MB each.`
}
