import type { Problem } from '../core/provider.ts'
import type { Wrong } from './call.ts'

/** What the document forbids, in words that say what would be right. */
export function wrongsOf(problems: readonly Problem[]): Wrong[] {
  // The last one in a place is the outermost: what a choice has to say comes after what its branches have.
  const choices = new Map(problems.filter(isDescribedChoice).map((choice) => [placeOf(choice), choice]))
  const telling = problems.filter((problem) => {
    const choice = choices.get(placeOf(problem))
    // The choice's own description says what there is to choose; what is unknown, it does not say.
    return choice === undefined || choice === problem || problem.rule === 'additionalProperties'
  })
  const wrongs = telling.map((problem): Wrong => ({ pointer: pointerOf(problem), detail: detailOf(problem) }))
  return [...new Map(wrongs.map((wrong) => [`${wrong.pointer} ${wrong.detail}`, wrong])).values()]
}

const CHOICES = new Set(['oneOf', 'anyOf', 'not'])

function isDescribedChoice(problem: Problem): boolean {
  return CHOICES.has(problem.rule) && 'description' in schemaOf(problem)
}

function placeOf({ in: place, path }: Problem): string {
  return JSON.stringify([place, ...path])
}

function pointerOf({ in: place, path, facts, rule }: Problem): string {
  const extra = rule === 'additionalProperties' ? [String(facts.additionalProperty)] : []
  const steps = [...path, ...extra]
  if (place !== 'body') return steps.join('.')
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function detailOf(problem: Problem): string {
  const { rule, facts, message } = problem
  const schema = schemaOf(problem)
  if (rule === 'additionalProperties') {
    const known = Object.keys(Object(schema.properties))
    return `is unknown${known.length > 0 ? `; there are ${known.join(', ')}` : ''}`
  }
  if (rule === 'enum') return `must be one of ${Object(facts.allowedValues).join(', ')}`
  if (CHOICES.has(rule) && typeof schema.description === 'string') return `must be: ${schema.description}`
  if (rule === 'required' && facts.missingProperty === 'requestBody') return 'is missing'
  if (rule === 'required') return `lacks ${facts.missingProperty}`
  const about = typeof schema.description === 'string' ? ` (${schema.description})` : ''
  return `${message}${about}`
}

function schemaOf({ schema }: Problem): Record<string, unknown> {
  return Object(schema)
}
