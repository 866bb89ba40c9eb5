import type { JsonObject } from '../core/json.ts'
import { ApiError, json, problem } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import {
  ClosingError,
  DEFAULT_SANDBOX,
  GoneError,
  type NewSandbox,
  type Sandbox,
  type Sandboxes,
} from '../core/sandbox.ts'
import { ScenarioError } from '../core/scenario-error.ts'
import { type Call, instant, NOTHING, type Operations, sandboxNamed, unprocessable } from './call.ts'

type SandboxesOperation = 'listSandboxes' | 'createSandbox' | 'getSandbox' | 'resetSandbox' | 'deleteSandbox'
type ClockSetting = NonNullable<NonNullable<Call<'createSandbox'>['body']>['clock']>

/** What can be done to sandboxes as a whole. */
export function sandboxOperations(
  sandboxes: Sandboxes,
  shown: (sandbox: Sandbox, request: ApiRequest) => Promise<JsonObject>,
): Operations<SandboxesOperation> {
  return {
    listSandboxes: async ({ request }) => {
      const described: JsonObject[] = []
      for (const sandbox of sandboxes.list()) described.push(await shown(sandbox, request))
      return json(200, { sandboxes: described })
    },

    createSandbox: async ({ request, body = {} }) => {
      const { clock, ...given } = body
      const options = { ...given, ...(clock !== undefined && { clock: clockSetting(clock) }) }
      const sandbox = await usable(() => sandboxes.create(options))
      if (sandbox === undefined) {
        throw new ApiError(
          problem(
            409,
            'Sandbox exists',
            `There is a sandbox '${given.id}' already. Reset it, or name another.`,
          ),
        )
      }
      const location = `/_runyard/sandboxes/${sandbox.id}`
      return json(201, await shown(sandbox, request), { location })
    },

    getSandbox: async (call) => json(200, await shown(sandboxNamed(sandboxes, call), call.request)),

    resetSandbox: async (call) => {
      const { id } = sandboxNamed(sandboxes, call)
      const sandbox = await sandboxes.reset(id)
      if (sandbox === undefined) throw new GoneError(id)
      return json(200, await shown(sandbox, call.request))
    },

    deleteSandbox: async (call) => {
      const { id } = sandboxNamed(sandboxes, call)
      if (id === DEFAULT_SANDBOX) {
        throw new ApiError(
          problem(
            409,
            'Default stays',
            'The default sandbox always exists. POST …/default/reset makes it new.',
          ),
        )
      }
      sandboxes.delete(id)
      return NOTHING
    },
  }
}

function clockSetting(clock: ClockSetting): NonNullable<NewSandbox['clock']> {
  if (clock === 'live') return clock
  if (typeof clock === 'string') return { now: instant(clock, '/clock'), frozen: true }
  return { now: instant(clock.now, '/clock/now'), frozen: clock.frozen ?? true }
}

/** What `make` gives. Throws an ApiError when the scenario cannot be used. */
async function usable<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (error instanceof ClosingError) throw new ApiError(problem(409, 'Closing', error.message))
    if (!(error instanceof ScenarioError)) throw error
    throw unprocessable([{ pointer: '/scenario', detail: `cannot be used. ${error.message}` }])
  }
}
