import type { RoleMiningRun } from './runs.ts'

/** A message of which every member is there: protojson's EmitUnpopulated (fidelity/conductorone.md §0.1). */
export type Populated<Message> = {
  readonly [Member in keyof Message]-?: Exclude<Message[Member], undefined> | null
}

/** A run of which nothing is known, member by member: texts are empty, numbers 0, times null. */
const UNPOPULATED: Populated<RoleMiningRun> = {
  id: '',
  status: 'RUN_STATUS_UNSPECIFIED',
  triggerType: 'TRIGGER_TYPE_UNSPECIFIED',
  triggerDetail: '',
  totalUsers: 0,
  cohortsAnalyzed: 0,
  suggestionsGenerated: 0,
  errorMessage: '',
  createdAt: null,
  updatedAt: null,
  completedAt: null,
}

/** The run with every member it has not got, the order of members being always the same. */
export function populated(run: RoleMiningRun): Populated<RoleMiningRun> {
  return { ...UNPOPULATED, ...run }
}
