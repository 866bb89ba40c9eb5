/** How many texts are remembered that came once. */
const MOST = 2_000

/**
 * Tells what comes again. What comes once is not worth remembering: it would be in the way of what does, and all that is
 * kept costs the garbage collector as much as to work it out.
 */
export class Lately {
  readonly #once = new Set<string>()

  /** Whether the text came before, not long ago. To be asked of texts of a bounded length, each time that one comes. */
  saw(text: string): boolean {
    if (this.#once.delete(text)) return true
    if (this.#once.size >= MOST) this.#once.clear()
    this.#once.add(text)
    return false
  }
}
