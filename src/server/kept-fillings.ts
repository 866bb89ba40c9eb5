import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Provider } from '../core/provider.ts'
import { cacheFolder, replace } from './cache.ts'
import { type Filling, FRESH, kindOf, type Rows, type Worlds } from './fillings.ts'
import { FOLDERS } from './folders.ts'

/** What the default sandbox was filled with. */
export interface KeptFilling {
  /** The instant (ms) that the data is built around. */
  readonly start: number
  readonly worlds: Worlds
  readonly rows: Rows
}

/** A filling as its file has it. */
interface Contents extends KeptFilling {
  readonly key: string
}

/** How many files stay, and how large (bytes) one may be. */
const MOST_FILES = 8
const MOST_BYTES = 32 * 1024 * 1024
/** How long (ms) after it is made a filling is written: what waits for the server comes first. */
const LATER = 500

/** Fillings of the default sandbox in a folder of the user's: made by one process, and found by the next of the same build. */
export class KeptFillings {
  readonly #folder: string
  readonly #build: string
  readonly #debug: (message: string) => void

  /** `build`: what changes with the code that makes runs. `debug` is told why a file was of no use. */
  constructor(folder: string, build: string, debug: (message: string) => void) {
    this.#folder = folder
    this.#build = build
    this.#debug = debug
  }

  /**
   * A filling of that kind: one for exactly the instant `at`, or one for a moment ago, seen from `by` (ms). What is not
   * whole, or not what its name says, is none.
   */
  find(
    filled: Omit<Filling, 'start'>,
    when: { readonly at: number } | { readonly by: number },
  ): KeptFilling | undefined {
    const key = this.#keyOf(filled)
    const isWanted = (start: number): boolean =>
      'at' in when ? start === when.at : start <= when.by && when.by - start < FRESH
    try {
      const start = this.#startsOf(key)
        .filter(isWanted)
        .sort((a, b) => b - a)[0]
      if (start === undefined) return undefined
      const found = contentsOf(readFileSync(this.#file(key, start), 'utf8'))
      if (found?.key === key && found.start === start) return found
      this.#debug(`The filling kept in ${this.#file(key, start)} is damaged, and is made again.`)
    } catch (error) {
      this.#debug(`No kept filling could be read: ${messageOf(error)}`)
    }
    return undefined
  }

  /** Keeps it, in a moment, if that can be. */
  keep(filled: Omit<Filling, 'start'>, filling: KeptFilling): void {
    void this.#keepLater(this.#keyOf(filled), filling)
  }

  async #keepLater(key: string, filling: KeptFilling): Promise<void> {
    await setTimeout(LATER, undefined, { ref: false })
    try {
      const contents: Contents = { key, ...filling }
      const text = JSON.stringify(contents)
      if (text.length > MOST_BYTES) return
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      replace(this.#file(key, filling.start), `${digestOf(text)}\n${text}`, 0o600)
      this.#sweep()
    } catch (error) {
      this.#debug(`The filling could not be kept: ${messageOf(error)}`)
    }
  }

  /** The oldest go, and what was left half written. */
  #sweep(): void {
    const files = readdirSync(this.#folder).map((name) => {
      const file = join(this.#folder, name)
      return { file, written: statSync(file).mtimeMs }
    })
    const oldest = files.sort((a, b) => b.written - a.written).slice(MOST_FILES)
    for (const { file } of oldest) rmSync(file, { force: true, recursive: true })
  }

  #startsOf(key: string): number[] {
    const names = readdirSync(this.#folder)
    return names.flatMap((name) => {
      const [, start] = name.startsWith(`${key}.`) ? (/\.(-?\d+)\.json$/.exec(name) ?? []) : []
      return start === undefined ? [] : [Number(start)]
    })
  }

  #keyOf(filled: Omit<Filling, 'start'>): string {
    return digestOf(`${this.#build} ${kindOf(filled)}`).slice(0, 32)
  }

  #file(key: string, start: number): string {
    return join(this.#folder, `${key}.${start}.json`)
  }
}

/** Those of this build; undefined where it runs from the sources, which may be others at the next start. */
export function keptFillings(
  providers: readonly Provider[],
  debug: (message: string) => void,
): KeptFillings | undefined {
  const build = FOLDERS.isBuilt ? buildOf() : undefined
  if (build === undefined) return undefined
  const names = providers.map(({ name }) => name).join()
  return new KeptFillings(join(cacheFolder(), 'fillings'), `${build} ${names}`, debug)
}

function buildOf(): string | undefined {
  try {
    return readFileSync(FOLDERS.build, 'utf8')
  } catch {
    return undefined
  }
}

/** Undefined when the text is not what was written. */
function contentsOf(text: string): Contents | undefined {
  const end = text.indexOf('\n')
  const json = text.slice(end + 1)
  return digestOf(json) === text.slice(0, Math.max(end, 0)) ? (JSON.parse(json) as Contents) : undefined
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
