import { iso, LATEST } from '../core/clock.ts'
import { type Effect, type Fault, type FaultRule, LONGEST_DELAY_MS, MOST_FAULTS } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { ApiError, json, problem } from '../core/reply.ts'
import type { Sandbox } from '../core/sandbox.ts'
import type { Served } from '../http/address.ts'
import { forcibleStatuses } from '../http/forced.ts'
import {
  type Call,
  milliseconds,
  NOTHING,
  type SandboxOperations,
  unprocessable,
  type Wrong,
} from './call.ts'

type NewFault = Call<'addFault'>['body']
type Duration = NonNullable<NewFault['for']>

/** The longest that a 429 tells anybody to wait: a day. */
const LONGEST_RETRY_MS = 86_400_000

type FaultOperation = 'listFaults' | 'addFault' | 'getFault' | 'removeFault' | 'clearFaults'

/** The document's operations on a sandbox's faults. */
export function faultOperations(served: readonly Served[]): SandboxOperations<FaultOperation> {
  return {
    listFaults: async ({ faults, clock }) => json(200, { faults: faults.list(clock.now()).map(shown) }),
    async addFault(sandbox, { body }) {
      const { faults, clock, id } = sandbox
      const now = clock.now()
      const rule = ruleOf(body, served, sandbox, now)
      if (faults.size >= MOST_FAULTS) {
        const detail = `cannot be kept: there are ${MOST_FAULTS} faults already, those that are over among them; remove some`
        throw unprocessable([{ pointer: '', detail }])
      }
      const fault = faults.add(rule, now)
      return json(201, shown(fault), { location: `/_runyard/sandboxes/${id}/faults/${fault.id}` })
    },
    async getFault({ faults, clock, id }, { request }) {
      const fault = faults.get(request.params.fault ?? '', clock.now())
      if (fault === undefined) throw noSuchFault(request.params.fault, id)
      return json(200, shown(fault))
    },
    async removeFault({ faults, id }, { request }) {
      if (!faults.remove(request.params.fault ?? '')) throw noSuchFault(request.params.fault, id)
      return NOTHING
    },
    async clearFaults({ faults }) {
      faults.clear()
      return NOTHING
    },
  }
}

function noSuchFault(fault: string | undefined, sandbox: string): ApiError {
  const detail = `There is no fault '${fault}'. GET /_runyard/sandboxes/${sandbox}/faults lists what there is.`
  return new ApiError(problem(404, 'No such fault', detail))
}

