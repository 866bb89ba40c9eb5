import type { Fidelity } from '../../../core/fidelity.ts'
import type { Random } from '../../../core/random.ts'
import type { Step } from '../run.ts'
import type { Traffic } from '../section.ts'
import type { Status } from '../status.ts'
import type { Environment } from '../world.ts'
import type { Extreme } from './extremes.ts'
import type { Task } from './tasks.ts'

/** A run to be: what happens to it and when. Its looks come later (`dressing.ts`). */
export interface Draft {
  readonly createdAt: number
  readonly task: Task
  /** Its status at its creation. */
  readonly status: Status
  /** Its life, `at` in ms after its creation. */
  readonly steps: readonly Step[]
  /** The id of the batch that it is part of. */
  readonly batch?: string
  /** Which of the customers it is for, where several runs are for the same one. */
  readonly customer?: number
  readonly schedule?: string
  /** The bulk action that made it. */
  readonly replayedBy?: string
  /** The bulk action that will cancel it. */
  readonly canceledBy?: string
  /** Until when (ms) it was not to start. */
  readonly delayUntil?: number
  readonly extreme?: Extreme
}

/** What the history of an environment is made from. */
export interface Occasion {
  readonly environment: Environment
  readonly traffic: Required<Traffic>
  /** In `live` there are the states too that the vendor's document has no word for. */
  readonly fidelity: Fidelity
  /** The sandbox's start, in ms. */
  readonly start: number
  /** Days of history before it. */
  readonly days: number
  readonly random: Random
}
