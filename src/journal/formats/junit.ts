import { type Breach, type OperationReport, REMARK_KINDS, type RemarkKind } from '../../core/journal.ts'
import { xmlAttribute, xmlText } from '../../core/xml.ts'
import type { SandboxReport } from './format.ts'
import { counted, percent, seenIn } from './words.ts'

/** JUnit's XML, which CI servers read: a suite for each API, a case for each operation and kind of breach. */
export function junit(report: SandboxReport, allowed: ReadonlySet<RemarkKind>): string {
  const providers = new Set([...report.operations, ...report.breaches].map(({ provider }) => provider))
  const suites = [...providers].map((provider) => ({ provider, cases: casesOf(provider, report, allowed) }))
  const name = xmlAttribute(`runyard report ${report.sandbox}, coverage ${percent(report.coverage)}`)
  const all = sums(suites.flatMap(({ cases }) => cases))
  const body = suites.map(
    ({ provider, cases }) =>
      `  <testsuite name=${xmlAttribute(provider)} ${sums(cases)}>\n${cases.map((one) => testcase(provider, one)).join('')}  </testsuite>\n`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${name} ${all}>\n${body.join('')}</testsuites>\n`
}

interface Case {
  readonly name: string
  readonly breaches: readonly Breach[]
  /** Why it says nothing. */
  readonly skipped?: string
  readonly note?: string
}

function casesOf(provider: string, report: SandboxReport, allowed: ReadonlySet<RemarkKind>): Case[] {
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

function called({ operation, calls, coverage }: OperationReport): Case {
  const name = `${operation} is called`
  if (calls === 0) return { name, breaches: [], skipped: 'never called' }
  const { exercised, documented } = coverage
  const note = `${counted(calls, 'call')}, coverage ${percent(coverage)} (${exercised} of ${documented})`
  return { name, breaches: [], note }
}

/** A case for each kind, so that a passing one can be seen to have been looked at. */
function kindsOf(operation: string | null, all: readonly Breach[], allowed: ReadonlySet<RemarkKind>): Case[] {
  const here = all.filter((breach) => breach.operation === operation)
  return REMARK_KINDS.filter((kind) =>
    operation === null
      ? kind === 'undocumented-operation' || here.some((breach) => breach.kind === kind)
      : kind !== 'undocumented-operation',
  ).map((kind) => {
    const breaches = here.filter((breach) => breach.kind === kind)
    const name = operation === null ? `no ${kind}` : `${operation}: no ${kind}`
    const isAllowed = allowed.has(kind) && breaches.length > 0
    return { name, breaches, ...(isAllowed && { skipped: `allowed: ${breaches.map(line).join('\n')}` }) }
  })
}

function testcase(provider: string, { name, breaches, skipped, note }: Case): string {
  const head = `    <testcase classname=${xmlAttribute(provider)} name=${xmlAttribute(name)} time="0.000"`
  if (skipped !== undefined)
    return `${head}>\n      <skipped message=${xmlAttribute(skipped)}/>\n    </testcase>\n`
  if (breaches.length > 0) {
    const [first] = breaches
    const more = breaches.length > 1 ? ` (and ${breaches.length - 1} more)` : ''
    const message = xmlAttribute(`${first === undefined ? '' : line(first)}${more}`)
    return `${head}>\n      <failure message=${message}>${xmlText(breaches.map(line).join('\n'))}</failure>\n    </testcase>\n`
  }
  if (note === undefined) return `${head}/>\n`
  return `${head}>\n      <system-out>${xmlText(note)}</system-out>\n    </testcase>\n`
}

function line(breach: Breach): string {
  const { subject, message, count } = breach
  return `${subject === undefined ? '' : `${subject}: `}${message} ${counted(count, 'time')}, ${seenIn(breach)}.`
}

function sums(cases: readonly Case[]): string {
  const skipped = cases.filter((one) => one.skipped !== undefined)
  const failed = cases.filter((one) => one.skipped === undefined && one.breaches.length > 0)
  return `tests="${cases.length}" failures="${failed.length}" errors="0" skipped="${skipped.length}" time="0.000"`
}
