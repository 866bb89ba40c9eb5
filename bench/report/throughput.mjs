import { OPERATIONS } from '../operations.mjs'
import { comparisons, LEAST_OTHER, LEAST_PRISM, MOST_REPEATED } from './bounds.mjs'
import { figure, kept, megabytes, table, times } from './words.mjs'

/** Who is how fast, and what each holds in memory. */
export function throughputSection(throughput) {
  return [
    `A page of 25 runs (of ConductorOne's latest, one) with valid credentials; the default scenario, clock standing unless it says
\`live\`. ${throughput.rounds} rounds of ${throughput.seconds} s. Other mock servers answer with bodies of their own, mostly of one item.`,
    bounds(throughput),
    ...OPERATIONS.map((operation) => operationTable(throughput, operation)),
    refusals(throughput.refused),
    '### Resident memory\n\nMB, of the process that served Trigger.dev: once it answered, and after its rounds.',
    memoryTable(throughput.memory),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function bounds(throughput) {
  const heads = [
    'operation, connections',
    `CPU ÷ Fastify (≤ ${MOST_REPEATED})`,
    'met',
    'live clock',
    `req/s ÷ Prism (≥ ${LEAST_PRISM})`,
    'met',
    `req/s ÷ fastest other (≥ ${LEAST_OTHER})`,
    'met',
    'which',
  ]
  const rows = comparisons(throughput).map(
    ({ title, connections, repeated, live, prism, other, fastest }) => [
      `${title}, ${connections}`,
      times(repeated),
      kept(repeated <= MOST_REPEATED),
      times(live),
      times(prism),
      kept(fastest && prism >= LEAST_PRISM),
      times(other),
      kept(fastest && other >= LEAST_OTHER),
      fastest?.name,
    ],
  )
  return table(heads, rows)
}

function operationTable(throughput, { id, title }) {
  const connections = [...new Set(throughput.rows.map(({ connections }) => connections))]
  const heads = connections.flatMap((count) =>
    ['req/s', 'CPU µs', 'p50 ms', 'p99 ms', 'busy'].map((head) => `${head} (${count})`),
  )
  const names = [
    ...new Set(throughput.rows.filter(({ operation }) => operation === id).map(({ name }) => name)),
  ]
  const rows = names.map((name) => [
    name,
    ...connections.flatMap((count) => {
      const row = throughput.rows.find(
        (row) => row.operation === id && row.connections === count && row.name === name,
      )
      if (row === undefined) return ['–', '–', '–', '–', '–']
      const wrong = row.non2xx + row.errors
      const rps = `${figure(row.rps)}${wrong > 0 ? ` (${wrong} failed)` : ''}`
      return [rps, figure(row.cpu), figure(row.p50), figure(row.p99), `${Math.round(row.busy * 100)} %`]
    }),
  ])
  return `### ${title}\n\n${table(['server', ...heads], rows)}`
}

function memoryTable(memory) {
  const rows = memory
    .filter(({ provider }) => provider === 'trigger')
    .map(({ name, idle, loaded }) => [name, megabytes(idle), megabytes(loaded)])
  return table(['server', 'idle', 'after load'], rows)
}

/** Who did not take part, and why. */
function refusals(refused) {
  if (refused.length === 0) return 'Every server answered every operation with 200.'
  return [
    'Not measured:',
    ...refused.map(({ name, operation, why }) => `- ${name}, ${operation}: ${why}`),
  ].join('\n')
}
