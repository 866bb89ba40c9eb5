import type { Outcome } from '../verify.ts'
import type { Heading, Report } from './report.ts'

/** JUnit's XML, a suite for each provider: what CI servers read. It stands at the end, since a suite begins with its sums. */
export function junit({ target, fidelity }: Heading): Report {
  const outcomes: Outcome[] = []
  return {
    outcome(outcome) {
      outcomes.push(outcome)
      return ''
    },
    end() {
      const providers = [...new Set(outcomes.map(({ provider }) => provider))]
      const suites = providers.map((provider) =>
        suite(
          provider,
          outcomes.filter((outcome) => outcome.provider === provider),
        ),
      )
      const name = attribute(`runyard verify ${target}, ${fidelity} fidelity`)
      return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${name} ${sums(outcomes)}>\n${suites.join('')}</testsuites>\n`
    },
  }
}

function suite(provider: string, outcomes: readonly Outcome[]): string {
  return `  <testsuite name=${attribute(provider)} ${sums(outcomes)}>\n${outcomes.map(testcase).join('')}  </testsuite>\n`
}

function testcase({ provider, name, evidence, confidence, ms, verdict }: Outcome): string {
  const head = `    <testcase classname=${attribute(provider)} name=${attribute(name)} time="${seconds(ms)}"`
  if (verdict.kind === 'passed') return `${head}/>\n`
  if (verdict.kind === 'skipped')
    return `${head}>\n      <skipped message=${attribute(verdict.reason)}/>\n    </testcase>\n`
  const { kind: _, ...failure } = verdict
  const facts = Object.entries({ ...failure, evidence, confidence })
    .filter(([, value]) => value !== undefined)
    .map(([fact, value]) => `${fact}: ${value}`)
  const message = attribute(`expected ${failure.expected}, came ${failure.came}`)
  return `${head}>\n      <failure message=${message}>${text(facts.join('\n'))}</failure>\n    </testcase>\n`
}

function sums(outcomes: readonly Outcome[]): string {
  const of = (kind: string): number => outcomes.filter(({ verdict }) => verdict.kind === kind).length
  const ms = outcomes.reduce((sum, outcome) => sum + outcome.ms, 0)
  return `tests="${outcomes.length}" failures="${of('failed')}" errors="0" skipped="${of('skipped')}" time="${seconds(ms)}"`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attribute(value: string): string {
  return `"${text(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`
}

/** XML 1.0 has no way to write most control characters, nor halves of surrogate pairs. */
function text(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
