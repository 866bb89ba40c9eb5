import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ValidateFunction } from 'ajv'
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'
import { ScenarioError } from '../core/scenario-error.ts'

/** What a sandbox is filled with: how many days of history, and a section for each provider. */
export interface Scenario {
  readonly days: number
  readonly sections: Readonly<Record<string, JsonObject>>
}

/** What a scenario file may take. All of it is read at once, while nobody else is answered. */
const MOST_BYTES = 1024 * 1024

/** How many breaches are told of one file. */
const MOST_TOLD = 100

/** How many scenarios are kept as they were read. */
const MOST_KEPT = 16

/** Reads scenarios. What it has read of the same text it gives again. */
export class Scenarios {
  readonly #folder: string
  readonly #providers: readonly Provider[]
  readonly #compile: (schema: JsonObject) => ValidateFunction
  readonly #read: Map<string, Scenario>
  #valid: ValidateFunction | undefined

  /**
   * `compile`: makes a validator that tells of all breaches, and fills in what the schema has as default. `read`: texts that
   * have been read before, for the same providers.
   */
  constructor(
    folder: string,
    providers: readonly Provider[],
    compile: (schema: JsonObject) => ValidateFunction,
    read: Iterable<[text: string, Scenario]> = [],
  ) {
    this.#folder = folder
    this.#providers = providers
    this.#compile = compile
    this.#read = new Map(read)
  }

  /**
   * One of the folder by name, or a JSON file by path, as it is at this moment. Throws ScenarioError when there is none,
   * or when it breaks the schema.
   */
  load(name: string): Scenario {
    const isPath = name.endsWith('.json') || name.includes('/')
    const path = isPath ? name : join(this.#folder, `${name}.json`)
    const text = read(
      path,
      () =>
        `There is no scenario '${name}'. ${isPath ? '' : `There are: ${scenarioNames(this.#folder).join(', ')}. `}A path ends in .json and leads to a file of at most 1 MiB.`,
    )
    const scenario = this.#read.get(text) ?? this.#parse(path, text)
    this.#read.delete(text)
    this.#read.set(text, scenario)
    const [oldest] = this.#read.keys()
    if (this.#read.size > MOST_KEPT && oldest !== undefined) this.#read.delete(oldest)
    return scenario
  }

  #parse(path: string, text: string): Scenario {
    let scenario: unknown
    try {
      scenario = JSON.parse(text)
    } catch (error) {
      // Without what the parser quotes of the file, whose reader may be another than its owner.
      const why = error instanceof Error ? error.message.replace(/, ?["'.].*$/s, '') : String(error)
      throw new ScenarioError(`${path} is not JSON: ${why}`)
    }
    this.#valid ??= this.#compile(scenarioSchema(this.#providers))
    const valid = this.#valid
    if (!isScenario(valid, scenario)) {
      const errors = valid.errors ?? []
      const breaches = errors.slice(0, MOST_TOLD).map((error) => {
        const extra: unknown = error.params.additionalProperty ?? error.params.allowedValues
        return `  ${error.instancePath || '/'} ${error.message}${extra === undefined ? '' : `: ${String(extra)}`}`
      })
      const more = errors.length > breaches.length ? [`  and ${errors.length - breaches.length} more`] : []
      throw new ScenarioError(`${path} is no scenario:\n${[...breaches, ...more].join('\n')}`)
    }
    const sections = this.#providers.map(({ name }): [string, JsonObject] => [name, scenario[name] ?? {}])
    return { days: scenario.days, sections: Object.fromEntries(sections) }
  }
}

function isScenario(
  valid: ValidateFunction,
  scenario: unknown,
): scenario is Record<string, JsonObject> & { days: number } {
  return valid(scenario)
}

/** Where the build puts the folder's scenarios as they are read for these providers: texts and what they mean, in pairs. */
export function readScenariosFile(providers: readonly Provider[]): string {
  return `scenarios-${providers.map(({ name }) => name).join('-')}.json`
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
    // Looked at before it is opened: a pipe would wait for somebody to write, and a device never ends.
    const entry = path.endsWith('.json') ? statSync(path) : undefined
    if (entry?.isFile() && entry.size <= MOST_BYTES) return readFileSync(path, 'utf8')
  } catch {
    // As good as none.
  }
  throw new ScenarioError(missing())
}

/** The names of the scenarios in the folder. */
export function scenarioNames(seeds: string): string[] {
  return readdirSync(seeds)
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => file.replace(/\.json$/, ''))
}
