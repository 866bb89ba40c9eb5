import type { JsonObject } from '../../core/json.ts'
import type { Credentials } from '../../core/provider.ts'
import { ALNUM } from '../../core/random.ts'
import type { Secrets } from '../../core/secrets.ts'
import { type Grant, REALM, type World } from './world.ts'

/** The `owner_id` of runs started with the general key: whoami names its caller so (fidelity/nx1.md §A3). */
export const GENERAL_OWNER = 'psk'

/** A sandbox's pre-shared keys (one per user and the general one) and its OAuth clients. */
export function credentials(world: World, secrets: Secrets): Credentials<Grant> {
  // The vendor publishes no format; its SDK's docstrings show `psk_prod_xxxxx` (fidelity/nx1.md §A3).
  const key = (holder: string): string => `psk_prod_${secrets.text(`nx1 psk ${holder}`, ALNUM, 32)}`
  const general = key('general')
  const [portal, service] = world.clients
  if (portal === undefined || service === undefined) throw new Error('the realm lacks its clients')

  const grants = new Map<string, Grant>()
  const labels = new Map([
    [general, 'general'],
    ...world.users.map(({ username }) => [key(username), username] as const),
    [portal.clientId, 'portal'],
    [service.clientId, 'service'],
  ])
  // Admin is a role of the realm, and the general key is nobody in the realm: it sees what it started.
  grants.set(general, { kind: 'reader', owner: GENERAL_OWNER, admin: false })
  for (const { username, admin } of world.users) {
    grants.set(key(username), { kind: 'reader', owner: username, admin })
  }
  for (const client of world.clients) {
    grants.set(client.clientId, { kind: 'client', client })
    if (client.secret !== null) grants.set(client.secret, { kind: 'secret' })
  }
  // Where everybody knows the secret, passwords are words of everyday use.
  if (!secrets.wellKnown) for (const { password } of world.users) grants.set(password, { kind: 'secret' })

  return {
    grants,
    labels,
    view: (server): JsonObject => ({
      psk: { general, ...Object.fromEntries(world.users.map(({ username }) => [username, key(username)])) },
      oauth: {
        issuer: `${server}/realms/${REALM}`,
        clientId: portal.clientId,
        users: world.users.map(({ username, password, admin }) => ({ username, password, admin })),
        service: { clientId: service.clientId, clientSecret: service.secret },
      },
    }),
    // The names that the vendor's SDK reads (nexuscognitive/nx1-sdk cli.py); it turns http:// into https://.
    env: (server) => ({ NX1_HOST: server, NX1_API_KEY: general }),
    tryIt: { schemes: { APIKeyHeader: general } },
  }
}
