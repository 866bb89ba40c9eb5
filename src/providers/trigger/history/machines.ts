/** Dollars per second of each machine. In evidence is medium-2x alone, the others are remembered (fidelity/trigger.md §6). */
const DOLLARS_PER_SECOND = {
  micro: 0.0000169,
  'small-1x': 0.0000338,
  'small-2x': 0.0000675,
  'medium-1x': 0.000085,
  'medium-2x': 0.00017,
  'large-1x': 0.00034,
  'large-2x': 0.00068,
} as const

export type Machine = keyof typeof DOLLARS_PER_SECOND

/** What a run costs to start, in cents, as the vendor's document has it. */
export const CENTS_PER_RUN = 0.0025

/** What a millisecond on the machine costs, in cents. */
export function centsPerMs(machine: Machine): number {
  return DOLLARS_PER_SECOND[machine] / 10
}
