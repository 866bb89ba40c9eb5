import { BULK } from '../section.ts'
import { bulk } from './bulk.ts'
import type { Draft, Occasion } from './draft.ts'
import { unfinished } from './in-flight.ts'
import { usual } from './usual.ts'

/** Every run of an environment, past and ahead, in no order. */
export function* history(occasion: Occasion): Generator<Draft> {
  const { environment, traffic } = occasion
  const inFlight = Math.min(traffic.past, traffic.inFlight)
  yield* usual(occasion, traffic.past - inFlight - environment.bulkActions.length * BULK)
  yield* bulk(occasion)
  yield* unfinished(occasion, inFlight)
}
