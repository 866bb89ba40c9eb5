import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { JsonObject } from '../../core/json.ts'

/** An Ed25519 public key as JWK. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
}

/** An Ed25519 private key as JWK, with these four members and no other (fidelity/conductorone.md §1 says why). */
export interface PrivateJwk extends PublicJwk {
  readonly d: string
}

/** The Ed25519 key pair that follows from 32 bytes. */
export function keyPair(seed: Buffer): PrivateJwk {
  const x = createPublicKey(privateKey(seed)).export({ format: 'jwk' }).x
  if (x === undefined) throw new Error('an Ed25519 key has an x')
  return { kty: 'OKP', crv: 'Ed25519', x, d: seed.toString('base64url') }
}

export function publicPart({ kty, crv, x }: PrivateJwk): PublicJwk {
  return { kty, crv, x }
}

/** A compact JWT, signed with EdDSA. Not jose's: that one is asynchronous, and credentials are made in one go. */
export function signJwt(claims: JsonObject, key: PrivateJwk): string {
  const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'EdDSA', typ: 'JWT' })}.${part(claims)}`
  const signature = sign(null, Buffer.from(signed), privateKey(Buffer.from(key.d, 'base64url')))
  return `${signed}.${signature.toString('base64url')}`
}

function privateKey(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
}

/** What stands before the 32 bytes of a key in PKCS #8 (RFC 8410 §7). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