/** A fault as the document has it: members as they were given, durations in ms. */
function shown({ id, state, matched, struck, effect, lasts, until, ...rule }: Fault): JsonObject {
  const { status, retryAfterMs, delay, reset, truncate, slow } = effect
  const members = {
    id,
    state,
    matched,
    struck,
    ...rule,
    for: lasts,
    until: until === undefined ? undefined : iso(until),
    status,
    retryAfter: retryAfterMs,
    delay: delay?.min === delay?.max ? delay?.min : delay,
    reset,
    truncate: truncate === 'half' ? true : truncate,
    slow,
  }
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** What the body asks for. Throws what is wrong with it, all of it. */
function ruleOf(body: NewFault, served: readonly Served[], sandbox: Sandbox, now: number): FaultRule {
  const wrongs: Wrong[] = []
  const apis = chosenApis(body, served, wrongs)
  const credential = labelOf(body, apis, sandbox, wrongs)
  const effect = effectOf(body, wrongs)
  statusOf(body, apis, sandbox, wrongs)
  const lasts = body.for === undefined ? undefined : milliseconds(body.for)
  if (lasts !== undefined && now + lasts > LATEST)
    wrongs.push({ pointer: '/for', detail: 'goes beyond the year 9999' })
  if (wrongs.length > 0) throw unprocessable(wrongs)

  const { provider, operation, nth, count, probability } = body
  return {
    ...(provider !== undefined && { provider }),
    ...(operation !== undefined && { operation }),
    ...(credential !== undefined && { credential }),
    ...(nth !== undefined && { nth }),
    ...(count !== undefined && { count }),
    ...(probability !== undefined && { probability }),
    ...(lasts !== undefined && { lasts, until: now + lasts }),
    effect,
  }
}

/** An API and those of its operations that a fault may strike. */
interface Chosen {
  readonly served: Served
  readonly operationIds: readonly string[]
}

/** What `provider` and `operation` leave; where they name nothing that there is, what they would choose from. */
function chosenApis({ provider, operation }: NewFault, served: readonly Served[], wrongs: Wrong[]): Chosen[] {
  const all = served.map((each) => ({ served: each, operationIds: each.apis.spec.operationIds }))
  const named = all.filter((each) => provider === undefined || each.served.provider.name === provider)
  if (named.length === 0) {
    const names = served.map((each) => each.provider.name)
    wrongs.push({ pointer: '/provider', detail: `names no API; there are ${names.join(', ')}` })
    return all
  }
  if (operation === undefined) return named
  const having = named.filter(({ operationIds }) => operationIds.includes(operation))
  if (having.length === 0) {
    const ids = named.flatMap(({ operationIds }) => operationIds)
    const where = provider === undefined ? '' : ` of ${provider}`
    wrongs.push({ pointer: '/operation', detail: `names no operation${where}; there are ${ids.join(', ')}` })
    return named
  }
  return having.map((each) => ({ ...each, operationIds: [operation] }))
}

/** The label of the credential, which may also be given as it is. */
function labelOf(
  { credential }: NewFault,
  apis: readonly Chosen[],
  sandbox: Sandbox,
  wrongs: Wrong[],
): string | undefined {
  if (credential === undefined) return undefined
  const labels = apis.map(({ served }) => sandbox.credentials(served.provider.name).labels)
  const known = [...new Set(labels.flatMap((each) => [...each.values()]))]
  const label = known.includes(credential)
    ? credential
    : labels.map((each) => each.get(credential)).find((each) => each !== undefined)
  if (label === undefined) {
    const whose = apis.map(({ served }) => served.provider.name).join(', ')
    const detail = `names no credential of ${whose} in ${sandbox.id}; there are ${known.join(', ')}`
    wrongs.push({ pointer: '/credential', detail })
  }
  return label
}

/** Whether an operation that the fault may strike has the status. */
function statusOf({ status }: NewFault, apis: readonly Chosen[], sandbox: Sandbox, wrongs: Wrong[]): void {
  if (status === undefined) return
  const statuses = apis.flatMap(({ served, operationIds }) =>
    operationIds.flatMap((id) => [...forcibleStatuses(served, id, sandbox.fidelity)]),
  )
  if (statuses.includes(status)) return
  const known = [...new Set(statuses)].sort((a, b) => a - b)
  wrongs.push({
    pointer: '/status',
    detail: `is not one that such a request can be refused with; there are ${known.join(', ')}`,
  })
}

function effectOf({ status, retryAfter, delay, reset, truncate, slow }: NewFault, wrongs: Wrong[]): Effect {
  /** The duration in ms, which has to be within bounds. */
  const bounded = (duration: Duration, pointer: string, longest = LONGEST_DELAY_MS): number => {
    const ms = milliseconds(duration)
    if (!(ms <= longest)) wrongs.push({ pointer, detail: `is longer than ${longest} ms` })
    return ms
  }
  const range = delay === undefined ? undefined : rangeOf(delay, bounded)
  if (range !== undefined && range.min > range.max)
    wrongs.push({ pointer: '/delay', detail: 'has a min above its max' })
  const retryAfterMs =
    retryAfter === undefined ? undefined : bounded(retryAfter, '/retryAfter', LONGEST_RETRY_MS)
  if (retryAfterMs === 0) wrongs.push({ pointer: '/retryAfter', detail: 'is no time to wait' })
  if (retryAfterMs !== undefined && status !== 429)
    wrongs.push({ pointer: '/retryAfter', detail: 'is what a 429 tells: it goes with status 429' })
  return {
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(range !== undefined && { delay: range }),
    ...(reset !== undefined && { reset }),
    ...(truncate !== undefined && { truncate: truncate === true ? 'half' : truncate }),
    ...(slow !== undefined && { slow: bounded(slow, '/slow') }),
  }
}

function rangeOf(
  delay: NonNullable<NewFault['delay']>,
  bounded: (duration: Duration, pointer: string) => number,
): { min: number; max: number } {
  if (typeof delay === 'object')
    return { min: bounded(delay.min, '/delay/min'), max: bounded(delay.max, '/delay/max') }
  const ms = bounded(delay, '/delay')
  return { min: ms, max: ms }
}
