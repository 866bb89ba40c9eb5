import type { SandboxReport } from './format.ts'

/** The report as the control plane gives it. */
export function json(report: SandboxReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
