import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Identity } from './certificates.ts'
import { OptionError, type Options } from './options.ts'

/** What https is served with. */
export interface Tls {
  readonly identity: Identity
  /** The certificate (PEM) of the authority to trust; undefined when the certificate is the user's own. */
  readonly caFile: string | undefined
  /** Removes what was made for this run only. */
  forget(): void
}

/** Beside the vendors' hosts: this machine, and a container as docker-compose.yml and Docker name it and its host. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1', 'runyard', 'host.docker.internal']
/** Where to listen, and not where to reach. */
const WILDCARDS = ['0.0.0.0', '::']

/** The variables that clients read to trust one more authority. The last two replace what they would trust without. */
export function trust(caFile: string): Record<string, string> {
  return { NODE_EXTRA_CA_CERTS: caFile, SSL_CERT_FILE: caFile, REQUESTS_CA_BUNDLE: caFile }
}

/**
 * What the options ask to serve https with, or undefined for no https. `hosts`: the vendors', `*.` for any one label.
 * Throws OptionError when the user's own files cannot be used.
 */
export async function tlsOf(
  options: Options,
  hosts: readonly string[],
  warn: (message: string) => void,
): Promise<Tls | undefined> {
  const { host, tlsCert, tlsKey, tls = tlsCert !== undefined || tlsKey !== undefined } = options
  if (!tls) return undefined
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { identity: ownIdentity(tlsCert, tlsKey), caFile: undefined, forget: () => {} }
  }
  if (tlsCert !== undefined || tlsKey !== undefined) {
    const missing = tlsCert === undefined ? '--tls-cert' : '--tls-key'
    throw new OptionError(`--tls-cert and --tls-key go together, and there is no ${missing}.`)
  }
  const names = [...LOCAL_NAMES, ...hosts, ...(WILDCARDS.includes(host) ? [] : [host])]
  const { certify } = await import('./authority.ts')
  const { identity, caFile, temporary } = await certify([...new Set(names)], warn)
  const forget = (): void => {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
  }
  return { identity, caFile, forget }
}

function ownIdentity(certFile: string, keyFile: string): Identity {
  const cert = read(certFile)
  const key = read(keyFile)
  const certificate = parsed(certFile, 'certificate', () => new X509Certificate(cert))
  const privateKey = parsed(keyFile, 'private key', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new OptionError(`The private key in ${keyFile} is not that of the certificate in ${certFile}.`)
  }
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new OptionError(`${certFile} cannot serve TLS: ${error instanceof Error ? error.message : error}.`)
  }
  return { cert, key }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OptionError(`${file} cannot be read: ${error instanceof Error ? error.message : error}.`)
  }
}

function parsed<Thing>(file: string, what: string, parse: () => Thing): Thing {
  try {
    return parse()
  } catch {
    throw new OptionError(`${file} has no ${what} (PEM, without a passphrase) that can be used.`)
  }
}
