import { createPrivateKey, X509Certificate } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomHex } from '../core/nonce.ts'
import { cacheFolder, replace } from './cache.ts'
import { type Identity, isCurrent, isFor, newAuthority, newCertificate } from './certificates.ts'

/** A server's certificate, and the authority that clients have to trust for it. */
export interface Certified {
  readonly identity: Identity
  /** The authority's certificate, PEM: the file that clients are pointed at. */
  readonly caFile: string
  /** A folder to remove in the end, when the authority could not be kept. */
  readonly temporary?: string
}

/**
 * A certificate for these names, signed by this machine's authority. The authority is kept in a folder of the user's and
 * lasts, so that it has to be trusted once; where that folder cannot be written, it is one for this process.
 */
export async function certify(names: readonly string[], warn: (message: string) => void): Promise<Certified> {
  try {
    return await certifyFrom(cacheFolder(), names)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    warn(`The certificate authority is for this run only, since it could not be kept: ${error.message}`)
    const temporary = mkdtempSync(join(tmpdir(), 'runyard-'))
    return { ...(await certifyFrom(temporary, names)), temporary }
  }
}

/** Throws the file system's error when the folder has no authority and cannot take one. */
async function certifyFrom(folder: string, names: readonly string[]): Promise<Certified> {
  const authority = await keptAuthority(folder)
  const caFile = join(folder, 'ca.pem')
  if (textOf(caFile) !== authority.cert) replace(caFile, authority.cert, 0o644)
  return { identity: await keptCertificate(folder, authority, names), caFile }
}

/** The folder's authority, or a new one put there. Of several processes that make one at once, the first wins. */
async function keptAuthority(folder: string): Promise<Identity> {
  const file = join(folder, 'ca-key.pem')
  const text = textOf(file)
  const kept = identityIn(text)
  if (kept !== undefined && isCurrent(kept)) return kept
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Not one that another process has put there since.
  if (text !== undefined) rmSync(file, { force: true })
  const made = await newAuthority()
  return place(file, made) ? made : (identityIn(textOf(file)) ?? made)
}

/** The folder's certificate if it still does, else a new one, put there if that can be. */
async function keptCertificate(
  folder: string,
  authority: Identity,
  names: readonly string[],
): Promise<Identity> {
  const file = join(folder, 'server-key.pem')
  const kept = identityIn(textOf(file))
  if (kept !== undefined && isCurrent(kept) && isFor(kept, authority, names)) return kept
  const made = await newCertificate(authority, names)
  try {
    replace(file, textOfIdentity(made), 0o600)
  } catch {
    // A folder that others filled and this process may only read: the next start makes a certificate again.
  }
  return made
}

/** Undefined when there is none, or nothing that makes sense: it is made anew then. */
function identityIn(text = ''): Identity | undefined {
  const [key] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text) ?? []
  const [cert] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text) ?? []
  if (key === undefined || cert === undefined) return undefined
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { key, cert } : undefined
  } catch {
    return undefined
  }
}

/** Both in one file, so that no reader meets a key with another's certificate. */
function textOfIdentity({ key, cert }: Identity): string {
  return key + cert
}

/** Undefined when there is no such file. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Puts the file there whole, unless another process has been faster: then false. */
function place(file: string, identity: Identity): boolean {
  const whole = `${file}.${randomHex(4)}`
  writeFileSync(whole, textOfIdentity(identity), { mode: 0o600 })
  try {
    linkSync(whole, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(whole)
  }
}
