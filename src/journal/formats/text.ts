import type { Breach, OperationReport, RemarkKind } from '../../core/journal.ts'
import type { SandboxReport } from './format.ts'
import { counted, partsOf, percent, seenIn, undocumentedStatuses } from './words.ts'

/** For people, in a terminal. */
export function text(report: SandboxReport, allowed: ReadonlySet<RemarkKind>): string {
  const { operations, breaches } = report
  const providers = [...new Set(operations.map(({ provider }) => provider))]
  const lines = [
    ...summary(report, allowed),
    ...providers.flatMap((provider) => [
      '',
      provider,
      ...operations.filter((operation) => operation.provider === provider).flatMap(linesOf),
    ]),
    ...(breaches.length === 0
      ? []
      : ['', 'Breaches', ...breaches.flatMap((breach) => linesOn(breach, allowed))]),
  ]
  return `${lines.map(printable).join('\n')}\n`
}

/** What it comes to, in two lines. */
export function summary(report: SandboxReport, allowed: ReadonlySet<RemarkKind>): string[] {
  const { sandbox, exchanges, from, to, coverage, breaches } = report
  const tolerated = breaches.filter(({ kind }) => allowed.has(kind)).length
  const when = from === null ? '' : `, ${from} to ${to}`
  const note = tolerated === 0 ? '' : `, ${tolerated} of them allowed`
  return [
    `Sandbox ${sandbox}: ${counted(exchanges, 'exchange')}${when}`,
    `Coverage ${percent(coverage)} (${coverage.exercised} of ${coverage.documented}), ${counted(breaches.length, 'breach')}${note}`,
  ]
}

const NEVER: Readonly<Record<string, string>> = {
  parameters: 'never sent',
  values: 'never asked for',
  statuses: 'never met',
  pages: 'never read',
}

function linesOf(operation: OperationReport): string[] {
  const { method, path, operation: name, calls, coverage } = operation
  const head = `  ${percent(coverage).padStart(5)}  ${name} (${method} ${path})`
  if (calls === 0) return [head, '         never called']
  const parts = partsOf(operation).flatMap(({ name, counts }) => {
    const missing = counts.filter(({ count }) => count === 0).map((count) => count.name)
    if (missing.length === 0) return []
    return [`         ${NEVER[name]}: ${grouped(missing).join(', ')}`]
  })
  const others = undocumentedStatuses(operation).map(({ name, count }) => `${name} (${count})`)
  return [
    head,
    `         ${counted(calls, 'call')}`,
    ...parts,
    ...(others.length === 0 ? [] : [`         met, though not documented: ${others.join(', ')}`]),
  ]
}

/** `filter[status]=QUEUED|FAILED`: a parameter's words after one name. */
function grouped(names: readonly string[]): string[] {
  const words = new Map<string, string[]>()
  for (const name of names) {
    const [parameter = '', ...rest] = name.split('=')
    words.set(parameter, [...(words.get(parameter) ?? []), ...(rest.length === 0 ? [] : [rest.join('=')])])
  }
  return [...words].map(([parameter, some]) =>
    some.length === 0 ? parameter : `${parameter}=${some.join('|')}`,
  )
}

function linesOn(breach: Breach, allowed: ReadonlySet<RemarkKind>): string[] {
  const { kind, provider, operation, subject, message, count } = breach
  const where = [provider, operation, subject].filter((word) => word !== null && word !== undefined)
  const note = allowed.has(kind) ? ' (allowed)' : ''
  return [
    `  ${kind}${note}: ${where.join(' ')}`,
    `         ${message}`,
    `         ${counted(count, 'time')}, ${seenIn(breach)}`,
  ]
}

/** Names come from clients: none of them is to move a cursor, or to turn a line around. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
