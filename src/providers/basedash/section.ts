import type { JsonObject } from '../../core/json.ts'

/** Basedash's part of a scenario; `schema` says what each member is. */
export interface Section {
  readonly automations?: readonly AutomationSection[]
  readonly otherAutomations?: readonly AutomationSection[]
  readonly manual?: number
  readonly departed?: number
  readonly unrecorded?: number
  readonly ties?: number
}

/** One automation and how many runs it has. */
export interface AutomationSection {
  readonly name: string
  readonly past?: number
  readonly generating?: number
  readonly ahead?: number
}

/** What a section that names no automations has, so that the credentials always have something to ask for. */
export const AUTOMATIONS: readonly AutomationSection[] = [{ name: 'Weekly status update' }]
export const OTHER_AUTOMATIONS: readonly AutomationSection[] = [{ name: 'Sales pipeline recap' }]

/** The shares of a section that gives none. */
export const SHARES = { manual: 0.15, departed: 0.1, unrecorded: 0.04, ties: 0.04 } as const

/** The section's JSON Schema (2020-12). */
export const schema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  description: 'Basedash: two organizations with their automations and the runs of each',
  properties: {
    automations: automations('The organization of the `admin` and `member` keys', AUTOMATIONS),
    otherAutomations: automations(
      'The organization that only the `otherAdmin` key may see',
      OTHER_AUTOMATIONS,
    ),
    manual: share('of the runs that somebody started by hand', SHARES.manual),
    departed: share('of the manual runs whose member has left: their `memberId` is null', SHARES.departed),
    unrecorded: share('of the runs that never get a status: theirs is null', SHARES.unrecorded),
    ties: share('of the runs created in the same millisecond as the run before', SHARES.ties),
  },
}

function automations(of: string, standard: readonly AutomationSection[]): JsonObject {
  return {
    description: `${of}. An automation's id follows from its place in this list`,
    type: 'array',
    minItems: 1,
    default: standard.map(({ name }) => ({ name })),
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { description: 'Its name, which its runs start under', type: 'string', minLength: 1 },
        past: count('Runs created in the days of history before the start'),
        generating: count(
          'Runs started by hand in the last 20 seconds before the start, still GENERATING at it',
        ),
        ahead: count('Runs that will be created in the 24 hours after the start'),
      },
    },
  }
}

function count(description: string): JsonObject {
  return { description, type: 'integer', minimum: 0, default: 0 }
}

function share(of: string, standard: number): JsonObject {
  return { description: `The share ${of}`, type: 'number', minimum: 0, maximum: 1, default: standard }
}
