import { type Breach, type OperationReport, REMARK_KINDS, type RemarkKind } from '../../core/journal.ts'
import { type JunitCase, junitXml } from '../../core/junit.ts'
import type { SandboxReport } from './format.ts'
import { counted, percent, seenIn } from './words.ts'

/** JUnit's XML: a suite for each API, a case for each operation and kind of breach. */
export function junit(report: SandboxReport, allowed: ReadonlySet<RemarkKind>): string {
  const providers = new Set([...report.operations, ...report.breaches].map(({ provider }) => provider))
  const suites = [...providers].map((name) => ({ name, cases: casesOf(name, report, allowed) }))
  return junitXml(`runyard report ${report.sandbox}, coverage ${percent(report.coverage)}`, suites)
}

function casesOf(provider: string, report: SandboxReport, allowed: ReadonlySet<RemarkKind>): JunitCase[] {
  const operations = report.operations.filter((operation) => operation.provider === provider)
  const breaches = report.breaches.filter((breach) => breach.provider === provider)
  return [
    ...operations.flatMap((operation) => [
      called(operation),
      ...(operation.calls === 0 ? [] : kindsOf(operation.operation, breaches, allowed)),
    ]),
    ...kindsOf(null, breaches, allowed),
  ]
}

function called({ operation, calls, coverage }: OperationReport): JunitCase {
  const name = `${operation} is called`
  if (calls === 0) return { name, ms: 0, skipped: 'never called' }
  const { exercised, documented } = coverage
  const note = `${counted(calls, 'call')}, coverage ${percent(coverage)} (${exercised} of ${documented})`
  return { name, ms: 0, note }
}

/** A case for each kind, so that a passing one can be seen to have been looked at. */
function kindsOf(
  operation: string | null,
  all: readonly Breach[],
  allowed: ReadonlySet<RemarkKind>,
): JunitCase[] {
  const here = all.filter((breach) => breach.operation === operation)
  return REMARK_KINDS.filter((kind) =>
    operation === null
      ? kind === 'undocumented-operation' || here.some((breach) => breach.kind === kind)
      : kind !== 'undocumented-operation',
  ).map((kind) => {
    const lines = here.filter((breach) => breach.kind === kind).map(line)
    const name = operation === null ? `no ${kind}` : `${operation}: no ${kind}`
    const [first] = lines
    if (first === undefined) return { name, ms: 0 }
    const text = lines.join('\n')
    if (allowed.has(kind)) return { name, ms: 0, skipped: `allowed: ${text}` }
    const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''
    return { name, ms: 0, failure: { message: `${first}${more}`, text } }
  })
}

function line(breach: Breach): string {
  const { subject, message, count } = breach
  return `${subject === undefined ? '' : `${subject}: `}${message} ${counted(count, 'time')}, ${seenIn(breach)}.`
}
