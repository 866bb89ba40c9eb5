import { xmlAttribute, xmlText } from './xml.ts'

/** The cases that CI servers show together. */
export interface JunitSuite {
  readonly name: string
  readonly cases: readonly JunitCase[]
}

/** One case: failed, else skipped, else passed. */
export interface JunitCase {
  readonly name: string
  /** How long it took; 0 where time says nothing. */
  readonly ms: number
  readonly failure?: { readonly message: string; readonly text: string }
  /** Why it says nothing. */
  readonly skipped?: string
  /** What there is to say of one that passed. */
  readonly note?: string
}

/** JUnit's XML, which CI servers read. Any text may be in it. */
export function junitXml(name: string, suites: readonly JunitSuite[]): string {
  const all = sums(suites.flatMap(({ cases }) => cases))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites name=${xmlAttribute(name)} ${all}>\n`,
    ...suites.map(suite),
    '</testsuites>\n',
  ].join('')
}

function suite({ name, cases }: JunitSuite): string {
  const inside = cases.map((one) => testcase(name, one)).join('')
  return `  <testsuite name=${xmlAttribute(name)} ${sums(cases)}>\n${inside}  </testsuite>\n`
}

function testcase(suite: string, { name, ms, failure, skipped, note }: JunitCase): string {
  const head = `    <testcase classname=${xmlAttribute(suite)} name=${xmlAttribute(name)} time="${seconds(ms)}"`
  const outcome =
    failure !== undefined
      ? `<failure message=${xmlAttribute(failure.message)}>${xmlText(failure.text)}</failure>`
      : skipped !== undefined
        ? `<skipped message=${xmlAttribute(skipped)}/>`
        : note !== undefined
          ? `<system-out>${xmlText(note)}</system-out>`
          : undefined
  return outcome === undefined ? `${head}/>\n` : `${head}>\n      ${outcome}\n    </testcase>\n`
}

function sums(cases: readonly JunitCase[]): string {
  const failed = cases.filter(({ failure }) => failure !== undefined).length
  const skipped = cases.filter((one) => one.failure === undefined && one.skipped !== undefined).length
  const ms = cases.reduce((sum, one) => sum + one.ms, 0)
  return `tests="${cases.length}" failures="${failed}" errors="0" skipped="${skipped}" time="${seconds(ms)}"`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
