import { type Clock, iso, LATEST } from '../core/clock.ts'
import { json } from '../core/reply.ts'
import { GoneError, type Sandboxes } from '../core/sandbox.ts'
import { instant, milliseconds, type SandboxOperations, unprocessable } from './call.ts'

/** What can be done to a sandbox's clock. */
export function clockOperations(sandboxes: Sandboxes): SandboxOperations<'getClock' | 'setClock'> {
  return {
    getClock: async ({ clock }) => json(200, shown(clock)),
    setClock: async ({ id, clock }, { body }) => {
      const { now, advance = 0, frozen = clock.frozen } = body
      const to = (present: number): number => {
        if (now !== undefined) return instant(now, '/now')
        const at = present + milliseconds(advance)
        if (at <= LATEST) return at
        throw unprocessable([{ pointer: '/advance', detail: 'goes beyond the year 9999' }])
      }
      const set = await sandboxes.setClock(id, to, frozen)
      if (set === undefined) throw new GoneError(id)
      return json(200, shown(set.clock))
    },
  }
}

function shown(clock: Clock): { now: string; frozen: boolean } {
  return { now: iso(clock.now()), frozen: clock.frozen }
}
