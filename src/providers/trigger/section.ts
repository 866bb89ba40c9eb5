import type { JsonObject } from '../../core/json.ts'

/** Trigger.dev's part of a scenario: what happened in each environment of one project. */
export interface Section {
  readonly dev?: Traffic
  readonly staging?: Traffic
  readonly prod?: Traffic
  /** By branch name; the first is the one that the credentials show. */
  readonly preview?: Readonly<Record<string, Traffic>>
}

/** The runs of one environment. */
export interface Traffic {
  readonly past?: number
  readonly ahead?: number
  readonly inFlight?: number
  readonly bulkActions?: number
  readonly extremes?: boolean
  readonly ties?: number
  readonly testRuns?: number
  readonly outcomes?: Outcomes
}

/** How runs end, as weights by the word that a list shows. */
export interface Outcomes {
  readonly COMPLETED?: number
  readonly FAILED?: number
  readonly CANCELED?: number
  readonly CRASHED?: number
  readonly SYSTEM_FAILURE?: number
  readonly INTERRUPTED?: number
  readonly EXPIRED?: number
  readonly TIMED_OUT?: number
}

/** The words that the vendor's document lacks: runs end so in `live` fidelity only. */
export const OBSERVED_OUTCOMES = ['EXPIRED', 'TIMED_OUT'] as const

/** What a section leaves out. */
export const DEFAULTS: Required<Traffic> = {
  past: 0,
  ahead: 0,
  inFlight: 0,
  bulkActions: 0,
  extremes: false,
  ties: 0.04,
  testRuns: 0.02,
  outcomes: {
    COMPLETED: 85,
    FAILED: 7,
    CANCELED: 4,
    CRASHED: 2,
    SYSTEM_FAILURE: 1,
    INTERRUPTED: 1,
    EXPIRED: 1,
    TIMED_OUT: 1,
  },
}

/** The branch that there is when a section names none. */
export const DEFAULT_BRANCH = 'feat/usage-billing'

/** How many runs one bulk action touches. */
export const BULK = 8

/** JSON Schema (2020-12) of the section. */
export const sectionSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    dev: traffic('The dev environment: free of cost, and without a region.'),
    staging: traffic('The staging environment.'),
    prod: traffic('The production environment.'),
    preview: {
      description:
        'The preview branches by name, of what a header can carry. The first is the one that the credentials show.',
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[!-~]{1,255}$' },
      additionalProperties: traffic('One preview branch.'),
      default: { [DEFAULT_BRANCH]: {} },
    },
  },
}

function traffic(description: string): JsonObject {
  return {
    description,
    type: 'object',
    additionalProperties: false,
    default: {},
    properties: {
      past: count('Runs created by the start, all that follow included except those ahead.', DEFAULTS.past),
      ahead: count('Runs that will be created in the 24 hours after the start.', DEFAULTS.ahead),
      inFlight: count('Of the past runs, those made to be unfinished at the start.', DEFAULTS.inFlight),
      bulkActions: count(
        `Bulk actions, replays and cancellations by turns; each takes ${BULK} of the past runs.`,
        DEFAULTS.bulkActions,
      ),
      extremes: {
        description:
          'Whether the oldest runs carry the longest and strangest values that the service allows.',
        type: 'boolean',
        default: DEFAULTS.extremes,
      },
      ties: share('of runs created in the same millisecond as the run before', DEFAULTS.ties),
      testRuns: share('of runs that were started as tests from the dashboard', DEFAULTS.testRuns),
      outcomes: {
        description:
          'How runs end, as weights; 0 for a word that is left out. Each of the others comes at least once. ' +
          `${OBSERVED_OUTCOMES.join(' and ')} are for live fidelity, and count for nothing in spec.`,
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        properties: Object.fromEntries(
          Object.keys(DEFAULTS.outcomes).map((word) => [word, { type: 'number', exclusiveMinimum: 0 }]),
        ),
      },
    },
  }
}

function count(description: string, fallback: number): JsonObject {
  return { description, type: 'integer', minimum: 0, default: fallback }
}

function share(what: string, fallback: number): JsonObject {
  return { description: `The share ${what}.`, type: 'number', minimum: 0, maximum: 1, default: fallback }
}
