import { createPrivateKey, KeyObject, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type * as X509 from '@peculiar/x509'
import { dateOf, wallNow } from '../core/clock.ts'
import { randomHex } from '../core/nonce.ts'

/** A certificate and its private key, both PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

const DAY = 86_400_000
/** How long (ms) an authority lasts: as long as anybody keeps a laptop. */
const AUTHORITY_LIFE = 3650 * DAY
/** How long (ms) a server's certificate lasts: more than 398 days, some clients refuse. */
const CERTIFICATE_LIFE = 397 * DAY
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A new certificate authority, which can sign servers' certificates and no authority below it. */
export async function newAuthority(): Promise<Identity> {
  const { X509CertificateGenerator, ...x509 } = loadX509()
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity(AUTHORITY_LIFE),
    name: 'CN=Runyard local authority, O=Runyard',
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${certificate.toString('pem').trimEnd()}\n`, key: pem(keys.privateKey) }
}

/** A server's certificate for these names (host names, `*.` for one label, IP addresses), signed by the authority. */
export async function newCertificate(authority: Identity, names: readonly string[]): Promise<Identity> {
  const { X509CertificateGenerator, ...x509 } = loadX509()
  const keys = await newKeys()
  const issuer = new x509.X509Certificate(authority.cert)
  const life = Math.min(CERTIFICATE_LIFE, issuer.notAfter.getTime() - wallNow())
  const certificate = await X509CertificateGenerator.create({
    ...validity(life),
    subject: 'CN=Runyard, O=Runyard',
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { cert: `${certificate.toString('pem').trimEnd()}\n`, key: pem(keys.privateKey) }
}

/** Whether it is valid now and for a day to come. */
export function isCurrent({ cert }: Identity): boolean {
  const { validFrom, validTo } = new NodeCertificate(cert)
  return Date.parse(validFrom) <= wallNow() && wallNow() + DAY < Date.parse(validTo)
}

/** Whether this authority signed it and it is good for all these names. */
export function isFor({ cert }: Identity, authority: Identity, names: readonly string[]): boolean {
  const certificate = new NodeCertificate(cert)
  const texts = certificate.subjectAltName?.split(', ') ?? []
  return (
    certificate.verify(new NodeCertificate(authority.cert).publicKey) &&
    names.every((name) => (isIP(name) ? certificate.checkIP(name) : texts.includes(`DNS:${name}`)))
  )
}

/** A day's grace backwards, for machines and containers whose clocks are late. */
function validity(life: number): { serialNumber: string; notBefore: Date; notAfter: Date } {
  return {
    // Positive, and of the length that RFC 5280 allows.
    serialNumber: `01${randomHex(15)}`,
    notBefore: dateOf(wallNow() - DAY),
    notAfter: dateOf(wallNow() + life),
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function pem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString()
}

function signingKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}

/**
 * The library, when a certificate has to be made: it takes a third of a second to load. One of its dependencies refuses
 * to load without `Reflect.getMetadata`, and asks it only for what this library does not define. It is there while the
 * library loads, and gone before anybody else's code runs (docs/decisions.md, "TLS").
 */
function loadX509(): typeof X509 {
  const load = (): typeof X509 => createRequire(import.meta.url)('@peculiar/x509')
  if ('getMetadata' in Reflect) return load()
  const nothing = { getMetadata: () => undefined, getOwnMetadata: () => undefined }
  Object.assign(Reflect, nothing)
  try {
    return load()
  } finally {
    for (const name of Object.keys(nothing)) Reflect.deleteProperty(Reflect, name)
  }
}
