import { BoundedMap } from '../core/bounded-map.ts'
import type { Fidelity } from '../core/fidelity.ts'
import type { ApiRequest } from '../core/request.ts'
import { Addresses, normalPath, type Served } from './address.ts'
import { type Arrived, receive } from './receive.ts'
import type { Told } from './record.ts'

/** A request as it was read, and what is remembered for the next time that it comes. */
export interface Received extends ApiRequest {
  readonly memory: Memory
}

export interface Memory {
  /** What the journal was told of it. */
  told?: Told
  /** Whether it was answered before with a list. */
  wasListed?: boolean
}

/** A request as it was read, and whose it is; undefined for one that is no provider's. */
export interface Incoming {
  readonly request: Received
  readonly served: Served | undefined
  /** The path as it was spelled, without the authority that the target may have had. */
  readonly rawPath: string
}

/** How many characters requests may have that are remembered: all together, and one of them. */
const MOST_CHARACTERS = 8_000_000
const LONGEST_REQUEST = 4_000
/** How many are remembered that differ in their headers only. */
const MOST_ALIKE = 8
/** What a request takes beside its characters, as if in characters. */
const OVERHEAD = 1_000

/**
 * Reads requests. One that came before, byte for byte, is given as the same object, so that whatever follows from the
 * request alone has to be worked out once.
 */
export class Requests {
  readonly #addresses: Addresses
  readonly #fidelity: () => Fidelity
  readonly #known = new BoundedMap<readonly Known[]>(MOST_CHARACTERS)

  /** `fidelity`: under which a request is read of which nobody knows yet whose it is. */
  constructor(served: readonly Served[], fidelity: () => Fidelity) {
    this.#addresses = new Addresses(served)
    this.#fidelity = fidelity
  }

  read(arrived: Arrived): Incoming {
    const list = this.#known.get(arrived.url)
    if (list !== undefined)
      for (const { before, incoming } of list) if (isSame(before, arrived)) return incoming
    const incoming = this.#read(arrived)
    const size = sizeOf(arrived)
    if (arrived.body === '' && size <= LONGEST_REQUEST) {
      const alike = [{ before: arrived, incoming, size }, ...(list?.slice(0, MOST_ALIKE - 1) ?? [])]
      this.#known.set(
        arrived.url,
        alike,
        alike.reduce((sum, { size }) => sum + size + OVERHEAD, 0),
      )
    }
    return incoming
  }

  #read(arrived: Arrived): Incoming {
    const received = receive(arrived, this.#fidelity())
    const { method, rawPath, search, header, body, bodyIsTooLarge = false, scheme, host, fidelity } = received
    const addressed = this.#addresses.find(host, rawPath)
    const { mount = '', path = normalPath(rawPath) } = addressed ?? {}
    const request: Received = {
      memory: {},
      method,
      path,
      params: {},
      search,
      header,
      body,
      bodyIsTooLarge,
      scheme,
      host,
      fidelity,
      mount,
    }
    return { request, served: addressed?.served, rawPath }
  }
}

interface Known {
  readonly before: Arrived
  readonly incoming: Incoming
  readonly size: number
}

/** Of two requests for the same target. */
function isSame(one: Arrived, other: Arrived): boolean {
  if (one.method !== other.method || one.scheme !== other.scheme || one.body !== other.body) return false
  const [a, b] = [one.rawHeaders, other.rawHeaders]
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function sizeOf({ url, rawHeaders }: Arrived): number {
  let size = url.length
  for (const text of rawHeaders) size += text.length
  return size
}
