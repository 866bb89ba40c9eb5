import { createHmac, timingSafeEqual } from 'node:crypto'

/** `payload` as an opaque, tamper-evident base64url text under `key`. */
export function seal(payload: string, key: Buffer): string {
  const bytes = Buffer.from(payload)
  return Buffer.concat([mac(bytes, key), bytes]).toString('base64url')
}

/** The payload that `seal` put in, or undefined when the text is not one it made. */
export function unseal(sealed: string, key: Buffer): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  // Buffer.from skips what is not base64url: only the canonical spelling of a token is that token.
  if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== sealed) return undefined
  const payload = bytes.subarray(MAC_BYTES)
  return timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(payload, key)) ? payload.toString() : undefined
}

const MAC_BYTES = 12

function mac(bytes: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes).digest().subarray(0, MAC_BYTES)
}
