import { BoundedMap } from '../../core/bounded-map.ts'
import type { Key } from '../../core/run.ts'
import { seal, unseal } from '../../core/seal.ts'
import type { Secrets } from '../../core/secrets.ts'

/** Opaque and tamper-evident; it holds the place and nothing else, so it serves any page size and either client. */
export function pageToken(place: Key, secrets: Secrets): string {
  return tokensOf(secrets).of(place)
}

/** The place that a token holds, or undefined when it is not one of ours. */
export function readPageToken(token: string, secrets: Secrets): Key | undefined {
  return tokensOf(secrets).read(token)
}

/** How many tokens are known again that were given out lately. */
const MOST_GIVEN = 5_000

/** The tokens of one sandbox. To seal one takes a quarter of the time of a page, and most come back at once. */
class Tokens {
  readonly #key: Buffer
  readonly #places = new BoundedMap<Key>(MOST_GIVEN)
  readonly #tokens = new WeakMap<Key, string>()

  constructor(secrets: Secrets) {
    this.#key = secrets.bytes('conductorone/page-token')
  }

  of(place: Key): string {
    let token = this.#tokens.get(place)
    if (token === undefined) {
      const { createdAt, id } = place
      token = seal(JSON.stringify([createdAt, id]), this.#key)
      this.#tokens.set(place, token)
      this.#places.set(token, { createdAt, id })
    }
    return token
  }

  read(token: string): Key | undefined {
    const given = this.#places.get(token)
    if (given !== undefined) return given
    const payload = unseal(token, this.#key)
    if (payload === undefined) return undefined
    const [createdAt, id] = JSON.parse(payload) as [number, string]
    this.#places.set(token, { createdAt, id })
    return { createdAt, id }
  }
}

const known = new WeakMap<Secrets, Tokens>()

function tokensOf(secrets: Secrets): Tokens {
  const tokens = known.get(secrets) ?? new Tokens(secrets)
  known.set(secrets, tokens)
  return tokens
}
