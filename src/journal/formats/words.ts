import type { Breach, Count, OperationReport, Share } from '../../core/journal.ts'

/** `28 %`, and never 100 % of less than all, nor 0 % of something. */
export function percent({ exercised, documented, ratio }: Share): string {
  if (exercised === 0) return '0 %'
  if (exercised === documented) return '100 %'
  return `${Math.min(99, Math.max(1, Math.round(ratio * 100)))} %`
}

/** `1 call`, `2 calls`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('ch') ? 'es' : 's'}`
}

/** Which exchanges show it: `exchange 3`, `exchanges 3 to 9`. */
export function seenIn({ first, last }: Breach): string {
  return first === last ? `exchange ${first}` : `exchanges ${first} to ${last}`
}

/** What there is to exercise in an operation, by the name that people give it. */
export function partsOf(
  operation: OperationReport,
): readonly { readonly name: string; readonly counts: readonly Count[] }[] {
  const { parameters, values, statuses, pages } = operation
  return [
    { name: 'parameters', counts: parameters },
    { name: 'values', counts: values },
    { name: 'statuses', counts: statuses },
    { name: 'pages', counts: pages },
  ].filter(({ counts }) => counts.length > 0)
}

/** The statuses that were seen and are not of the document: the last ones, beyond what the coverage counts. */
export function undocumentedStatuses(operation: OperationReport): readonly Count[] {
  const listed = partsOf(operation).reduce((sum, { counts }) => sum + counts.length, 0)
  const others = listed - operation.coverage.documented
  return others <= 0 ? [] : operation.statuses.slice(-others)
}
