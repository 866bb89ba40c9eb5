import type { Problem } from '../../core/provider.ts'
import { lastValues } from '../../core/query.ts'
import type { ApiRequest } from '../../core/request.ts'
import { PARAMETERS, type Parameter, stepsOf, unknownWords } from './parameters.ts'
import type { components } from './wire.ts'

/** One reason why a query is refused, in the shape of zod 3's issues (fidelity/trigger.md §2). */
export type Issue = NonNullable<components['schemas']['ErrorWithDetailsResponse']['details']>[number]

/** Every reason, in the order of the parameters. */
export function issuesOf(request: ApiRequest, problems: readonly Problem[]): Issue[] {
  const texts = lastValues(request.search)
  const issues = PARAMETERS.flatMap((parameter) => {
    const own = problems.filter((problem) => concerns(problem, parameter))
    return own.length > 0
      ? issuesFor(parameter, own, texts.get(parameter.name) ?? String(own[0]?.value), request)
      : []
  })
  return issues.length > 0
    ? issues
    : problems.map(({ path, message }) => ({ code: 'custom', message, path: [...path] }))
}

function concerns(problem: Problem, parameter: Parameter): boolean {
  return problem.in === 'query' && stepsOf(parameter).every((step, i) => problem.path[i] === step)
}

function issuesFor(
  { name }: Parameter,
  problems: readonly Problem[],
  text: string,
  request: ApiRequest,
): Issue[] {
  const path = [name]
  switch (name) {
    case 'page[size]':
      return SIZE_RULES.flatMap((rule) => problems.filter((problem) => problem.rule === rule)).map(sizeIssue)
    case 'filter[status]':
      return [custom(name, `Invalid status values: ${unknownWords(text, request).join(', ')}`)]
    case 'filter[isTest]':
      return [custom(name, `Invalid value for isTest: ${text}`)]
    case 'filter[createdAt][from]':
    case 'filter[createdAt][to]':
      return [{ code: 'invalid_date', path, message: 'Invalid date' }]
    case 'filter[machine]':
      return [custom(name, `Invalid machine values: ${problems.map(({ value }) => value).join(', ')}`)]
    default:
      return problems.map((problem) => custom(name, problem.message))
  }
}

/** In the order in which the service checks them. */
const SIZE_RULES = ['type', 'exclusiveMinimum', 'minimum', 'maximum']

// The order of members differs between codes on the wire, and here.
function sizeIssue({ rule, facts, value }: Problem): Issue {
  const path = ['page[size]']
  const limit = Number(facts.limit)
  if (rule === 'exclusiveMinimum') {
    const message = `Number must be greater than ${limit}`
    return {
      code: 'too_small',
      minimum: limit,
      type: 'number',
      inclusive: false,
      exact: false,
      message,
      path,
    }
  }
  if (rule === 'minimum') {
    const message = `Number must be greater than or equal to ${limit}`
    return { code: 'too_small', minimum: limit, type: 'number', inclusive: true, exact: false, message, path }
  }
  if (rule === 'maximum') {
    const message = `Number must be less than or equal to ${limit}`
    return { code: 'too_big', maximum: limit, type: 'number', inclusive: true, exact: false, message, path }
  }
  if (typeof value === 'number') {
    const message = 'Expected integer, received float'
    return { code: 'invalid_type', expected: 'integer', received: 'float', message, path }
  }
  return {
    code: 'invalid_type',
    expected: 'number',
    received: 'nan',
    path,
    message: 'Expected number, received nan',
  }
}

function custom(name: string, message: string): Issue {
  return { code: 'custom', message, path: [name] }
}
