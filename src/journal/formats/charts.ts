import { xmlAttribute, xmlText } from '../../core/xml.ts'

/** One bar of a chart: `part` of `whole`. Text stays text, outside the drawing, so that it wraps and can be read aloud. */
export interface Bar {
  readonly label: string
  readonly figure: string
  readonly part: number
  readonly whole: number
  /** A class of the style sheet, beside `fill`. */
  readonly tone?: string
}

/** Bars below each other. */
export function bars(all: readonly Bar[]): string {
  return all.map(bar).join('')
}

function bar({ label, figure, part, whole, tone = '' }: Bar): string {
  const width = whole === 0 ? 0 : (part / whole) * 100
  const fill = `fill ${tone}`.trim()
  return `<div class="row"><div class="label"><span>${xmlText(label)}</span><span>${xmlText(figure)}</span></div>${svg(
    `${label}: ${figure}`,
    `<rect class="track" width="100" height="10"/><rect class="${fill}" width="${rounded(width)}" height="10"/>`,
  )}</div>`
}

/** A part of a stacked bar. */
export interface Slice {
  readonly label: string
  readonly count: number
  /** A class of the style sheet. */
  readonly tone: string
}

/** One bar of several parts, with its legend. */
export function stack(label: string, slices: readonly Slice[]): string {
  const sum = slices.reduce((total, { count }) => total + count, 0)
  let x = 0
  const rects = slices.map(({ count, tone }) => {
    const width = sum === 0 ? 0 : (count / sum) * 100
    // A gap beside each, so that neighbours of one colour can be told apart.
    const rect = `<rect class="${tone}" x="${rounded(x)}" width="${rounded(Math.max(width - 0.4, width / 2))}" height="10"/>`
    x += width
    return rect
  })
  const legend = slices.map(
    ({ label, count, tone }) =>
      `<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="${tone}" width="10" height="10"/></svg>${xmlText(label)}: ${count}</li>`,
  )
  const said = `${label}: ${slices.map(({ label, count }) => `${label} ${count}`).join(', ')}`
  return `${svg(said, rects.join(''), 'bar tall')}<ul class="legend">${legend.join('')}</ul>`
}

/** A drawing that is as wide as there is room. */
function svg(said: string, shapes: string, kind = 'bar'): string {
  return `<svg class="${kind}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=${xmlAttribute(said)}>${shapes}</svg>`
}

function rounded(width: number): string {
  return String(Number(width.toFixed(2)))
}
