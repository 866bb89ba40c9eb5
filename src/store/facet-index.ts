import type { Filter, Key } from '../core/run.ts'
import { BLOCK, type Entry, FacetBlock, type Found, type Vocabulary } from './facet-block.ts'
import { compareKeys, FIRST, LAST, type Range } from './range.ts'

/** The runs of one scope, as an index reads them: those from `from`, which is included, to before `to`. */
export interface Entries {
  /** At most `most` of them, nearest to the end that is named, in the order of their keys. */
  read(from: Key, to: Key, end: 'first' | 'last', most: number): Entry[]
  /** The key to which `others` lie nearer to the end that is named; undefined when there are not that many. */
  nth(from: Key, to: Key, end: 'first' | 'last', others: number): Key | undefined
}

/** The keys from one on, up to the next segment's; without a block, what their runs are has to be read. */
interface Segment {
  readonly from: Key
  readonly block: FacetBlock | undefined
}

/** A segment that has to be read before more is found, and the place from which on, in the direction of the range. */
export interface Gap {
  readonly segment: number
  readonly place: Key
  readonly newer: boolean
}

/** How many combinations of filters are remembered, of which a block knows that it has nothing; and of how many characters. */
const MOST_COMBINATIONS = 31
const LONGEST_COMBINATION = 500

/** How often a page without filters, which needs no index, is not found before one is loaded for it all the same. */
const OFTEN = 20

/**
 * Which runs of one scope have which facets, in blocks. One is read when something is to be found in it, and forgotten
 * when one of its runs changes; so what was never asked for costs nothing.
 */
export class FacetIndex {
  readonly #vocabulary: Vocabulary
  readonly #size: number
  /** In the order of their keys. Together they are of all keys. */
  readonly #segments: Segment[] = [{ from: FIRST, block: undefined }]
  #misses = 0
  /** The bits of combinations of filters, by their values: whoever asks with one asks with it again, page by page or at intervals. */
  readonly #combinations = new Map<string, number>()

  /** In blocks of `size` runs, of at most BLOCK. */
  constructor(vocabulary: Vocabulary, size = BLOCK) {
    this.#vocabulary = vocabulary
    this.#size = size
  }

  /** Where at most `most` runs of the range are that pass every filter; or the gap that has to be loaded first. */
  find({ above, below, newer }: Range, filters: readonly Filter[], most: number): Found | Gap {
    const codes = this.#codes(filters)
    // No block has a value that no run was seen to have.
    const isHopeless = codes[0]?.length === 0
    const bit = isHopeless || codes.length === 0 ? 0 : this.#bitOf(codes)
    const found: Found = { blocks: [], places: [] }
    const step = newer ? 1 : -1
    for (let i = newer ? this.#at(above) : this.#before(below); found.places.length < most; i += step) {
      const segment = this.#segments[i]
      if (segment === undefined) break
      const to = this.#end(i)
      const isLowest = compareKeys(segment.from, above) <= 0
      const isHighest = compareKeys(to, below) >= 0
      const { from, block } = segment
      if (block === undefined) {
        const place = newer ? (isLowest ? above : from) : isHighest ? below : to
        return { segment: i, place, newer }
      }
      if (!isHopeless) {
        const low = isLowest ? block.placeOf(above, 'behind') : 0
        const high = isHighest ? block.placeOf(below, 'at') : block.size
        block.take(codes, bit, { low, high, backwards: !newer }, most, found)
      }
      if (newer ? isHighest : isLowest) break
    }
    return found
  }

  /** Lets go of the runs that its blocks remember: nobody reads in it any more. */
  forgetRuns(): void {
    for (const { block } of this.#segments) block?.recent.clear()
  }

  /** To be asked when a page was not found that could be had without an index: whether to load one. */
  isMissedOften(): boolean {
    this.#misses = (this.#misses + 1) % OFTEN
    return this.#misses === 0
  }

  /** Reads a block of the gap, which holds what lies next to its place; at once after it was found. */
  load({ segment, place, newer }: Gap, entries: Entries): void {
    const from = this.#segments[segment]?.from ?? FIRST
    const to = this.#end(segment)
    // Half a block from before the place: else the clock's every tick would leave a little gap to be read at the next.
    const half = this.#size / 2
    let [low, high] = newer
      ? [entries.nth(from, place, 'last', half) ?? from, to]
      : [from, entries.nth(place, to, 'first', half) ?? to]
    const read = entries.read(low, high, newer ? 'first' : 'last', this.#size + 1)
    // The one too many tells where the next block is to begin.
    if (read.length > this.#size) {
      const other = newer ? read.pop() : read.shift()
      if (newer) high = keyOf(other) ?? high
      else low = keyOf(read[0]) ?? low
    }
    const parts: Segment[] = [{ from: low, block: new FacetBlock(read, this.#vocabulary) }]
    if (compareKeys(from, low) < 0) parts.unshift({ from, block: undefined })
    if (compareKeys(high, to) < 0) parts.push({ from: high, block: undefined })
    this.#segments.splice(segment, 1, ...parts)
  }

  /** What is known of the run of that key, or would be if there were one, is so no more. */
  forget(key: Key): void {
    const i = this.#at(key)
    const from = this.#segments[i]?.from ?? FIRST
    this.#segments[i]?.block?.recent.clear()
    const follows = this.#segments[i - 1]
    const next = this.#segments[i + 1]
    const first = follows !== undefined && follows.block === undefined ? i - 1 : i
    const last = next !== undefined && next.block === undefined ? i + 1 : i
    const gap: Segment = { from: first < i ? (follows?.from ?? from) : from, block: undefined }
    this.#segments.splice(first, last - first + 1, gap)
  }

  /** The bit of a combination of filters, a new one when it has none; 0 for one that is too long to be remembered. */
  #bitOf(codes: readonly (readonly number[])[]): number {
    const combination = codes.join(' ')
    const before = this.#combinations.get(combination)
    if (before !== undefined) return before
    if (combination.length > LONGEST_COMBINATION) return 0
    if (this.#combinations.size === MOST_COMBINATIONS) {
      this.#combinations.clear()
      for (const { block } of this.#segments) block?.forgetCombinations()
    }
    const bit = 1 << this.#combinations.size
    this.#combinations.set(combination, bit)
    return bit
  }

  /** The numbers of each filter's values, as far as a run has them; the filter with the fewest first. */
  #codes(filters: readonly Filter[]): number[][] {
    return filters
      .map(({ facet, anyOf }) => anyOf.flatMap((value) => this.#vocabulary.find(facet, value) ?? []))
      .sort((a, b) => a.length - b.length)
  }

  #end(segment: number): Key {
    return this.#segments[segment + 1]?.from ?? LAST
  }

  /** The segment that the key is in. */
  #at(key: Key): number {
    return this.#count((from) => compareKeys(from, key) <= 0) - 1
  }

  /** The segment that what comes right before the key is in. */
  #before(key: Key): number {
    return this.#count((from) => compareKeys(from, key) < 0) - 1
  }

  /** Of how many segments it holds; those of which it does come first. */
  #count(holds: (from: Key) => boolean): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const segment = this.#segments[middle]
      if (segment !== undefined && holds(segment.from)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function keyOf(entry: Entry | undefined): Key | undefined {
  return entry && { createdAt: entry[0], id: entry[1] }
}
