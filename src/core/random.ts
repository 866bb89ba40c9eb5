/** A stream of seeded chance (`seed/random.ts` is the only place that makes one). */
export interface Random {
  /** A whole number in [min, max]. */
  int(min: number, max: number): number
  /** A number in [min, max). */
  float(min: number, max: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** One of the items. */
  pick<T>(items: readonly T[]): T
  /** The items in another order. */
  shuffle<T>(items: readonly T[]): T[]
  /** One of the keys, each as likely as its weight; weights do not change. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
  /** `length` characters of `alphabet`, each one unit of UTF-16. */
  text(alphabet: string, length: number): string
  /** An independent stream, the same for the same label: adding a draw in one does not move the others. */
  fork(label: string): Random
}

export const LOWER_ALNUM = '0123456789abcdefghijklmnopqrstuvwxyz'
export const ALNUM = `${LOWER_ALNUM}ABCDEFGHIJKLMNOPQRSTUVWXYZ`
export const HEX = '0123456789abcdef'
