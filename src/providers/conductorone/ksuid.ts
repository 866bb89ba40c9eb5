import { HEX, type Random } from '../../core/random.ts'

const EPOCH = 1_400_000_000
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 27

/** A KSUID (27 characters of base62) whose time is the second of `at` (ms): the vendor's ids, fidelity/conductorone.md §6. */
export function ksuid(at: number, random: Random): string {
  const seconds = ((Math.floor(at / 1000) - EPOCH) >>> 0).toString(16).padStart(8, '0')
  let rest = BigInt(`0x${seconds}${random.text(HEX, 32)}`)
  let id = ''
  while (id.length < LENGTH) {
    id = BASE62.charAt(Number(rest % 62n)) + id
    rest /= 62n
  }
  return id
}
