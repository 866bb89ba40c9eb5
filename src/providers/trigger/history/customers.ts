import { ALNUM, LOWER_ALNUM, type Random } from '../../../core/random.ts'
import type { Task } from './tasks.ts'

/** How many customers the seeded project has. */
export const CUSTOMERS = 9

/** A customer of the seeded project, by the tags that name it and its people. */
interface Customer {
  readonly org: string
  readonly plan: string
  readonly users: readonly string[]
}

/**
 * The tags of a run, for a customer (by number; any, when it does not matter) of so many. Ids recur, as a filter by tag
 * expects.
 */
export function customers(
  random: Random,
  count: number,
): (tags: Task['tags'], customer?: number) => string[] {
  const all = Array.from({ length: count }, () => customer(random))
  return (tags, number = random.int(0, count - 1)) => {
    const customer = all[number]
    if (customer === undefined) return []
    return tags.map((tag) => {
      if (tag === 'user') return random.pick(customer.users)
      return tag === 'invoice' ? `invoice_${random.int(20_000, 48_000)}` : customer[tag]
    })
  }
}

function customer(random: Random): Customer {
  return {
    org: `org_${random.text(LOWER_ALNUM, 10)}`,
    plan: `plan_${random.pick(['free', 'pro', 'pro', 'enterprise'])}`,
    users: Array.from({ length: 4 }, () => `user_${random.text(ALNUM, 10)}`),
  }
}
