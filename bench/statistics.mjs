/** The value in the middle; undefined for no values. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]
  return sorted.length === 0 ? undefined : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value that the share `q` (0 to 1) of the sorted values does not exceed; undefined for no values. */
export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]
}

/** Each member's median over objects that have the same numeric members. */
export function medians(rounds) {
  const [first = {}] = rounds
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, median(rounds.map((round) => round[name]))]),
  )
}
