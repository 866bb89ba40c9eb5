import type { Heading, Report } from './report.ts'

/** TAP 14 (https://testanything.org/tap-version-14-specification.html), each line as soon as it is known. */
export function tap({ target, fidelity, planned }: Heading, say: (text: string) => void): Report {
  let number = 0
  const sums = { passed: 0, failed: 0, skipped: 0 }
  say(`TAP version 14\n# ${target}, ${fidelity} fidelity\n1..${planned}\n`)
  return {
    outcome({ provider, name, evidence, confidence, ms, verdict }) {
      number++
      sums[verdict.kind]++
      const title = escaped(`${number} - ${provider}: ${name}`)
      if (verdict.kind === 'skipped') return `ok ${title} # SKIP ${escaped(verdict.reason)}\n`
      if (verdict.kind === 'passed') return `ok ${title}\n`
      const { kind: _, ...failure } = verdict
      return `not ok ${title}\n${diagnostics({ ...failure, evidence, confidence, duration_ms: ms })}`
    },
    end: () => `# ${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped\n`,
  }
}

/** A hash begins a directive, and a backslash takes that meaning away. */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replace(/\s+/g, ' ')
}

/** A YAML block; JSON's strings are YAML's. */
function diagnostics(facts: Readonly<Record<string, string | number | undefined>>): string {
  const lines = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`)
  return `  ---\n${lines.join('')}  ...\n`
}
