import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'

/** What a sandbox is filled with: how many days of history, and a section for each provider. */
export interface Scenario {
  readonly days: number
  readonly sections: Readonly<Record<string, JsonObject>>
}

/** A scenario that cannot be used; its message says which, where and why. */
export class ScenarioError extends Error {
  override name = 'ScenarioError'
}

/**
 * Reads a scenario: one of the `seeds` folder by name, or a JSON file by path. Throws ScenarioError when there is none,
 * or when it breaks the schema.
 */
export function loadScenario(seeds: string, name: string, providers: readonly Provider[]): Scenario {
  const isPath = name.endsWith('.json') || name.includes('/')
  const path = isPath ? name : join(seeds, `${name}.json`)
  const text = read(
    path,
    () =>
      `There is no scenario '${name}'. ${isPath ? '' : `There are: ${names(seeds)}. `}A path ends in .json.`,
  )
  let scenario: unknown
  try {
    scenario = JSON.parse(text)
  } catch (error) {
    throw new ScenarioError(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false })
  const valid = ajv.compile<Record<string, JsonObject> & { days: number }>(scenarioSchema(providers))
  if (!valid(scenario)) {
    const breaches = (valid.errors ?? []).map((error) => {
      const extra: unknown = error.params.additionalProperty ?? error.params.allowedValues
      return `  ${error.instancePath || '/'} ${error.message}${extra === undefined ? '' : `: ${String(extra)}`}`
    })
    throw new ScenarioError(`${path} is no scenario:\n${breaches.join('\n')}`)
  }
  const sections = providers.map(({ name }): [string, JsonObject] => [name, scenario[name] ?? {}])
  return { days: scenario.days, sections: Object.fromEntries(sections) }
}

/** The JSON Schema (2020-12) of a scenario file; each provider brings that of its section. */
export function scenarioSchema(providers: readonly Provider[]): JsonObject {
  const sections = providers.map((provider): [string, JsonObject] => [
    provider.name,
    { description: `The runs of ${provider.title}.`, default: {}, ...provider.seeds.schema },
  ])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Runyard scenario',
    description: 'What a sandbox is filled with. Same scenario, seed and start: same bytes.',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      description: { description: 'What the scenario is for.', type: 'string' },
      days: {
        description: 'Days of history before the start of the sandbox.',
        type: 'integer',
        minimum: 1,
        maximum: 3650,
        default: 30,
      },
      ...Object.fromEntries(sections),
    },
  }
}

function read(path: string, missing: () => string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new ScenarioError(missing())
  }
}

function names(seeds: string): string {
  return readdirSync(seeds)
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .join(', ')
}
