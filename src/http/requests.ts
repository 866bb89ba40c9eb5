import { BoundedMap } from '../core/bounded-map.ts'
import type { Fidelity } from '../core/fidelity.ts'
import { Lately } from '../core/lately.ts'
import type { ApiRequest } from '../core/request.ts'
import { Addresses, normalPath, type Served } from './address.ts'
import { type Header, KnownHeaders } from './headers.ts'
import { type Arrived, type Parsed, receive } from './receive.ts'
import type { Told } from './record.ts'

// Classes, since V8 takes what it makes of a literal for what lives long if some of it does, and puts all of it where only
// a full collection finds it: a request that comes once is gone at once.

/** A request as it was read, and what is remembered for the next time that it comes. */
export class Received implements ApiRequest {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>> = NO_PARAMS
  readonly search: string
  readonly header: Header
  readonly body: string
  readonly bodyIsTooLarge: boolean
  readonly scheme: string
  readonly host: string
  readonly fidelity: Fidelity
  readonly mount: string
  /** Whether anything is remembered of it: what comes for the first time is forgotten. */
  isKept = false
  /** What the journal was told of it. */
  told: Told | undefined

  constructor(parsed: Parsed, mount: string, path: string) {
    this.method = parsed.method
    this.path = path
    this.search = parsed.search
    this.header = parsed.header
    this.body = parsed.body
    this.bodyIsTooLarge = parsed.bodyIsTooLarge ?? false
    this.scheme = parsed.scheme
    this.host = parsed.host
    this.fidelity = parsed.fidelity
    this.mount = mount
  }
}

const NO_PARAMS = {}

/** A request as it was read, and whose it is; undefined for one that is no provider's. */
export class Incoming {
  readonly request: Received
  readonly served: Served | undefined
  /** The path as it was spelled, without the authority that the target may have had. */
  readonly rawPath: string

  constructor(request: Received, served: Served | undefined, rawPath: string) {
    this.request = request
    this.served = served
    this.rawPath = rawPath
  }
}

/** How many characters requests may have that are remembered: all together, and one of them. */
const MOST_CHARACTERS = 8_000_000
const LONGEST_REQUEST = 4_000
/** How many are remembered that differ in their headers only. */
const MOST_ALIKE = 8
/** What a request takes beside its characters, as if in characters. */
const OVERHEAD = 1_000

/**
 * Reads requests. One that comes again and again, byte for byte, is soon given as the same object each time, so that
 * whatever follows from the request alone is not worked out any more.
 */
export class Requests {
  readonly #addresses: Addresses
  readonly #fidelity: () => Fidelity
  readonly #headers = new KnownHeaders()
  readonly #known = new BoundedMap<readonly Known[]>(MOST_CHARACTERS)
  readonly #lately = new Lately()
  /** Headers that came before: a request is not the same again when one of them is another each time. */
  readonly #cameBefore = new WeakSet<Header>()

  /** `fidelity`: under which a request is read of which nobody knows yet whose it is. */
  constructor(served: readonly Served[], fidelity: () => Fidelity) {
    this.#addresses = new Addresses(served)
    this.#fidelity = fidelity
  }

  read(arrived: Arrived): Incoming {
    const header = this.#headers.of(arrived.rawHeaders)
    const list = this.#known.get(arrived.url)
    if (list !== undefined)
      for (const { before, incoming } of list) if (isSame(before, incoming, arrived, header)) return incoming
    const incoming = this.#read(arrived, header)
    if (arrived.body === '') this.#keep(arrived, incoming, list)
    return incoming
  }

  /** `others`: those of the same target that are kept. */
  #keep(arrived: Arrived, incoming: Incoming, others: readonly Known[] = []): void {
    const { url } = arrived
    const size = sizeOf(arrived)
    if (size > LONGEST_REQUEST) return
    const isAgain = this.#cameBefore.has(incoming.request.header)
    if (!isAgain) this.#cameBefore.add(incoming.request.header)
    if ((others.length === 0 && !this.#lately.saw(url)) || !isAgain) return
    const alike = [{ before: arrived, incoming, size }, ...others.slice(0, MOST_ALIKE - 1)]
    this.#known.set(
      url,
      alike,
      alike.reduce((sum, { size }) => sum + size + OVERHEAD, 0),
    )
    incoming.request.isKept = true
  }

  #read(arrived: Arrived, header: Header): Incoming {
    const parsed = receive(arrived, this.#fidelity(), header)
    const { host, rawPath } = parsed
    const addressed = this.#addresses.find(host, rawPath)
    const { mount = '', path = normalPath(rawPath) } = addressed ?? {}
    return new Incoming(new Received(parsed, mount, path), addressed?.served, rawPath)
  }
}

interface Known {
  readonly before: Arrived
  readonly incoming: Incoming
  readonly size: number
}

/** Whether two requests for the same target are the same. */
function isSame(before: Arrived, { request }: Incoming, arrived: Arrived, header: Header): boolean {
  return (
    request.header === header &&
    before.method === arrived.method &&
    before.scheme === arrived.scheme &&
    before.body === arrived.body
  )
}

function sizeOf({ url, rawHeaders }: Arrived): number {
  let size = url.length
  for (const text of rawHeaders) size += text.length
  return size
}
