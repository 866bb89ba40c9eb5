import { iso } from '../../core/clock.ts'

/**
 * `ms` as protojson writes a timestamp: UTC with `Z`, the fraction trimmed by threes to 0, 3, 6 or 9 digits
 * (fidelity/conductorone.md §3).
 *
 * The digits below the millisecond follow from `ms` alone, so equal instants read equal and the text never orders two
 * runs otherwise than their keys do. Most instants get the microseconds of the vendor's samples; whole seconds, whole
 * centiseconds and those that end in 7 get the other lengths, so that a client meets all four.
 */
export function timestamp(ms: number): string {
  const text = iso(ms)
  if (ms % 1000 === 0) return text.replace('.000Z', 'Z')
  if (ms % 10 === 0) return text
  const digits = threeDigits(ms, 48_271) + (ms % 10 === 7 ? threeDigits(ms, 69_621) : '')
  return text.replace('Z', `${digits}Z`)
}

/** 001 to 999: three zeros would have to be trimmed. */
function threeDigits(ms: number, factor: number): string {
  return String((Math.abs((ms % 1_000_003) * factor) % 999) + 1).padStart(3, '0')
}
