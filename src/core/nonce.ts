import { randomBytes } from 'node:crypto'

/** Unguessable text: `bytes` random bytes as hex. For authorization codes and session ids, never for data. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
