import { createHmac, timingSafeEqual } from 'node:crypto'

/** A sandbox's source of credentials and keys: everything secret follows from its one secret and a label. */
export class Secrets {
  readonly #secret: string
  /** Whether everybody knows the secret: then what people type may be easy to type. */
  readonly wellKnown: boolean

  constructor(secret: string, wellKnown = false) {
    this.#secret = secret
    this.wellKnown = wellKnown
  }

  /** What makes the same secrets in another thread. */
  parts(): ConstructorParameters<typeof Secrets> {
    return [this.#secret, this.wellKnown]
  }

  /** 32 bytes for the label, always the same. */
  bytes(label: string): Buffer {
    return createHmac('sha256', this.#secret).update(label).digest()
  }

  /** `length` characters of `alphabet` for the label, always the same. */
  text(label: string, alphabet: string, length: number): string {
    let text = ''
    for (let block = 0; text.length < length; block++) {
      for (const byte of this.bytes(`${label}#${block}`)) text += alphabet[byte % alphabet.length]
    }
    return text.slice(0, length)
  }

  /** A v4-shaped UUID for the label, always the same. */
  uuid(label: string): string {
    const hex = this.bytes(label).toString('hex')
    const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4]
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }
}

/** Whether two secrets are equal, in time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
