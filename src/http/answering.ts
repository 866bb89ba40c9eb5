import type { FastifyBaseLogger } from 'fastify'
import { Elsewhere } from '../core/elsewhere.ts'
import type { Fidelity } from '../core/fidelity.ts'
import { problem, type Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { DEFAULT_SANDBOX } from '../core/sandbox.ts'
import type { Served } from './address.ts'
import type { Delivery } from './deliver.ts'
import type { Load } from './load.ts'
import type { Arrived } from './receive.ts'
import { Requests } from './requests.ts'
import { type Surroundings, type Walked, walker } from './walk.ts'

/** The control plane. `peer` is the remote address; undefined for the process that Runyard runs in. */
export interface Control {
  answer(request: ApiRequest, peer: string | undefined): Promise<Reply>
}

/** A reply, and what happens to it on its way. */
export interface Outgoing {
  readonly reply: Reply
  readonly delivery?: Delivery | undefined
}

/** What answers a request, wherever it arrived. `peer`: the remote address. */
export type Answering = (arrived: Arrived, peer: string) => Promise<Outgoing>

export interface AnsweringOptions {
  readonly served: readonly Served[]
  readonly around: Surroundings
  readonly control: Control
  readonly logger: FastifyBaseLogger
  /** Asked where something here throws `Elsewhere`. */
  readonly elsewhere?: Answering
  /** Where there can be too much to do: then vendors' clients get their vendor's 503. */
  readonly load?: Load
}

/** What answers the vendors' clients and the control plane's, without a socket. */
export function answering(options: AnsweringOptions): Answering {
  const { served, around, control, logger, elsewhere, load } = options
  // Until a credential has named another, a request is the default sandbox's.
  const fidelity = (): Fidelity => around.sandboxes.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
  const isLogged = ['trace', 'debug', 'info'].includes(logger.level)
  const walk = walker(around)
  const requests = new Requests(served, fidelity)
  const log = (walked: Walked): Walked => {
    logger.info(walked.facts(), 'exchange')
    return walked
  }
  const here: Answering = (arrived, peer) => {
    const { request, served, rawPath } = requests.read(arrived)
    if (served === undefined) return answerNeutrally(request, rawPath, control, peer)
    if (load?.isTooMuch) return Promise.resolve({ reply: unavailable(served, request) })
    const walked = walk(served, request)
    return isLogged ? walked.then(log) : walked
  }
  if (elsewhere === undefined) return here
  return async (arrived, peer) => {
    try {
      return await here(arrived, peer)
    } catch (error) {
      if (error instanceof Elsewhere) return elsewhere(arrived, peer)
      throw error
    }
  }
}

/** What is no vendor's. */
async function answerNeutrally(
  request: ApiRequest,
  rawPath: string,
  control: Control,
  peer: string,
): Promise<Outgoing> {
  if (rawPath.startsWith('/_runyard/')) return { reply: await control.answer(request, peer) }
  return { reply: problem(404, 'Not Found', `Nothing is served at ${rawPath}. GET /docs lists what is.`) }
}

/** Nothing else is done for a request that is one too many: no journal has it. */
function unavailable({ provider }: Served, request: ApiRequest): Reply {
  const reply = provider.errors.unavailable(request)
  return provider.finish?.(request, reply) ?? reply
}
