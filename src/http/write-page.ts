import type { Reply } from '../core/reply.ts'
import { bytes } from './write.ts'

/** Items of lists, which are never changed, as the bytes of their JSON. */
const written = new WeakMap<object, Buffer>()

const COMMA = 0x2c
const OPENING = 0x5b
const CLOSING = 0x5d

/**
 * The body of a list's reply as the bytes it leaves as: those of `bytes`, but for the time they take. Most items are
 * shown again and again, and to write them is most of the work of a page.
 */
export function pageBytes(reply: Reply): Buffer | undefined {
  const { body } = reply
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return bytes(reply)
  if (Array.isArray(body)) return arrayBytes(body)
  const parts: Buffer[] = []
  let text = '{'
  for (const [name, value] of Object.entries(body)) {
    const isArray = Array.isArray(value)
    const json = isArray ? '' : JSON.stringify(value)
    if (json === undefined) continue
    text += `${text === '{' && parts.length === 0 ? '' : ','}${JSON.stringify(name)}:${json}`
    if (!isArray) continue
    parts.push(Buffer.from(text), arrayBytes(value))
    text = ''
  }
  parts.push(Buffer.from(`${text}}`))
  return Buffer.concat(parts)
}

function arrayBytes(items: readonly unknown[]): Buffer {
  const parts = items.map(itemBytes)
  const all = Buffer.allocUnsafe(
    parts.reduce((sum, part) => sum + part.length + 1, 2 - Math.sign(parts.length)),
  )
  let at = all.writeUInt8(OPENING)
  for (const [i, part] of parts.entries()) {
    if (i > 0) at = all.writeUInt8(COMMA, at)
    at += part.copy(all, at)
  }
  all.writeUInt8(CLOSING, at)
  return all
}

function itemBytes(item: unknown): Buffer {
  if (typeof item !== 'object' || item === null) return Buffer.from(JSON.stringify(item) ?? 'null')
  let part = written.get(item)
  if (part === undefined) {
    part = Buffer.from(JSON.stringify(item))
    written.set(item, part)
  }
  return part
}
