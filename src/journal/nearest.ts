/** Longer names than this are nobody's slip of the pen. */
const LONGEST = 64

/** The candidate that `text` looks like a misspelling of, or undefined when it looks like none of them. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  if (text.length > LONGEST) return undefined
  const bare = letters(text)
  const same = candidates.find((candidate) => bare !== '' && letters(candidate) === bare)
  if (same !== undefined) return same
  // `status` for `filter[status]`, `size` for `page[size]`
  const within = candidates.filter((candidate) => bare !== '' && letters(lastStep(candidate)) === bare)
  if (within.length === 1) return within[0]
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(text.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function lastStep(name: string): string {
  return name.split('[').at(-1) ?? name
}

/** How many letters have to be put in, taken out, replaced or swapped with their neighbour to make `b` of `a`. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY
      row[j] = Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
