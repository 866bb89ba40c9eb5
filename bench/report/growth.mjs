import { MOST_DEEP, MOST_FILTERED } from './bounds.mjs'
import { figure, kept, megabytes, table, times } from './words.mjs'

/** What the largest environment's kinds cost in first pages. */
export function growthRatios({ sizes }) {
  const largest = sizes.at(-1)
  const of = (kind) => kind && { name: kind.name, ratio: kind.inFirst }
  const pages = largest.kinds.filter(({ name }) => name.startsWith('page '))
  return {
    runs: largest.runs,
    deepest: of(pages.at(-1)),
    slowest: of(largest.kinds.find(({ isSlowest }) => isSlowest)),
  }
}

/** CPU of a page as the environment grows. */
export function growthSection(growth) {
  const { sizes } = growth
  const names = [
    ...new Set(
      sizes.flatMap(({ kinds }) => kinds.filter(({ isSlowest }) => !isSlowest).map(({ name }) => name)),
    ),
  ]
  const costOf = (kinds, name) => kinds.find((kind) => kind.name === name)?.cpu
  const slowest = sizes.map(({ kinds }) => kinds.find(({ isSlowest }) => isSlowest))
  const rows = [
    ...names.map((name) => [name, ...sizes.map(({ kinds }) => figure(costOf(kinds, name)))]),
    ['slowest combination found', ...slowest.map((kind) => figure(kind?.cpu))],
    ['start to first 200, s', ...sizes.map(({ startMs }) => figure(startMs / 1000))],
    ['MB resident', ...sizes.map(({ rss }) => megabytes(rss))],
    ['bytes a run', ...sizes.map(({ bytesPerRun }) => figure(bytesPerRun))],
  ]
  const { runs, deepest, slowest: worst } = growthRatios(growth)
  const bounds = [
    [
      `${deepest.name} of ${figure(runs)} runs`,
      times(deepest.ratio),
      `≤ ${MOST_DEEP}`,
      kept(deepest.ratio <= MOST_DEEP),
    ],
    [worst.name, times(worst.ratio), `≤ ${MOST_FILTERED}`, kept(worst.ratio <= MOST_FILTERED)],
  ]
  const largest = sizes.at(-1)
  const tried = [...largest.candidates, ...largest.kinds.filter(({ isSlowest }) => !isSlowest)].sort(
    (a, b) => b.first - a.first,
  )
  return `![CPU for a page as the environment grows](growth.svg)

The server's CPU (µs) for a page of 25 of Trigger.dev's runs in one environment, over ${growth.rounds} interleaved rounds; every question is
another (a bound of time that leaves nothing out), so that no reply is a kept one. In first pages: the median of what it was in
that of a first page right before.

${table(['', ...sizes.map(({ runs }) => `${figure(runs)} runs`)], rows)}

${table([`in first pages, at ${figure(runs)} runs`, 'CPU', 'bound', 'met'], bounds)}

What each costs when nobody asked for it before, and in the rounds (of the combinations, in one round), in µs of CPU at
${figure(largest.runs)} runs. The slowest combination is the one that costs most in the rounds; a first time is a single measurement and
holds whatever the server does but once for these filters.

${table(
  ['asked for', 'the first time', 'again, in other bounds', 'runs found'],
  tried.map(({ name, first, cpu, rows }) => [name, figure(first), figure(cpu), String(rows)]),
)}`
}
