import { FIRST_PAGE } from '../parts/growth.mjs'
import { figure } from './words.mjs'

const WIDTH = 880
const HEIGHT = 440
const PLOT = { left: 70, right: 560, top: 50, bottom: 380 }
/** Told apart with any sight, and on black as on white (Okabe and Ito's, the yellow left out). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#a05195']

/** CPU for a page over the number of runs, both logarithmic, as SVG. */
export function chart({ sizes }) {
  const lines = linesOf(sizes)
  const values = lines.flatMap(({ points }) => points.map(([, cpu]) => cpu))
  const x = scale(sizes[0].runs, sizes.at(-1).runs, PLOT.left, PLOT.right)
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)))
  const y = scale(low, Math.max(high, low * 10), PLOT.bottom, PLOT.top)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">
<title>Server CPU for a page of 25, as an environment grows</title>
<style>
  svg { background: #fff; color: #222 }
  text { fill: currentColor }
  .grid { stroke: currentColor; stroke-opacity: 0.18 }
  @media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3 } }
</style>
<text x="${PLOT.left}" y="26" font-size="15" font-weight="600">Server CPU for a page of 25, as an environment grows</text>
${decades(low, Math.max(high, low * 10))
  .map((value) => horizontal(value, y(value)))
  .join('\n')}
${sizes.map(({ runs }) => vertical(runs, x(runs))).join('\n')}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">runs in the environment</text>
<text transform="translate(18 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">µs</text>
${lines.map((line, index) => drawn(line, COLOURS[index % COLOURS.length], x, y)).join('\n')}
${legend(lines, y)}
</svg>
`
}

/** The kinds that are there at the largest size; the slowest combination of each size is one line. */
function linesOf(sizes) {
  const names = sizes
    .at(-1)
    .kinds.filter(({ isSlowest }) => !isSlowest)
    .map(({ name }) => name)
  const pointsOf = (pick) =>
    sizes.flatMap(({ runs, kinds }) => {
      const cpu = kinds.find(pick)?.cpu
      return cpu === undefined ? [] : [[runs, cpu]]
    })
  return [
    ...names.map((title) => ({
      title,
      points: pointsOf(({ name }) => name === title),
      isBold: title === FIRST_PAGE,
    })),
    { title: 'slowest combination found', points: pointsOf(({ isSlowest }) => isSlowest), isDashed: true },
  ].filter(({ points }) => points.length > 0)
}

function scale(from, to, start, end) {
  const span = Math.log(to) - Math.log(from) || 1
  return (value) => start + ((Math.log(value) - Math.log(from)) / span) * (end - start)
}

/** Powers of ten, with twos and fives between when there are few. */
function decades(low, high) {
  const steps = high / low > 100 ? [1] : [1, 2, 5]
  const values = []
  for (let decade = low; decade <= high; decade *= 10) values.push(...steps.map((step) => decade * step))
  return values.filter((value) => value <= high)
}

function horizontal(value, at) {
  return `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}"/>
<text x="${PLOT.left - 8}" y="${(at + 4).toFixed(1)}" text-anchor="end">${figure(value)}</text>`
}

function vertical(value, at) {
  return `<line class="grid" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>
<text x="${at.toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${value.toLocaleString('en-US')}</text>`
}

function drawn({ points, isBold, isDashed }, colour, x, y) {
  const places = points.map(([runs, cpu]) => `${x(runs).toFixed(1)},${y(cpu).toFixed(1)}`)
  const dots = places.map((place) => {
    const [cx, cy] = place.split(',')
    return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`
  })
  const dash = isDashed ? ' stroke-dasharray="6 4"' : ''
  return `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="${isBold ? 3 : 1.8}"${dash}/>${dots.join('')}`
}

/** Names beside the lines' ends, in their order there, without overlapping. */
function legend(lines, y) {
  const GAP = 18
  const ends = lines
    .map(({ title, points }, index) => ({
      title,
      colour: COLOURS[index % COLOURS.length],
      at: y(points.at(-1)[1]),
      cpu: points.at(-1)[1],
    }))
    .sort((a, b) => a.at - b.at)
  // From the top, each as near to its line as the one above lets it; what would run out below is pushed back up.
  for (const [index, end] of ends.entries())
    if (index > 0) end.label = Math.max(end.at, ends[index - 1].label + GAP)
    else end.label = end.at
  const over = (ends.at(-1)?.label ?? 0) - (PLOT.bottom + 10)
  return ends
    .map(({ title, colour, at, cpu, label }) => {
      const place = label - Math.max(0, over)
      return `<line x1="${PLOT.right + 4}" y1="${at.toFixed(1)}" x2="${PLOT.right + 22}" y2="${place.toFixed(1)}" stroke="${colour}"/>
<text x="${PLOT.right + 27}" y="${(place + 4).toFixed(1)}" font-size="12">${escaped(title)}: ${figure(cpu)} µs</text>`
    })
    .join('\n')
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
