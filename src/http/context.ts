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
  /** What `now` was asked for, and gave; undefined as long as nobody asked. */
  at: number | undefined
  readonly #now: number

  constructor(given: Omit<Context<unknown, unknown>, 'now'>, now: number) {
    this.request = given.request
    this.operationId = given.operationId
    this.caller = given.caller
    this.world = given.world
    this.secrets = given.secrets
    this.at = undefined
    this.#now = now
  }

  get now(): number {
    this.at = this.#now
    return this.#now
  }
}
