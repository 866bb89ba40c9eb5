import { LOWER_ALNUM, type Random } from '../../../core/random.ts'
import type { Secrets } from '../../../core/secrets.ts'

const COUNTER_END = 36 ** 4

/** Makes the cuids of one machine: they carry their time (ms), and those of one instant count up. */
export function cuids(random: Random): (at: number) => string {
  const machine = random.text(LOWER_ALNUM, 4)
  let counter = random.int(0, 36 ** 3)
  return (at) => {
    counter = (counter + 1) % COUNTER_END
    const count = counter.toString(36).padStart(4, '0')
    return `c${at.toString(36).padStart(8, '0')}${count}${machine}${random.text(LOWER_ALNUM, 8)}`
  }
}

/** A cuid that stays the same whatever the seed, of something made in 2024 or 2025. */
export function lastingCuid(secrets: Secrets, label: string): string {
  return `cm${secrets.text(label, LOWER_ALNUM, 23)}`
}

/** The id of a schedule (fidelity/trigger.md §6). */
export function scheduleId(secrets: Secrets, label: string): string {
  return `sched_${secrets.text(label, '123456789abcdefghijkmnopqrstuvwxyz', 21)}`
}
