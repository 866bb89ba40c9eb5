import { companyName, country, weekday } from '../../core/names.ts'
import type { Random } from '../../core/random.ts'

/** The title that a finished run's chat got: what the automation was about, and what it found. */
export function title(automation: string, random: Random): string {
  return `${automation}: ${random.pick(FINDINGS)(random)}`
}

/** Shapes of what an automation over business data finds, in the length of a chat title. */
const FINDINGS: readonly ((random: Random) => string)[] = [
  (random) => `${companyName(random)} and ${random.int(2, 9)} others need attention`,
  (random) => `${companyName(random)} stands out`,
  (random) => `up ${percent(random)} on last week`,
  (random) => `down ${percent(random)} on last week`,
  (random) => `${random.int(2, 48)} new since the last run`,
  (random) => `${country(random)} leads, ${country(random)} follows`,
  (random) => `spike on ${weekday(random)}, back to normal since`,
  (random) => `${percent(random)} of the monthly target`,
  () => 'nothing unusual',
]

function percent(random: Random): string {
  return `${random.float(0.5, 24).toFixed(1)}%`
}
