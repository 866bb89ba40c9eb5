import type { Random } from '../../core/random.ts'

/** A whole number with a comma at every thousand. */
export function thousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A change in per cent, with its sign. */
export function growth(random: Random): string {
  return `${random.pick(['+', '−'])}${decimal(random, 4, 240)} %`
}

/** A number with one decimal, between tenths `from` and `to`. */
export function decimal(random: Random, from: number, to: number): string {
  const tenths = random.int(from, to)
  return `${Math.floor(tenths / 10)}.${tenths % 10}`
}
