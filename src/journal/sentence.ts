import type { Problem } from '../core/provider.ts'
import { clipped, quoted, some } from './bounds.ts'

/** A broken rule of a document, in a sentence. */
export function sentence(problem: Problem | undefined): string {
  if (problem === undefined) return 'The document forbids it.'
  const { rule, facts, value, message } = problem
  const came = quoted(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
  if (rule === 'minimum') return `${came} is less than ${facts.limit}, the least that the document allows.`
  if (rule === 'maximum') return `${came} is more than ${facts.limit}, the most that the document allows.`
  if (rule === 'format' && facts.format === 'date-time')
    return `${came} is no date-time as the document has them: 2026-06-01T12:00:00Z is one.`
  if (rule === 'enum' && Array.isArray(facts.allowedValues))
    return `${came} is none of ${some(facts.allowedValues.map(String))}.`
  return `${came} ${clipped(message, 200)}.`
}
