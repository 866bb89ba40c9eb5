import type { Credentials, SecurityScheme } from '../../core/provider.ts'
import { ALNUM } from '../../core/random.ts'
import type { Secrets } from '../../core/secrets.ts'
import { type Organization, userId, type World } from './world.ts'

/** What an API key opens: all that its user may see (fidelity/basedash.md §B1). */
export interface Grant {
  readonly userId: string
}

/** `Authorization: Bearer bd_key_…`, the scheme in any case, as the HTTP scheme that the document names allows. */
export const bearerAuth: SecurityScheme<Grant> = {
  authenticate(request, keys) {
    const [, key] = /^bearer +(bd_key_\S+)$/i.exec(request.header('authorization') ?? '') ?? []
    return key === undefined ? undefined : keys.find(key)
  },
}

/** One key each for an admin and a plain member of the main organization, and for the admin of the other one. */
export function credentials(world: World, secrets: Secrets): Credentials<Grant> {
  const admin = apiKey(secrets, 'admin')
  const member = apiKey(secrets, 'member')
  const otherAdmin = apiKey(secrets, 'otherAdmin')
  const { main, other } = world
  return {
    grants: new Map([
      [admin, { userId: userId(secrets, 'admin') }],
      [member, { userId: userId(secrets, 'member') }],
      [otherAdmin, { userId: userId(secrets, 'otherAdmin') }],
    ]),
    labels: new Map([
      [admin, 'admin'],
      [member, 'member'],
      [otherAdmin, 'otherAdmin'],
    ]),
    view: (_server, runs) => ({
      admin: { apiKey: admin },
      member: { apiKey: member },
      organizationId: main.id,
      automations: listed(main, runs),
      otherAdmin: { apiKey: otherAdmin },
      otherOrganizationId: other.id,
      otherAutomations: listed(other, runs),
    }),
    // The vendor publishes no client and so no names: these are ours.
    env: (server) => ({
      BASEDASH_API_URL: `${server}/api/public`,
      BASEDASH_API_KEY: admin,
      BASEDASH_ORGANIZATION_ID: main.id,
      ...(main.automations[0] && { BASEDASH_AUTOMATION_ID: main.automations[0].id }),
    }),
    tryIt: {
      schemes: { bearerAuth: admin },
      parameters: { orgId: main.id, ...(main.automations[0] && { id: main.automations[0].id }) },
    },
  }
}

function listed(organization: Organization, runs: (scope: string) => number) {
  return organization.automations.map(({ id, name }) => ({ id, name, runs: runs(id) }))
}

/** The prefix and the 32 characters that the vendor's overview describes (fidelity/basedash.md §B1). */
function apiKey(secrets: Secrets, person: string): string {
  return `bd_key_${secrets.text(`basedash key ${person}`, ALNUM, 32)}`
}
