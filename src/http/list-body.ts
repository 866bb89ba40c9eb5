/** Items of lists, which are never changed, as the bytes of a comma and their JSON. */
const written = new WeakMap<object, Buffer>()

const COMMA = 0x2c

/**
 * The JSON of a list's reply, put together where it is to stand. Most items are shown again and again: to write them is
 * most of the work of a page, and is done once.
 */
export class ListBody {
  /** How many bytes it takes at most. */
  readonly most: number
  /** What stands around the items of arrays, and in turn with it their bytes. */
  readonly #parts: readonly (string | readonly Buffer[])[]

  /** Of an object or array that JSON can tell. */
  constructor(body: object) {
    const parts = Array.isArray(body) ? ['[', body.map(bytesOf), ']'] : partsOf(body)
    let most = 0
    for (const part of parts) {
      if (typeof part === 'string') most += part.length * MOST_BYTES
      else for (const item of part) most += item.length
    }
    this.most = most
    this.#parts = parts
  }

  /** Writes it to where there is room for `most`, and gives the number of bytes that it took. */
  writeTo(target: Buffer): number {
    let at = 0
    for (const part of this.#parts) {
      if (typeof part === 'string') {
        at += target.write(part, at)
        continue
      }
      const [first] = part
      if (first === undefined) continue
      // The first has no use for its comma: what stands before it is put back in its place.
      const before = target[at - 1] ?? COMMA
      at--
      const begin = at
      for (const item of part) {
        target.set(item, at)
        at += item.length
      }
      target[begin] = before
    }
    return at
  }

  /** Its bytes, where others keep them. */
  toBuffer(): Buffer {
    const bytes = Buffer.allocUnsafe(this.most)
    // What is left over is little: items count for what they take, and around them there are only some words.
    return bytes.subarray(0, this.writeTo(bytes))
  }
}

/** UTF-8 takes so many for one of JavaScript's characters. */
const MOST_BYTES = 3

function partsOf(object: object): (string | readonly Buffer[])[] {
  const parts: (string | readonly Buffer[])[] = []
  let text = '{'
  for (const [name, value] of Object.entries(object)) {
    const isArray = Array.isArray(value)
    const json = isArray ? '[' : JSON.stringify(value)
    // What JSON has no value for is left out.
    if (json === undefined) continue
    if (text !== '{' || parts.length > 0) text += ','
    text += JSON.stringify(name)
    text += ':'
    text += json
    if (!isArray) continue
    parts.push(text, value.map(bytesOf))
    text = ']'
  }
  parts.push(`${text}}`)
  return parts
}

function bytesOf(item: unknown): Buffer {
  if (typeof item !== 'object' || item === null) return Buffer.from(`,${JSON.stringify(item) ?? 'null'}`)
  let bytes = written.get(item)
  if (bytes === undefined) {
    bytes = Buffer.from(`,${JSON.stringify(item)}`)
    written.set(item, bytes)
  }
  return bytes
}
