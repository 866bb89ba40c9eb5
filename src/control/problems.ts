import type { Problem } from '../core/provider.ts'
import type { Wrong } from './call.ts'

/** What the document forbids, in words that say what would be right. */
export function wrongsOf(problems: readonly Problem[]): Wrong[] {
  const choices = problems.filter(({ rule }) => CHOICES.has(rule))
  // What each branch of a choice had to say is left out: the choice's own description says what there is to choose.
  const telling = problems.filter(
    (problem) =>
      !choices.some(
        (choice) => choice !== problem && isWithin(problem, choice) && 'description' in schemaOf(choice),
      ),
  )
  const wrongs = telling.map((problem): Wrong => ({ pointer: pointerOf(problem), detail: detailOf(problem) }))
  return wrongs.filter(
    ({ pointer, detail }, i) =>
      wrongs.findIndex((other) => other.pointer === pointer && other.detail === detail) === i,
  )
}

const CHOICES = new Set(['oneOf', 'anyOf', 'not'])

/** Whether the problem is in the same place as the choice, or further inside it. */
function isWithin(problem: Problem, choice: Problem): boolean {
  return (
    problem.in === choice.in &&
    choice.path.every((step, i) => problem.path[i] === step) &&
    !(problem.path.length === choice.path.length && problem.rule === 'additionalProperties')
  )
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
