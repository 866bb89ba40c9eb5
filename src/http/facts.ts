import type { Exchange, Step } from '../core/journal.ts'
import type { Provider } from '../core/provider.ts'
import type { Reply } from '../core/reply.ts'
import type { Trace } from './trace.ts'

/** What is logged of a walk. */
export interface Facts {
  readonly provider: string
  /** The step that answered. */
  readonly step: Step
  readonly operationId?: string
  readonly sandbox: string
  /** Both as the journal has them; absent when it could not be told. */
  readonly method?: string
  readonly path?: string
  /** The ids of the faults that struck. */
  readonly faults?: readonly string[]
  readonly status: number
}

/** `exchange`: what the journal was told, as far as it could be. */
export function factsOf(
  provider: Provider,
  trace: Trace,
  reply: Reply,
  exchange: Exchange | undefined,
): Facts {
  const { step, documented, sandbox, request, interference } = trace
  return {
    provider: provider.name,
    step,
    ...(documented && { operationId: documented.operationId }),
    sandbox: sandbox.id,
    ...(exchange && { method: exchange.method, path: request.mount + exchange.path }),
    ...(interference?.faults[0] !== undefined && { faults: interference.faults }),
    status: reply.status,
  }
}
