/** The latest so many of what was put in. Takes memory only for what it holds. */
export class Ring<Item> {
  readonly size: number
  #items: Item[] = []
  #added = 0

  /** `size`: how many it holds, at least 1. */
  constructor(size: number) {
    this.size = Math.max(1, size)
  }

  get length(): number {
    return this.#items.length
  }

  add(item: Item): void {
    this.#items[this.#added % this.size] = item
    this.#added++
  }

  /** Oldest first, all but the first `skip` of them. */
  *from(skip: number): Iterable<Item> {
    const oldest = this.#added - this.#items.length
    for (let number = oldest + skip; number < this.#added; number++) {
      const item = this.#items[number % this.size]
      if (item !== undefined) yield item
    }
  }

  clear(): void {
    this.#items = []
    this.#added = 0
  }
}
