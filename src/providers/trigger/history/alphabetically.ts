let collator: Intl.Collator | undefined

/**
 * Compares two tags as `localeCompare` does, by a fixed locale, where the service takes its server's (fidelity/trigger.md §6:
 * tags come sorted). What tells most tags apart is a letter or a digit, and then it is seen without a collator, whose first one
 * takes as long to load as a hundred runs to make.
 */
export function alphabetically(a: string, b: string): number {
  let i = 0
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (isPlain(a, i) && isPlain(b, i)) return a.charCodeAt(i) - b.charCodeAt(i)
  collator ??= new Intl.Collator('en')
  return collator.compare(a, b)
}

/** Whether a small letter or a digit is there, and nothing behind it that could make another one of it. */
function isPlain(text: string, place: number): boolean {
  const code = text.charCodeAt(place)
  const isOne = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)
  return isOne && !(text.charCodeAt(place + 1) > 0x7e)
}
