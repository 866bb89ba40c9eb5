import { MemberError } from '../../../core/provider.ts'
import { type Environment, environmentsOf, type World } from '../world.ts'
import type { Given } from './given.ts'

/** The environment that is meant, prod when that is open. Throws MemberError when there is none. */
export function environmentOf({ env = {} }: Given, world: World): Environment {
  let open: readonly Environment[] = [world.prod, ...environmentsOf(world)]
  for (const member of ['id', 'name', 'user'] as const) {
    const asked = env[member]
    if (asked === undefined) continue
    const found = open.filter((environment) => environment[member] === asked)
    if (found.length === 0) throw new MemberError(['env', member], refusal(member, open))
    open = found
  }
  return open[0] ?? world.prod
}

function refusal(member: 'id' | 'name' | 'user', open: readonly Environment[]): string {
  const known = new Set(open.map((environment) => environment[member]).filter((text) => text !== undefined))
  if (known.size === 0) return 'belongs to a dev environment, and this is none; leave it out'
  return `names no environment that has runs; there ${known.size === 1 ? 'is' : 'are'} ${[...known].join(', ')}`
}
