import type { Caller, Context } from '../core/provider.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Secrets } from '../core/secrets.ts'

/** What a list operation is given, which knows afterwards whether it was asked for the time. */
// A class, since V8 makes a hidden class for each object that is written down with a getter, and keeps it for long.
export class ListContext implements Context<unknown, unknown> {
  readonly request: ApiRequest
  readonly operationId: string
  readonly caller: Caller<unknown>
  readonly world: unknown
  readonly secrets: Secrets
  /** The instant (ms) that was told; undefined as long as nobody asked. */
  told: number | undefined
  readonly #now: number

  constructor(given: Omit<Context<unknown, unknown>, 'now'>, now: number) {
    this.request = given.request
    this.operationId = given.operationId
    this.caller = given.caller
    this.world = given.world
    this.secrets = given.secrets
    this.told = undefined
    this.#now = now
  }

  get now(): number {
    this.told = this.#now
    return this.#now
  }
}
