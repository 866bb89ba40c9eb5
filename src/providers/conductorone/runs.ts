import type { JsonObject } from '../../core/json.ts'
import type { Next, Run } from '../../core/run.ts'
import { timestamp } from './timestamp.ts'
import type { components } from './wire.ts'

/** A run as the vendor sends it, which is also how its body is stored. */
export type RoleMiningRun = components['schemas']['c1.api.role_mining_management.v1.RoleMiningManagementRun']

/** How a run ends. */
export type Outcome = Required<
  Pick<RoleMiningRun, 'status' | 'totalUsers' | 'cohortsAnalyzed' | 'suggestionsGenerated' | 'errorMessage'>
>

/** What started a run. */
export type Trigger = Required<Pick<RoleMiningRun, 'triggerType' | 'triggerDetail'>>

/** What a run carries from its creation. */
export interface Beginning {
  readonly scope: string
  /** ms since the epoch */
  readonly createdAt: number
  readonly id: string
  readonly trigger: Trigger
}

/** A run at its creation: under way, with nothing counted yet. It ends at `endsAt` (ms) with `outcome`. */
export function begin({ scope, createdAt, id, trigger }: Beginning, endsAt: number, outcome: Outcome): Run {
  const body: RoleMiningRun = {
    id,
    status: 'RUN_STATUS_RUNNING',
    ...trigger,
    totalUsers: 0,
    cohortsAnalyzed: 0,
    suggestionsGenerated: 0,
    errorMessage: '',
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(createdAt),
  }
  return { scope, createdAt, id, facets: {}, body, plan: { endsAt, outcome } }
}

/** A run changes once, when it ends: `completedAt` appears and equals `updatedAt` (fidelity/conductorone.md §6). */
export const next: Next = (run) => {
  if (run.plan === null) return null
  const { endsAt, outcome } = run.plan as { endsAt: number; outcome: JsonObject }
  const ended = timestamp(endsAt)
  const body = { ...run.body, ...outcome, updatedAt: ended, completedAt: ended }
  return { at: endsAt, run: { ...run, body, plan: null } }
}
