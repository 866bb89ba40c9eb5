import type { Random } from './random.ts'
import {
  ADJECTIVES,
  COUNTRIES,
  COUNTRY_CODES,
  FEMALE_FIRST_NAMES,
  FIRST_NAMES,
  LAST_NAMES,
  MALE_FIRST_NAMES,
  NOUNS,
} from './words.ts'

// Each gives what Faker's function of that name gives from the same stream, with English names (a test holds the two
// together), without Faker having to be loaded.

type Sex = 'female' | 'male'

/** Somebody who does not exist; here and there with a title before, or a rank or degree behind. */
export function fullName(random: Random): string {
  const sex = sexType(random)
  const name = `${firstName(random, sex)} ${familyName(random)}`
  const shape = random.weighted(FULL_NAMES)
  const before = shape.includes('prefix') ? `${random.pick(either(random, PREFIXES[sex], ['Dr.']))} ` : ''
  return `${before}${name}${shape.includes('suffix') ? ` ${random.pick(SUFFIXES)}` : ''}`
}

const FULL_NAMES = { plain: 49, prefix: 7, suffix: 7, 'prefix and suffix': 1 }
const PREFIXES = { female: ['Miss', 'Mrs.', 'Ms.'], male: ['Mr.'] }
const SUFFIXES = ['Jr.', 'Sr.', 'I', 'II', 'III', 'IV', 'V', 'MD', 'DDS', 'PhD', 'DVM']

/** The first name of somebody of that sex. */
export function firstName(random: Random, sex = sexType(random)): string {
  const own = sex === 'female' ? FEMALE_FIRST_NAMES : MALE_FIRST_NAMES
  return random.pick(either(random, own, FIRST_NAMES))
}

/** A last name, one in twenty a double one. */
export function lastName(random: Random): string {
  // Faker draws a sex for it, which makes no difference.
  sexType(random)
  return familyName(random)
}

function familyName(random: Random): string {
  const isDouble = random.weighted(LAST_NAME_SHAPES) === 'double'
  const name = random.pick(LAST_NAMES)
  return isDouble ? `${name}-${random.pick(LAST_NAMES)}` : name
}

const LAST_NAME_SHAPES = { single: 95, double: 5 }

/** A company that nobody has founded. */
export function companyName(random: Random): string {
  return random.pick(COMPANIES)(random)
}

const COMPANIES: readonly ((random: Random) => string)[] = [
  (random) => `${lastName(random)} - ${lastName(random)}`,
  (random) => `${lastName(random)} ${random.pick(LEGAL_FORMS)}`,
  (random) => `${lastName(random)}, ${lastName(random)} and ${lastName(random)}`,
]
const LEGAL_FORMS = ['Group', 'Inc', 'LLC', 'and Sons']

/** A domain of two words, which somebody may have: nothing asks it. */
export function domainName(random: Random): string {
  const word = `${random.pick(ADJECTIVES)}-${random.pick(NOUNS)}`.toLowerCase()
  return `${word}.${random.pick(DOMAINS)}`
}

const DOMAINS = ['biz', 'com', 'info', 'name', 'net', 'org']

/** A country by its English name. */
export function country(random: Random): string {
  return random.pick(COUNTRIES)
}

/** A country by its two letters (ISO 3166-1). */
export function countryCode(random: Random): string {
  return random.pick(COUNTRY_CODES)
}

/** A day of the week by its English name. */
export function weekday(random: Random): string {
  return random.pick(WEEKDAYS)
}

const WEEKDAYS = ['Friday', 'Monday', 'Saturday', 'Sunday', 'Thursday', 'Tuesday', 'Wednesday']

function sexType(random: Random): Sex {
  return random.pick(['female', 'male'])
}

/** The names of one sex, or those of both: the longer the list, the more often, and its own three times. */
function either(random: Random, own: readonly string[], both: readonly string[]): readonly string[] {
  const weight = 3 * Math.sqrt(own.length)
  return random.float(0, weight + Math.sqrt(both.length)) < weight ? own : both
}
