import { FURTHEST, iso } from '../core/clock.ts'
import { json } from '../core/reply.ts'
import type { Sandbox, Sandboxes } from '../core/sandbox.ts'
import { instant, milliseconds, type SandboxOperation, unprocessable } from './call.ts'

interface ClockChange {
  readonly now?: string
  readonly advance?: string | number
  readonly frozen?: boolean
}

/** What can be done to a sandbox's clock. */
export function clockOperations(sandboxes: Sandboxes): Record<string, SandboxOperation> {
  return {
    getClock: async ({ clock }) => json(200, shown(clock)),
    setClock: async ({ id, clock }, { body }) => {
      const { now, advance, frozen = clock.frozen } = body as ClockChange
      const at = now === undefined ? clock.now() + milliseconds(advance ?? 0) : instant(now, '/now')
      if (at > FURTHEST || iso(at).length > 24) {
        throw unprocessable([{ pointer: '/advance', detail: 'goes beyond the year 9999' }])
      }
      const set = sandboxes.setClock(id, at, frozen)
      return json(200, shown(set?.clock ?? clock))
    },
  }
}

function shown(clock: Sandbox['clock']): { now: string; frozen: boolean } {
  return { now: iso(clock.now()), frozen: clock.frozen }
}
