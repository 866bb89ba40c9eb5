import { OPERATIONS } from '../operations.mjs'
import { DIFFERENT, RUNS } from '../parts/distinct.mjs'
import { QUESTIONS } from '../questions.mjs'
import { comparisons, MOST_DISTINCT } from './bounds.mjs'
import { figure, kept, table, times } from './words.mjs'

/** What a reply costs that nobody asked for before. */
export function distinctSection(distinct) {
  const connections = [...new Set(distinct.rows.map(({ connections }) => connections))]
  const rows = OPERATIONS.flatMap(({ id, title }) =>
    connections.flatMap((count) => {
      const here = distinct.rows.filter((row) => row.operation === id && row.connections === count)
      const ratio = comparisons(undefined, distinct).find(
        (entry) => entry.title === title && entry.connections === count,
      )?.distinct
      return here.map(({ name, rps, cpu, p50, p99, busy, non2xx, errors }) => [
        `${title}, ${count}: ${name}`,
        `${figure(rps)}${non2xx + errors > 0 ? ` (${non2xx + errors} failed)` : ''}`,
        figure(cpu),
        figure(p50),
        figure(p99),
        `${Math.round(busy * 100)} %`,
        name === 'Runyard' ? times(ratio) : '',
        name === 'Runyard' ? kept(ratio <= MOST_DISTINCT) : '',
      ])
    }),
  )
  const heads = [
    '',
    'req/s',
    'CPU µs',
    'p50 ms',
    'p99 ms',
    'busy',
    `CPU ÷ Fastify (≤ ${MOST_DISTINCT})`,
    'met',
  ]
  return `No server is asked a question again before ${figure(QUESTIONS)} others. ${figure(RUNS)} runs of each vendor, more than any cache holds.
${distinct.rounds} rounds of ${distinct.seconds} s. What differs:

${OPERATIONS.map(({ id, title }) => `- ${title}: ${DIFFERENT[id]}`).join('\n')}

${table(heads, rows)}`
}
