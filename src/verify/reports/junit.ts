import { xmlAttribute, xmlText } from '../../core/xml.ts'
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
      const name = xmlAttribute(`runyard verify ${target}, ${fidelity} fidelity`)
      return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${name} ${sums(outcomes)}>\n${suites.join('')}</testsuites>\n`
    },
  }
}

function suite(provider: string, outcomes: readonly Outcome[]): string {
  return `  <testsuite name=${xmlAttribute(provider)} ${sums(outcomes)}>\n${outcomes.map(testcase).join('')}  </testsuite>\n`
}

function testcase({ provider, name, evidence, confidence, ms, verdict }: Outcome): string {
  const head = `    <testcase classname=${xmlAttribute(provider)} name=${xmlAttribute(name)} time="${seconds(ms)}"`
  if (verdict.kind === 'passed') return `${head}/>\n`
  if (verdict.kind === 'skipped')
    return `${head}>\n      <skipped message=${xmlAttribute(verdict.reason)}/>\n    </testcase>\n`
  const { kind: _, ...failure } = verdict
  const facts = Object.entries({ ...failure, evidence, confidence })
    .filter(([, value]) => value !== undefined)
    .map(([fact, value]) => `${fact}: ${value}`)
  const message = xmlAttribute(`expected ${failure.expected}, came ${failure.came}`)
  return `${head}>\n      <failure message=${message}>${xmlText(facts.join('\n'))}</failure>\n    </testcase>\n`
}

function sums(outcomes: readonly Outcome[]): string {
  const of = (kind: string): number => outcomes.filter(({ verdict }) => verdict.kind === kind).length
  const ms = outcomes.reduce((sum, outcome) => sum + outcome.ms, 0)
  return `tests="${outcomes.length}" failures="${of('failed')}" errors="0" skipped="${of('skipped')}" time="${seconds(ms)}"`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
