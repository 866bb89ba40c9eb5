import { LOWER_ALNUM } from '../../core/random.ts'
import type { Secrets } from '../../core/secrets.ts'

/** The one realm, as the vendor's document names it in its token URL. */
export const REALM = 'rapid'

/** Whom the realm knows. */
export interface World {
  readonly users: readonly User[]
  readonly clients: readonly Client[]
}

export interface User {
  /** The Keycloak subject, a UUID. */
  readonly sub: string
  /** Also the `owner_id` of the user's runs: whoami calls it the "username for user context" (fidelity/nx1.md §A3). */
  readonly username: string
  readonly password: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
  readonly admin: boolean
}

/** An OAuth client of the realm. */
export interface Client {
  readonly clientId: string
  /** Keycloak's own id of the client, the third part of its authorization codes. */
  readonly uuid: string
  /** Null for a public client, which proves nothing. */
  readonly secret: string | null
}

/** Who asks for runs. */
export interface Reader {
  readonly kind: 'reader'
  /** The `owner_id` of the reader's own runs. */
  readonly owner: string
  /** Admins see everyone's runs. */
  readonly admin: boolean
}

/** What a client id opens: the realm's token endpoint, and the sandbox that the client belongs to. */
export interface ClientGrant {
  readonly kind: 'client'
  readonly client: Client
}

/** What opens nothing by itself, a password say, but is to be known for a secret wherever it comes. */
export interface SecretGrant {
  readonly kind: 'secret'
}

export type Grant = Reader | ClientGrant | SecretGrant

/** The realm's users and clients: the same for every seed, since clients are configured with them. */
export function worldOf(secrets: Secrets): World {
  const user = (username: string, givenName: string, familyName: string, admin = false): User => ({
    sub: secrets.uuid(`nx1 user ${username}`),
    username,
    // Where everybody knows the secret, as easy to type as the name: that realm guards nothing but sample data.
    password: secrets.wellKnown ? username : secrets.text(`nx1 password ${username}`, LOWER_ALNUM, 16),
    givenName,
    familyName,
    email: `${username}@rapid.example`,
    admin,
  })
  const client = (role: string, secret: string | null): Client => ({
    clientId: `nx1-${role}-${secrets.text(`nx1 client id ${role}`, LOWER_ALNUM, 8)}`,
    uuid: secrets.uuid(`nx1 client ${role}`),
    secret,
  })
  return {
    users: [
      user('alice', 'Alice', 'Okafor'),
      user('bob', 'Bob', 'Lindqvist'),
      user('admin', 'Ada', 'Moreau', true),
    ],
    clients: [
      client('portal', null),
      client('service', secrets.text('nx1 client secret service', LOWER_ALNUM, 32)),
    ],
  }
}
