import { ALNUM, LOWER_ALNUM, type Random } from '../../../core/random.ts'
import type { Task } from './tasks.ts'

/** How many customers the seeded project has. */
export const CUSTOMERS = 9

/** The tags of a run, for a customer (by number; any, when it does not matter). Ids recur, as a filter by tag expects. */
export function customers(random: Random): (tags: Task['tags'], customer?: number) => string[] {
  const all = Array.from({ length: CUSTOMERS }, () => ({
    org: `org_${random.text(LOWER_ALNUM, 10)}`,
    plan: `plan_${random.pick(['free', 'pro', 'pro', 'enterprise'])}`,
    users: Array.from({ length: 4 }, () => `user_${random.text(ALNUM, 10)}`),
  }))
  return (tags, number = random.int(0, CUSTOMERS - 1)) => {
    const customer = all[number]
    if (customer === undefined) return []
    return tags.map((tag) => {
      if (tag === 'user') return random.pick(customer.users)
      return tag === 'invoice' ? `invoice_${random.int(20_000, 48_000)}` : customer[tag]
    })
  }
}
