/** A Markdown table; the first column is text, the others are figures. */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell ?? '–').join(' | ')} |`
  return [
    line(heads),
    `|${heads.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`,
    ...rows.map(line),
  ].join('\n')
}

/** A figure with three significant digits and thousands apart; `–` for none. */
export function figure(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–'
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(digits, 2), useGrouping: true })
}

/** A ratio with two decimals, ten and more with none. */
export function times(value) {
  if (value === undefined || !Number.isFinite(value)) return '–'
  return `${value < 10 ? value.toFixed(2) : figure(value)}×`
}

export function megabytes(bytes) {
  return figure(bytes / 2 ** 20)
}

/** Whether a bound holds, in a word. */
export function kept(isKept) {
  return isKept === undefined ? '–' : isKept ? 'yes' : '**no**'
}
