let collator: Intl.Collator | undefined

/**
 * Compares two tags as `localeCompare` does, by a fixed locale, where the service takes its server's (fidelity/trigger.md §6:
 * tags come sorted). What tells most tags apart is a letter or a digit, and then it is seen without a collator, whose first one
 * takes as long to load as a hundred runs to make.
 */
export function alphabetically(a: string, b: string): number {
  if (PLAIN.test(a) && PLAIN.test(b)) {
    let i = 0
    while (i < a.length && a[i] === b[i]) i++
    if (i === a.length || i === b.length) return a.length - b.length
    const [x = '', y = ''] = [a[i], b[i]]
    if (ALNUM.test(x) && ALNUM.test(y)) return x < y ? -1 : 1
  }
  collator ??= new Intl.Collator('en')
  return collator.compare(a, b)
}

/** Characters of which none is passed over, and none is another one's accent. */
const PLAIN = /^[ -~]*$/
const ALNUM = /^[a-z0-9]$/
