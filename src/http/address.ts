import type { Fidelity } from '../core/fidelity.ts'
import type { Provider } from '../core/provider.ts'
import { decoded } from '../core/query.ts'
import { Remembered } from '../core/remembered.ts'
import { hostName } from '../core/request.ts'
import type { Api } from '../spec/api.ts'

/** A provider with its documents at work. Both have the same operations. */
export interface Served {
  readonly provider: Provider
  readonly apis: Readonly<Record<Fidelity, Api>>
  /** What its paths begin with: what it owns, and each documented path up to its first parameter. */
  readonly prefixes: readonly string[]
}

/** Whose request it is, and the path as that vendor knows it. */
export interface Addressed {
  readonly served: Served
  readonly mount: string
  readonly path: string
}

/** How many addresses are remembered, and how long they may be. */
const MOST_ADDRESSES = 2_000
const LONGEST_ADDRESS = 500

/** Finds whose request it is: by `Host`, by the vendors' own paths, which do not collide, or by the `/<provider>` prefix. */
export class Addresses {
  readonly #all: readonly Served[]
  readonly #known = new Remembered<Addressed>(MOST_ADDRESSES)

  constructor(all: readonly Served[]) {
    this.#all = all
  }

  /** Undefined when it is nobody's. */
  find(host: string, rawPath: string): Addressed | undefined {
    const before = this.#known.get(rawPath, [host])
    if (before !== undefined) return before
    const found = addressee(this.#all, host, rawPath)
    if (found !== undefined && host.length + rawPath.length <= LONGEST_ADDRESS)
      this.#known.set(rawPath, [host], found)
    return found
  }
}

function addressee(all: readonly Served[], host: string, rawPath: string): Addressed | undefined {
  const path = normalPath(rawPath)
  const name = hostName(host).toLowerCase()
  const byHost = all.find(({ provider }) => provider.hosts.some((pattern) => matchesHost(pattern, name)))
  if (byHost) return { served: byHost, mount: '', path }
  const byPath = all.find(({ prefixes }) => prefixes.some((prefix) => path.startsWith(prefix)))
  if (byPath) return { served: byPath, mount: '', path }
  for (const served of all) {
    const mount = `/${served.provider.name}`
    if (path.startsWith(`${mount}/`)) return { served, mount, path: path.slice(mount.length) }
  }
  return undefined
}

function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}

/** The path with each segment decoded and encoded again, so that every spelling of a path is the same path. */
export function normalPath(rawPath: string): string {
  return rawPath
    .split('/')
    .map((segment) => encodeURIComponent(decoded(segment)))
    .join('/')
}
