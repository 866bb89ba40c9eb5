import type { Fidelity } from '../core/fidelity.ts'
import type { PageSeen, Step } from '../core/journal.ts'
import type { Caller, Quota } from '../core/provider.ts'
import type { ApiRequest } from '../core/request.ts'
import type { Sandbox } from '../core/sandbox.ts'
import type { DocumentedOperation } from '../spec/api.ts'
import type { Interference } from './interfere.ts'
import type { Received } from './requests.ts'

/** How far a walk has come: what is known when a step refuses, and in the end. */
export class Trace {
  step: Step = 'route'
  /** As it was read: the same object for whoever asks the same, byte for byte. */
  readonly received: Received
  /** Under the fidelity of the default sandbox, until a credential has named another. */
  readonly request: ApiRequest & { params: ApiRequest['params']; fidelity: Fidelity }
  /** Of the sandbox, when the walk came into it: what it reads there belongs to no journal that was begun later. */
  beginnings: number
  /** Once it is known that the request is for an operation of the document. */
  documented: DocumentedOperation | undefined
  caller: Caller<unknown> | undefined
  interference: Interference | undefined
  quota: Quota | undefined
  page: PageSeen | undefined
  /**
   * For an answer that is to be kept: of which edition of the runs it is, which alternative accepted the request, and the
   * instant (ms) if it depends on that.
   */
  edition: number | undefined
  by: readonly string[] | undefined
  at: number | undefined
  /** Whether the reply is one that was kept, which has been held against the document already. */
  isRecalled = false
  #sandbox: Sandbox

  constructor(received: Received, sandbox: Sandbox) {
    this.received = received
    this.request = { ...received }
    this.#sandbox = sandbox
    this.beginnings = sandbox.journal.beginnings
  }

  /** `default`, until a credential has named another. Held on to, since it may be deleted while the walk goes on. */
  get sandbox(): Sandbox {
    return this.#sandbox
  }

  set sandbox(sandbox: Sandbox) {
    this.#sandbox = sandbox
    this.beginnings = sandbox.journal.beginnings
  }
}
