import type { Random } from '../../core/random.ts'

/** The title that a finished run's chat got: what the automation was about, and what it found. */
export function title(automation: string, random: Random): string {
  return `${automation}: ${random.pick(FINDINGS)(random)}`
}

/** Shapes of what an automation over business data finds, in the length of a chat title. */
const FINDINGS: readonly ((random: Random) => string)[] = [
  (random) => `${random.faker.company.name()} and ${random.int(2, 9)} others need attention`,
  (random) => `${random.faker.company.name()} stands out`,
  (random) => `up ${percent(random)} on last week`,
  (random) => `down ${percent(random)} on last week`,
  (random) => `${random.int(2, 48)} new since the last run`,
  (random) => `${random.faker.location.country()} leads, ${random.faker.location.country()} follows`,
  (random) => `spike on ${random.faker.date.weekday()}, back to normal since`,
  (random) => `${percent(random)} of the monthly target`,
  () => 'nothing unusual',
]

function percent(random: Random): string {
  return `${random.float(0.5, 24).toFixed(1)}%`
}
