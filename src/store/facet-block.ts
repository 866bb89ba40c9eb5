import type { Facets, Key } from '../core/run.ts'
import { compareIds } from './range.ts'
import { RecentRuns } from './recent.ts'

/** How many runs a block has at most. */
export const BLOCK = 1024
const WORDS = BLOCK / 32
/** A value that so many of a block's runs have takes less room as bits than as a list of their places. */
const DENSE = 22
/** Of a facet with so few values in a block all are bits: to look for one in a list takes longer than all else. */
const FEW = 32

/** Where runs are that were found, in the order in which they are read. */
export interface Found {
  readonly blocks: FacetBlock[]
  /** Each in the block of the same position. */
  readonly places: number[]
}

/** A run's key and what filters look at, as they were read: in JSON. */
export type Entry = readonly [createdAt: number, id: string, facets: Facets]

/** How many values a facet can have: as many as a Map can hold. */
const MOST_VALUES = 2 ** 24

/** Numbers for the values of facets, each its own, and those of one facet side by side. */
export class Vocabulary {
  readonly #codes = new Map<string, Map<string, number>>()

  /** The value's number, if any run was ever seen to have it. */
  find(facet: string, value: string): number | undefined {
    return this.#codes.get(facet)?.get(value)
  }

  /** The value's number, a new one when it has none. */
  code(facet: string, value: string): number {
    let values = this.#codes.get(facet)
    if (values === undefined) {
      values = new Map()
      this.#codes.set(facet, values)
    }
    let code = values.get(value)
    if (code === undefined) {
      // The first one leads to where the facet's numbers begin.
      const [start = (this.#codes.size - 1) * MOST_VALUES] = values.values()
      code = start + values.size
      values.set(value, code)
    }
    return code
  }
}

// What is being found, one block at a time: nothing else uses them in between. Signed: V8 makes an object of a number
// beyond 2^31.
const words = new Int32Array(WORDS)
const some = new Int32Array(WORDS)

/**
 * Runs in the order of their keys, and of each value of a facet which of them have it: as bits where many do, as a list
 * of places where few do. It holds numbers only, some 70 bytes a run.
 */
export class FacetBlock {
  /** Those of its runs that were read lately. */
  readonly recent = new RecentRuns()
  /** For which combinations of filters none of its runs is: a bit for each that its index knows. */
  #nothingFor = 0
  readonly #createdAt: Float64Array
  /** All ids in one text, and where each begins. */
  readonly #ids: string
  readonly #starts: Uint32Array
  /** Where in `#bits` a value's bits begin, by its number. */
  readonly #dense = new Map<number, number>()
  readonly #bits: Int32Array
  /** The numbers of rarer values in order, where in `#places` each one's begin, and the places of the runs that have them. */
  readonly #rare: Uint32Array
  readonly #begins: Uint32Array
  readonly #places: Uint16Array
  /** Of which facets there are rarer values: a bit for each, from the lowest on again after 32. */
  readonly #rareFacets: number

  /** Of at most `BLOCK` entries, in the order of their keys. */
  constructor(entries: readonly Entry[], vocabulary: Vocabulary) {
    this.#createdAt = Float64Array.from(entries, ([createdAt]) => createdAt)
    this.#ids = entries.map(([, id]) => id).join('')
    this.#starts = new Uint32Array(entries.length + 1)
    for (const [place, [, id]] of entries.entries()) {
      this.#starts[place + 1] = (this.#starts[place] ?? 0) + id.length
    }
    const { codes, places } = pairsOf(entries, vocabulary)
    const counts = new Map<number, number>()
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1)
    const values = new Map<number, number>()
    for (const code of counts.keys()) values.set(facetOf(code), (values.get(facetOf(code)) ?? 0) + 1)
    const rare: number[] = []
    for (const [code, count] of counts) {
      const isDense = count >= DENSE || (values.get(facetOf(code)) ?? 0) <= FEW
      if (isDense) this.#dense.set(code, this.#dense.size * WORDS)
      else rare.push(code)
    }
    this.#rare = Uint32Array.from(rare).sort()
    this.#rareFacets = rare.reduce((facets, code) => facets | bitOf(facetOf(code)), 0)
    this.#begins = new Uint32Array(rare.length + 1)
    // From here on, where the next place of a rare value goes.
    let total = 0
    for (const [i, code] of this.#rare.entries()) {
      const count = counts.get(code) ?? 0
      counts.set(code, total)
      total += count
      this.#begins[i + 1] = total
    }
    this.#bits = new Int32Array(this.#dense.size * WORDS)
    this.#places = new Uint16Array(total)
    for (const [i, code] of codes.entries()) {
      const place = places[i] ?? 0
      const start = this.#dense.get(code)
      if (start !== undefined) setBit(this.#bits, start * 32 + place)
      else {
        const at = counts.get(code) ?? 0
        counts.set(code, at + 1)
        this.#places[at] = place
      }
    }
  }

  /** Combinations get other bits from now on. */
  forgetCombinations(): void {
    this.#nothingFor = 0
  }

  get size(): number {
    return this.#createdAt.length
  }

  key(place: number): Key {
    return {
      createdAt: this.#createdAt[place] ?? 0,
      id: this.#ids.slice(this.#starts[place], this.#starts[place + 1]),
    }
  }

  /** The first place whose key is at `key` or behind it; or behind it only. */
  placeOf(key: Key, where: 'at' | 'behind'): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = this.#compare(middle, key)
      if (order < 0 || (order === 0 && where === 'behind')) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(place: number, key: Key): number {
    const createdAt = this.#createdAt[place] ?? 0
    return createdAt - key.createdAt || compareIds(this.key(place).id, key.id)
  }

  /**
   * Adds the places from `low` to before `high` whose runs have, of every filter, one of its values, until there are
   * `most`: from the end if `backwards`. `filters` are the numbers of their values, `bit` is that of the combination, or 0.
   */
  take(
    filters: readonly (readonly number[])[],
    bit: number,
    { low, high, backwards }: { readonly low: number; readonly high: number; readonly backwards: boolean },
    most: number,
    { blocks, places }: Found,
  ): void {
    if (filters.length === 0) {
      const count = Math.min(high - low, most - places.length)
      for (let i = 0; i < count; i++) {
        blocks.push(this)
        places.push(backwards ? high - 1 - i : low + i)
      }
      return
    }
    if (low >= high || (this.#nothingFor & bit) !== 0) return
    if (!this.#match(filters)) {
      this.#nothingFor |= bit
      return
    }
    const first = low >>> 5
    const last = (high - 1) >>> 5
    for (let n = first; n <= last && places.length < most; n++) {
      const word = backwards ? last + first - n : n
      let bits = words[word] ?? 0
      if (word === first) bits &= -1 << (low & 31)
      if (word === last) bits &= -1 >>> (31 - ((high - 1) & 31))
      while (bits !== 0 && places.length < most) {
        const at = 31 - Math.clz32(backwards ? bits : bits & -bits)
        bits &= ~(1 << at)
        blocks.push(this)
        places.push(word * 32 + at)
      }
    }
  }

  /** Sets `words` to the places that match. Whether there is any. */
  #match(filters: readonly (readonly number[])[]): boolean {
    words.fill(-1)
    for (const codes of filters) {
      // Most filters are one value that many runs have.
      const start = codes.length === 1 ? this.#dense.get(codes[0] ?? 0) : undefined
      if (start !== undefined) {
        if (!keepBits(this.#bits, start)) return false
        continue
      }
      some.fill(0)
      for (const code of codes) this.#add(code)
      if (!keepBits(some, 0)) return false
    }
    return true
  }

  /** Adds the places that have the value to `some`. */
  #add(code: number): void {
    const start = this.#dense.get(code)
    if (start !== undefined) {
      const bits = this.#bits
      for (let i = 0; i < WORDS; i++) some[i] = (some[i] ?? 0) | (bits[start + i] ?? 0)
    } else if ((this.#rareFacets & bitOf(facetOf(code))) !== 0) {
      const i = this.#firstRare(code)
      if (this.#rare[i] !== code) return
      const end = this.#begins[i + 1] ?? 0
      for (let at = this.#begins[i] ?? 0; at < end; at++) setBit(some, this.#places[at] ?? 0)
    }
  }

  /** Where in the order of rarer values the first is that is not below the number. */
  #firstRare(code: number): number {
    const rare = this.#rare
    let [from, to] = [0, rare.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((rare[middle] ?? 0) < code) from = middle + 1
      else to = middle
    }
    return from
  }
}

/** The number of each value that a run has, and that run's place. */
function pairsOf(entries: readonly Entry[], vocabulary: Vocabulary): { codes: number[]; places: number[] } {
  const codes: number[] = []
  const places: number[] = []
  for (const [place, [, , facets]] of entries.entries()) {
    for (const facet in facets) {
      const value = facets[facet] ?? []
      for (const one of typeof value === 'string' ? [value] : value) {
        codes.push(vocabulary.code(facet, one))
        places.push(place)
      }
    }
  }
  return { codes, places }
}

/** Where the numbers of the values of the same facet begin. */
function facetOf(code: number): number {
  return code - (code % MOST_VALUES)
}

function bitOf(facet: number): number {
  return 1 << ((facet / MOST_VALUES) % 32)
}

/** Takes away from `words` the places that are not among these bits. Whether any is left. */
function keepBits(bits: Int32Array, start: number): boolean {
  let any = 0
  for (let i = 0; i < WORDS; i++) {
    const both = (words[i] ?? 0) & (bits[start + i] ?? 0)
    words[i] = both
    any |= both
  }
  return any !== 0
}

function setBit(bits: Int32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}
