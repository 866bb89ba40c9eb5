import { LOWER_ALNUM } from '../../core/random.ts'
import type { Secrets } from '../../core/secrets.ts'

/** The standing data that runs belong to: two tenants, so that a client can meet the wall between them. */
export interface World {
  readonly main: Organization
  readonly other: Organization
}

export interface Organization {
  readonly id: string
  readonly members: readonly Member[]
  readonly automations: readonly Automation[]
}

/** A user's place in an organization. Runs name members, keys belong to users (fidelity/basedash.md §B1, §B4). */
export interface Member {
  readonly id: string
  readonly userId: string
  readonly role: 'ADMIN' | 'MEMBER'
}

export interface Automation {
  readonly id: string
  readonly name: string
}

/** Who belongs to each organization, by the name that their credentials go by, and in which role. */
const MEMBERS: Readonly<Record<keyof World, Readonly<Record<string, Member['role']>>>> = {
  main: { admin: 'ADMIN', member: 'MEMBER', analyst: 'MEMBER', founder: 'ADMIN' },
  other: { otherAdmin: 'ADMIN' },
}

/** An organization with automations of these names; its ids follow from the secrets and each one's place alone. */
export function organization(secrets: Secrets, tenant: keyof World, names: readonly string[]): Organization {
  const id = (label: string) => opaqueId(secrets, `${tenant} ${label}`)
  return {
    id: id('organization'),
    members: Object.entries(MEMBERS[tenant]).map(([person, role]) => ({
      id: id(`member ${person}`),
      userId: userId(secrets, person),
      role,
    })),
    automations: names.map((name, place) => ({ id: id(`automation ${place}`), name })),
  }
}

/** The id of the user that this person's keys belong to. */
export function userId(secrets: Secrets, person: string): string {
  return opaqueId(secrets, `user ${person}`)
}

/** The automation, if the organization has it and the user administers that organization; else undefined. */
export function administered(
  world: World,
  userId: string,
  organizationId: string,
  automationId: string,
): Automation | undefined {
  const organization = [world.main, world.other].find(({ id }) => id === organizationId)
  const member = organization?.members.find((member) => member.userId === userId)
  if (member?.role !== 'ADMIN') return undefined
  return organization?.automations.find(({ id }) => id === automationId)
}

/** Shaped like a cuid, as the ids of the vendor's other Prisma application are (fidelity/basedash.md §B4). */
function opaqueId(secrets: Secrets, label: string): string {
  return `c${secrets.text(`basedash ${label}`, LOWER_ALNUM, 24)}`
}
