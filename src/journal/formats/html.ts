import {
  type Breach,
  type Count,
  type OperationReport,
  REMARK_KINDS,
  type RemarkKind,
} from '../../core/journal.ts'
import { xmlText } from '../../core/xml.ts'
import { bars, type Slice, stack } from './charts.ts'
import type { SandboxReport } from './format.ts'
import { STYLE } from './style.ts'
import { counted, partsOf, percent, undocumentedStatuses } from './words.ts'

/** One file that asks for nothing: no script, no font, no picture from elsewhere. */
export function html(report: SandboxReport, allowed: ReadonlySet<RemarkKind>): string {
  const { sandbox, operations } = report
  const charts = [
    coverageChart(operations),
    statusChart(operations),
    breachChart(report, allowed),
    pageChart(operations),
  ]
  const providers = [...new Set(operations.map(({ provider }) => provider))]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${xmlText(`Contract report of ${sandbox}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${head(report, allowed)}
<div class="charts">
${charts.filter((chart) => chart !== '').join('\n')}
</div>
${breachTable(report.breaches, allowed)}
${providers.map((provider) => detailsOf(provider, operations)).join('\n')}
</main>
</body>
</html>
`
}

function head(
  { sandbox, exchanges, from, to, coverage, operations, breaches }: SandboxReport,
  allowed: ReadonlySet<RemarkKind>,
): string {
  const failed = breaches.filter(({ kind }) => !allowed.has(kind)).length
  const called = operations.filter(({ calls }) => calls > 0).length
  const when = from === null ? 'No exchange was recorded.' : `${from} to ${to}, on the sandbox's clock`
  const tolerated = breaches.length - failed
  const tiles = [
    tile(percent(coverage), `coverage: ${coverage.exercised} of ${coverage.documented}`),
    tile(`${called} of ${operations.length}`, 'operations called'),
    tile(String(exchanges), exchanges === 1 ? 'exchange' : 'exchanges'),
    tile(
      String(failed),
      `${failed === 1 ? 'breach' : 'breaches'}${tolerated === 0 ? '' : `, and ${tolerated} allowed`}`,
      failed === 0 ? 'good' : 'bad',
    ),
  ]
  return `<header><h1>${xmlText(`Contract report of sandbox ${sandbox}`)}</h1><p class="soft">${xmlText(when)}</p></header>
<div class="tiles">${tiles.join('')}</div>`
}

function tile(figure: string, label: string, tone = ''): string {
  return `<div class="card ${`tile ${tone}`.trim()}"><b>${xmlText(figure)}</b><span class="soft">${xmlText(label)}</span></div>`
}

function card(title: string, body: string): string {
  return body === '' ? '' : `<section class="card"><h2>${xmlText(title)}</h2>${body}</section>`
}

function coverageChart(operations: readonly OperationReport[]): string {
  return card(
    'Coverage by operation',
    bars(
      operations.map(({ provider, operation, coverage }) => ({
        label: `${provider} · ${shortName(operation)}`,
        figure: `${percent(coverage)} (${coverage.exercised}/${coverage.documented})`,
        part: coverage.exercised,
        whole: coverage.documented,
      })),
    ),
  )
}

/** Names of a whole package's length, as gRPC gives them, by their last step. */
function shortName(operation: string): string {
  return operation.split('.').at(-1) ?? operation
}

function statusChart(operations: readonly OperationReport[]): string {
  const slices: Slice[] = sums(operations.flatMap(({ statuses }) => statuses))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, count }) => ({ label: name, count, tone: `s${/^[1-5]/.exec(name)?.[0] ?? 1}` }))
  return card(
    'Replies of operations by status',
    slices.length === 0 ? '' : stack('Replies by status', slices),
  )
}

function breachChart({ breaches }: SandboxReport, allowed: ReadonlySet<RemarkKind>): string {
  const kinds = REMARK_KINDS.map((kind) => ({
    kind,
    count: breaches.filter((breach) => breach.kind === kind).reduce((sum, { count }) => sum + count, 0),
  }))
  const most = Math.max(1, ...kinds.map(({ count }) => count))
  return card(
    'Breaches by kind',
    bars(
      kinds.map(({ kind, count }) => ({
        label: allowed.has(kind) ? `${kind} (allowed)` : kind,
        figure: String(count),
        part: count,
        whole: most,
        tone: allowed.has(kind) ? 'allowed' : 'breach',
      })),
    ),
  )
}

function pageChart(operations: readonly OperationReport[]): string {
  const rows = operations.flatMap(({ provider, operation, pages }) =>
    pages.map(({ name, count }) => ({ label: `${provider} · ${shortName(operation)}: ${name}`, count })),
  )
  const most = Math.max(1, ...rows.map(({ count }) => count))
  return card(
    'Page positions',
    bars(
      rows.map(({ label, count }) => ({
        label,
        figure: count === 0 ? 'never' : String(count),
        part: count,
        whole: most,
      })),
    ),
  )
}

function sums(counts: readonly Count[]): Count[] {
  const byName = new Map<string, number>()
  for (const { name, count } of counts) byName.set(name, (byName.get(name) ?? 0) + count)
  return [...byName].map(([name, count]) => ({ name, count }))
}

function breachTable(breaches: readonly Breach[], allowed: ReadonlySet<RemarkKind>): string {
  if (breaches.length === 0) return card('Breaches', '<p>None.</p>')
  const rows = breaches.map(({ kind, provider, operation, subject, message, count, first, last }) => {
    const note = allowed.has(kind) ? ' <span class="soft">(allowed)</span>' : ''
    const where = `${provider}${operation === null ? '' : ` · ${shortName(operation)}`}`
    const about = subject === undefined ? '' : `<code>${xmlText(subject)}</code> `
    const exchanges = first === last ? `#${first}` : `#${first}–${last}`
    return `<tr><td class="kind">${xmlText(kind)}${note}</td><td>${xmlText(where)}</td><td>${about}${xmlText(message)}</td><td class="count">${counted(count, 'time')}<br><span class="soft">${exchanges}</span></td></tr>`
  })
  return card(
    'Breaches',
    `<table class="breaches"><thead><tr><th>Kind</th><th>Operation</th><th>What</th><th class="count">Exchanges</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  )
}

function detailsOf(provider: string, operations: readonly OperationReport[]): string {
  const own = operations.filter((operation) => operation.provider === provider)
  return card(provider, own.map(detailsOn).join(''))
}

function detailsOn(operation: OperationReport): string {
  const { method, path, operation: name, calls, coverage } = operation
  const others = new Set(undocumentedStatuses(operation))
  const tables = partsOf(operation).map(({ name, counts }) => {
    const rows = counts.map((count) => row(count, others.has(count)))
    return `<div><h3>${xmlText(name.charAt(0).toUpperCase() + name.slice(1))}</h3><table><tbody>${rows.join('')}</tbody></table></div>`
  })
  return `<details${calls > 0 ? ' open' : ''}><summary><span class="figure">${xmlText(`${percent(coverage)}, ${calls === 0 ? 'never called' : counted(calls, 'call')}`)}</span><strong>${xmlText(shortName(name))}</strong> <code>${xmlText(`${method} ${path}`)}</code></summary><div class="halves">${tables.join('')}</div></details>`
}

function row({ name, count }: Count, isUndocumented: boolean): string {
  const note = isUndocumented ? ' <span class="soft">(not documented)</span>' : ''
  return `<tr${count === 0 ? ' class="never"' : ''}><td><code>${xmlText(name)}</code>${note}</td><td class="count">${count === 0 ? 'never' : counted(count, 'time')}</td></tr>`
}
