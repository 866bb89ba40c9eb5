import { createHash } from 'node:crypto'
import type { Faker } from '@faker-js/faker'
import { faker as english } from '@faker-js/faker/locale/en'
import type { Random } from '../core/random.ts'

// The package's main entry loads 70 locales (229 ms; this one alone 39 ms) and is the only one to export the class.
const SeededFaker = english.constructor as typeof Faker

/** The one door to chance: a stream that is the same for the same seed and label, on every machine. */
export function seededRandom(seed: number, label: string): Random {
  const faker = new SeededFaker({ locale: english.rawDefinitions })
  faker.seed(numbers(`${seed}/${label}`))
  return {
    faker,
    int: (min, max) => faker.number.int({ min, max }),
    float: (min, max) => faker.number.float({ min, max }),
    chance: (p) => faker.number.float() < p,
    pick: (items) => faker.helpers.arrayElement(items),
    weighted: (weights) => pickWeighted(weights, faker.number.float()),
    text: (alphabet, length) => faker.string.fromCharacters(alphabet, length),
    fork: (inner) => seededRandom(seed, `${label}/${inner}`),
  }
}

function numbers(text: string): number[] {
  const digest = createHash('sha256').update(text).digest()
  return [0, 4, 8, 12].map((offset) => digest.readUInt32BE(offset))
}

function pickWeighted<K extends string>(weights: Readonly<Record<K, number>>, at: number): K {
  const keys = Object.keys(weights) as K[]
  let rest = at * keys.reduce((sum, key) => sum + weights[key], 0)
  for (const key of keys) {
    rest -= weights[key]
    if (rest < 0) return key
  }
  const last = keys.at(-1)
  if (last === undefined) throw new Error('nothing to pick from')
  return last
}
