import type { Run } from '../core/run.ts'

/** How many characters of JSON runs have that are kept as they were read, over all databases of the process. */
const MOST = 12_000_000
/** One that has more is not worth the room of a thousand others. */
const LARGEST = 20_000

/** A run, and the characters of the JSON that it was read from. */
export interface ReadRun {
  readonly run: Run
  readonly size: number
}

/** By shelf and id. */
type Generation = Map<object, Map<string, ReadRun>>

// Two generations, of which the older is dropped whole: to drop one run at a time makes a Map slow.
let newer: Generation = new Map()
let older: Generation = new Map()
let size = 0

/** The shelf's runs of these ids, as they were read lately; undefined when any of them was not. */
export function recentRuns(shelf: object, ids: readonly string[]): Run[] | undefined {
  const [young, old] = [newer.get(shelf), older.get(shelf)]
  if (young === undefined && old === undefined) return undefined
  const runs: Run[] = []
  for (const id of ids) {
    let found = young?.get(id)
    if (found === undefined) {
      found = old?.get(id)
      if (found === undefined) return undefined
      keepRecent(shelf, [found])
    }
    runs.push(found.run)
  }
  return runs
}

/** Keeps runs as they were read. Whoever gets them must not change them. */
export function keepRecent(shelf: object, read: readonly ReadRun[]): void {
  for (const one of read) {
    if (one.size > LARGEST) continue
    if (size >= MOST / 2) {
      older = newer
      newer = new Map()
      size = 0
    }
    let ofShelf = newer.get(shelf)
    if (ofShelf === undefined) {
      ofShelf = new Map()
      newer.set(shelf, ofShelf)
    }
    if (!ofShelf.has(one.run.id)) size += one.size
    ofShelf.set(one.run.id, one)
  }
}

/** Runs came or changed; all of the shelf's may have, when it is not said which. */
export function forgetRecent(shelf: object, runs?: readonly { readonly id: string }[]): void {
  for (const generation of [newer, older]) {
    if (runs === undefined) generation.delete(shelf)
    else for (const { id } of runs) generation.get(shelf)?.delete(id)
  }
}
