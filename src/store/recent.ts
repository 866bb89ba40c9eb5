import type { Run } from '../core/run.ts'

/** How many characters of JSON runs have that are kept as they were read, over all databases of the process. */
const MOST = 12_000_000
/** One that has more is not worth the room of a thousand others. */
const LARGEST = 20_000

// Two generations, of which the older is let go whole: to let go of one run at a time takes longer than to read it again.
let young: RecentRuns[] = []
let old: RecentRuns[] = []
let size = 0

/** The runs of one block of an index that were read lately, by their places in it. */
export class RecentRuns {
  #young: (Run | undefined)[] | undefined
  #old: (Run | undefined)[] | undefined

  get(place: number): Run | undefined {
    return this.#young?.[place] ?? this.#old?.[place]
  }

  /** Keeps a run that was read from a JSON of so many characters. Whoever gets it must not change it. */
  keep(place: number, run: Run, characters: number): void {
    if (characters > LARGEST) return
    if (size >= MOST / 2) RecentRuns.#turn()
    if (this.#young === undefined) {
      this.#young = []
      young.push(this)
    }
    if (this.#young[place] === undefined) size += characters
    this.#young[place] = run
  }

  /** Lets go of all of them: their block is no more. */
  clear(): void {
    this.#young = undefined
    this.#old = undefined
  }

  /** What was read since the last turn stays for another. */
  static #turn(): void {
    for (const runs of old) runs.#old = undefined
    for (const runs of young) {
      runs.#old = runs.#young
      runs.#young = undefined
    }
    old = young
    young = []
    size = 0
  }
}
