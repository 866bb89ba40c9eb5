import type { Strike } from '../core/fault.ts'
import type { Caller, Quota } from '../core/provider.ts'
import type { Reply } from '../core/reply.ts'
import type { Sandbox } from '../core/sandbox.ts'
import type { Delivery } from './deliver.ts'
import { type Doomed, exhausted, forcedReply, forcibleStatuses } from './forced.ts'
import { asTold } from './limiter.ts'
import { readPrefer } from './prefer.ts'

/** What faults and the client's own preferences do to a request. */
export interface Interference {
  /** The ids of the faults that struck, oldest first. */
  readonly faults: readonly string[]
  /** What is answered in place of what would have been. */
  readonly reply?: Reply
  /** What that reply says of the limit. */
  readonly quota?: Quota
  readonly delivery?: Delivery
  /** The reply, with the preferences that were applied to it. */
  mark(reply: Reply): Reply
}

/** Counts the request with the sandbox's faults and reads its preferences; undefined when nothing comes of it. */
export function interfere(
  target: Doomed,
  sandbox: Sandbox,
  caller: Caller<unknown> | undefined,
): Interference | undefined {
  const { served, documented, request } = target
  const header = request.header('prefer')
  if (sandbox.faults.size === 0 && header === undefined) return undefined
  const { name } = served.provider
  const { operationId } = documented
  const now = sandbox.clock.now()
  const has = (status: number): boolean => forcibleStatuses(served, operationId, request.fidelity).has(status)
  const credential = caller && sandbox.credentials(name).labels.get(caller.name)
  const strike = sandbox.faults.strike({ provider: name, operationId, credential, has }, now)
  const preferences = header === undefined ? undefined : readPrefer(header)
  if (strike === undefined && preferences === undefined) return undefined

  const { code, delayMs = 0 } = preferences ?? {}
  // The request's own wish counts more than what somebody else made a rule.
  const status = code !== undefined && has(code) ? code : strike?.status
  const quota =
    status === 429 ? asTold(exhausted(target, caller, now, strike?.retryAfterMs), sandbox.clock) : undefined
  const reply = status === undefined ? undefined : forcedReply(target, status, quota ?? NO_QUOTA)
  const delivery = deliveryOf(strike, delayMs)
  return {
    faults: strike?.faults ?? [],
    ...(reply && { reply }),
    ...(reply && quota && { quota }),
    ...(delivery && { delivery }),
    mark(left) {
      const applied = preferences?.applied(left.status)
      if (applied === undefined) return left
      return { ...left, headers: { ...left.headers, 'preference-applied': applied } }
    },
  }
}

/** For replies that say nothing of a limit. */
const NO_QUOTA: Quota = { max: 0, remaining: 0, resetAt: 0, retryAfterMs: 0 }

function deliveryOf(strike: Strike | undefined, preferredMs: number): Delivery | undefined {
  const { reset, truncate, slowMs } = strike ?? {}
  const delivery = {
    delayMs: (strike?.delayMs ?? 0) + preferredMs,
    ...(reset !== undefined && { reset }),
    ...(truncate !== undefined && { truncate }),
    ...(slowMs !== undefined && { slowMs }),
  }
  return delivery.delayMs > 0 || Object.keys(delivery).length > 1 ? delivery : undefined
}
