import type { Keyring } from '../../../core/provider.ts'
import type { ApiRequest } from '../../../core/request.ts'
import { sameSecret } from '../../../core/secrets.ts'
import type { Client, Grant } from '../world.ts'
import { INVALID_CLIENT, refuse } from './errors.ts'

/** A client of the realm, in the sandbox that it belongs to. */
export interface KnownClient {
  readonly client: Client
  readonly sandbox: string
}

/** The client of that id, in whichever sandbox it is. */
export function findClient(keys: Keyring<Grant>, clientId: string): KnownClient | undefined {
  const caller = keys.find(clientId)
  return caller?.grant.kind === 'client'
    ? { client: caller.grant.client, sandbox: caller.sandbox }
    : undefined
}

/** The client that a form names and, unless it is public, proves to be, by a Basic header or by fields. */
export function authenticateClient(
  request: ApiRequest,
  form: ReadonlyMap<string, string>,
  keys: Keyring<Grant>,
): KnownClient {
  const basic = basicCredentials(request)
  const clientId = basic?.id ?? form.get('client_id')
  const secret = basic?.secret ?? form.get('client_secret')
  if (!clientId) refuse(400, 'invalid_client', 'Missing client_id parameter')
  const known = findClient(keys, clientId)
  if (known === undefined) refuse(401, 'invalid_client', INVALID_CLIENT)
  const { client } = known
  if (client.secret !== null && !sameSecret(client.secret, secret ?? '')) {
    refuse(401, 'unauthorized_client', INVALID_CLIENT)
  }
  return known
}

function basicCredentials(request: ApiRequest): { id: string; secret: string } | undefined {
  const [, encoded] = /^basic +(\S+) *$/i.exec(request.header('authorization') ?? '') ?? []
  if (encoded === undefined) return undefined
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  return { id, secret: secret.join(':') }
}
