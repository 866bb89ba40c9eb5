import { firstName, lastName } from '../../core/names.ts'
import type { Random } from '../../core/random.ts'
import type { Trigger } from './runs.ts'
import { completed, failed, type Tenant, UNDER_WAY } from './tenant.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export interface OrdinaryTenant extends Tenant {
  /** What such a trigger says of itself. */
  detail(triggerType: Trigger['triggerType']): string
}

/** A company of some 500 people: 30 to 60 cohorts and 5 to 20 suggestions a run (fidelity/conductorone.md §6). */
export function ordinaryTenant(random: Random): OrdinaryTenant {
  const admins = Array.from({ length: 6 }, () => email(random))
  let headcount = random.int(450, 500)

  function counts() {
    headcount += random.int(-1, 2)
    return { totalUsers: headcount, cohortsAnalyzed: Math.round(headcount * random.float(0.07, 0.11)) }
  }

  function detail(triggerType: Trigger['triggerType']): string {
    switch (triggerType) {
      case 'TRIGGER_TYPE_UPLIFT_COMPLETION':
        return random.chance(0.3) ? '' : random.pick(CONNECTORS)
      case 'TRIGGER_TYPE_MANUAL':
        return random.pick(admins)
      case 'TRIGGER_TYPE_SCHEDULED':
        return random.pick(SCHEDULES)
      case 'TRIGGER_TYPE_DIRECTORY_MERGE':
        return random.pick(MERGES)
      case 'TRIGGER_TYPE_UNSPECIFIED':
        return ''
    }
  }

  return {
    trigger(at) {
      const hour = (at / HOUR) % 24
      const triggerType = random.weighted(hour >= 8 && hour < 19 ? BY_DAY : BY_NIGHT)
      return { triggerType, triggerDetail: detail(triggerType) }
    },
    detail,
    success: () => ({
      lasts: random.int(2 * MINUTE, 9 * MINUTE),
      outcome: completed({ ...counts(), suggestionsGenerated: random.int(5, 20) }),
    }),
    failure() {
      const { message, progress, lasts } = random.pick(FAILURES)
      const { totalUsers, cohortsAnalyzed } = counts()
      return {
        lasts: random.int(...lasts),
        outcome: failed(message, {
          totalUsers: progress > 0 ? totalUsers : 0,
          cohortsAnalyzed: Math.round(cohortsAnalyzed * progress),
        }),
      }
    },
    turnedAway: () => failed(UNDER_WAY),
  }
}

function email(random: Random): string {
  const name = `${firstName(random)}.${lastName(random)}`.toLowerCase()
  return `${name.replace(/[^a-z.]/g, '')}@acme.com`
}

// What starts a run: the vendor's docs have one after each connector sync, the Analyze button and directory merges
// (fidelity/conductorone.md §6). Weights are ours.
const BY_DAY = {
  TRIGGER_TYPE_UPLIFT_COMPLETION: 11,
  TRIGGER_TYPE_MANUAL: 8,
  TRIGGER_TYPE_SCHEDULED: 0,
  TRIGGER_TYPE_DIRECTORY_MERGE: 1,
}
const BY_NIGHT: typeof BY_DAY = { ...BY_DAY, TRIGGER_TYPE_MANUAL: 0, TRIGGER_TYPE_SCHEDULED: 8 }

const CONNECTORS = ['Okta', 'Google Workspace', 'GitHub', 'AWS', 'Snowflake', 'Salesforce', 'Workday']
const SCHEDULES = ['Nightly role mining', 'Role mining before access review']
const MERGES = ['Workday into Okta', 'Google Workspace into Okta']

interface Failure {
  readonly message: string
  /** The share of the cohorts that the run had looked at. */
  readonly progress: number
  /** ms, the shortest and the longest */
  readonly lasts: readonly [number, number]
}

const FAILURES: readonly Failure[] = [
  {
    message: 'failed to load access grants: context deadline exceeded',
    progress: 0,
    lasts: [30 * SECOND, 90 * SECOND],
  },
  {
    message: 'no connector has completed a sync since the last analysis',
    progress: 0,
    lasts: [SECOND, 5 * SECOND],
  },
  {
    message: 'cohort analysis did not finish in time',
    progress: 0.6,
    lasts: [10 * MINUTE, 12 * MINUTE],
  },
  {
    message: 'failed to store suggestions: transaction aborted',
    progress: 1,
    lasts: [3 * MINUTE, 8 * MINUTE],
  },
]
