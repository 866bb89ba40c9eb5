import type { JsonObject } from '../../core/json.ts'
import type { Credentials } from '../../core/provider.ts'
import type { Secrets } from '../../core/secrets.ts'
import { clientId, clientName } from './client-id.ts'
import { keyPair, type PrivateJwk, type PublicJwk, publicPart, signJwt } from './keys.ts'
import { tenantHost, type World } from './world.ts'

/** What a client may do: `admin` everything, `basic` nothing of role mining (fidelity/conductorone.md §4, 403). */
export type Role = 'admin' | 'basic'

/** What a credential opens: it belongs to one client, whichever way that client proves who it is. */
export interface Grant {
  readonly role: Role
  readonly tenant: string
  /** The first part of the client id, which is the client's name in the keyring. */
  readonly clientName: string
  readonly clientSecret: string
  /** Verifies the client's assertions. */
  readonly clientKey: PublicJwk
  /** A token that does not expire, also in the keyring. */
  readonly bearer: string
  /** Signs and verifies the tokens minted in this sandbox, so that replicas agree on them without sharing state. */
  readonly tokenKey: PrivateJwk
  readonly tokenVerifyKey: PublicJwk
}

/** Both clients of the tenant, each under its name and under its static token. */
export function credentials({ tenant }: World, secrets: Secrets): Credentials<Grant> {
  const tokenKey = keyPair(secrets.bytes('conductorone/token-key'))
  const admin = grantOf('admin', tenant, secrets, tokenKey)
  const basic = grantOf('basic', tenant, secrets, tokenKey)
  return {
    grants: new Map([
      [admin.clientName, admin],
      [admin.bearer, admin],
      [basic.clientName, basic],
      [basic.bearer, basic],
    ]),
    labels: new Map([
      [admin.clientName, 'admin'],
      [admin.bearer, 'admin'],
      [basic.clientName, 'basic'],
      [basic.bearer, 'basic'],
    ]),
    view: () => ({ admin: shown(admin), basic: shown(basic) }),
    env: (server) => environment(admin, server),
    tryIt: { schemes: { bearerAuth: admin.bearer } },
  }
}

function grantOf(role: Role, tenant: string, secrets: Secrets, tokenKey: PrivateJwk): Grant {
  const name = clientName(secrets, `conductorone/${role}/name`)
  const key = keyPair(secrets.bytes(`conductorone/${role}/key`))
  return {
    role,
    tenant,
    clientName: name,
    clientSecret: `secret-token:conductorone.com:v1:${Buffer.from(JSON.stringify(key)).toString('base64url')}`,
    clientKey: publicPart(key),
    bearer: signJwt({ sub: clientId(name, tenantHost(tenant)) }, tokenKey),
    tokenKey,
    tokenVerifyKey: publicPart(tokenKey),
  }
}

function shown({ bearer, clientName, clientSecret, tenant }: Grant): JsonObject {
  return { bearer, clientId: clientId(clientName, tenantHost(tenant)), clientSecret }
}

/**
 * The names that the vendor's SDKs, CLI and Terraform provider share. The client id names this server and not the
 * tenant: Go clients take the server from it, and must not end up at the real service.
 */
function environment({ bearer, clientName, clientSecret }: Grant, server: string): Record<string, string> {
  return {
    CONDUCTORONE_SERVER_URL: server,
    CONDUCTORONE_CLIENT_ID: clientId(clientName, server.replace(/^https?:\/\//, '')),
    CONDUCTORONE_CLIENT_SECRET: clientSecret,
    CONDUCTORONE_ACCESS_TOKEN: bearer,
  }
}
