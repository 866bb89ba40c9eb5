import type { Breach, RemarkKind, Report } from '../../core/journal.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { text } from './text.ts'

/** The report of a sandbox as the control plane gives it: its instants are ISO 8601. */
export interface SandboxReport extends Omit<Report, 'from' | 'to'> {
  readonly sandbox: string
  readonly from: string | null
  readonly to: string | null
}

/** Writes a report down. `allowed`: the kinds of breaches that are no failure. */
export type Format = (report: SandboxReport, allowed: ReadonlySet<RemarkKind>) => string

/** By name. */
export const FORMATS = { text, json, junit, html } satisfies Record<string, Format>

export type FormatName = keyof typeof FORMATS

/** The breaches that are failures. */
export function failures(report: SandboxReport, allowed: ReadonlySet<RemarkKind>): Breach[] {
  return report.breaches.filter(({ kind }) => !allowed.has(kind))
}
