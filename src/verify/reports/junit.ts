import { type JunitCase, junitXml } from '../../core/junit.ts'
import type { Outcome } from '../verify.ts'
import type { Heading, Report } from './report.ts'

/** JUnit's XML, a suite for each provider. It stands at the end, since a suite begins with its sums. */
export function junit({ target, fidelity }: Heading): Report {
  const outcomes: Outcome[] = []
  return {
    outcome(outcome) {
      outcomes.push(outcome)
      return ''
    },
    end() {
      const providers = [...new Set(outcomes.map(({ provider }) => provider))]
      const suites = providers.map((name) => ({
        name,
        cases: outcomes.filter(({ provider }) => provider === name).map(caseOf),
      }))
      return junitXml(`runyard verify ${target}, ${fidelity} fidelity`, suites)
    },
  }
}

function caseOf({ name, evidence, confidence, ms, verdict }: Outcome): JunitCase {
  if (verdict.kind === 'passed') return { name, ms }
  if (verdict.kind === 'skipped') return { name, ms, skipped: verdict.reason }
  const { kind: _, ...failure } = verdict
  const facts = Object.entries({ ...failure, evidence, confidence })
    .filter(([, value]) => value !== undefined)
    .map(([fact, value]) => `${fact}: ${value}`)
  const message = `expected ${failure.expected}, came ${failure.came}`
  return { name, ms, failure: { message, text: facts.join('\n') } }
}
