import { MOST_GROWTH } from './bounds.mjs'
import { figure, kept, megabytes, table, times } from './words.mjs'

/** Whether memory stays where it was once it has settled. */
export function holdsMemory({ full }) {
  return full.endRss <= full.settledRss * (1 + MOST_GROWTH)
}

/** A thousand connections for a minute. */
export function loadSection(load) {
  const { full, delay, alone, besides, slow, open, overload } = load
  const shed = full.statuses['503'] ?? 0
  const rows = [
    ['requests a second', figure(full.rps), '', ''],
    ['errors', String(full.errors), '0', kept(full.errors === 0)],
    ['timeouts among them (30 s)', String(full.timeouts), '0', kept(full.timeouts === 0)],
    [
      'replies that are no 2xx',
      `${full.non2xx}${shed > 0 ? ` (${shed} of them 503)` : ''}`,
      '0',
      kept(full.non2xx === 0),
    ],
    ['p50, p99 ms', `${figure(full.p50)}, ${figure(full.p99)}`, '', ''],
    ['server CPU µs a reply', figure(full.cpu), '', ''],
    [
      'event loop delay p50, p99, most, ms',
      [delay.p50, delay.p99, delay.max].map(figure).join(', '),
      'stated',
      '',
    ],
    [`MB resident at ${figure(load.settledAt)} s`, megabytes(full.settledRss), '', ''],
    [
      'at the end',
      `${megabytes(full.endRss)} (most: ${megabytes(full.peakRss)})`,
      'no growth',
      kept(holdsMemory(load)),
    ],
    [
      'trend in between, MB a minute',
      load.trend === undefined ? '–' : figure((load.trend * 60) / 2 ** 20),
      '',
      '',
    ],
    [
      `p99 ms of 16 connections alone, and beside ${slow} slow readers and ${slow} half-open ones`,
      `${figure(alone.p99)}, ${figure(besides.p99)} (${times(besides.p99 / alone.p99)})`,
      'not starved',
      kept(besides.p99 <= alone.p99 * 2 && besides.errors + besides.non2xx === 0),
    ],
    ['still open at the end: slow readers, half-open', `${open.slow}, ${open.half}`, '', ''],
    [
      `${figure(overload.connections)} connections for ${overload.seconds} s: replies, 503 among them, errors`,
      `${figure(overload.responses)}, ${overload.statuses['503'] ?? 0}, ${overload.errors}`,
      '',
      '',
    ],
    ['p99 ms, MB resident after it', `${figure(overload.p99)}, ${megabytes(overload.rss)}`, '', ''],
    ['answers a request afterwards', String(load.statusAfter), '200', kept(load.statusAfter === 200)],
  ]
  return `${figure(load.connections)} connections that ask the five operations in turn for ${load.seconds} s, beside ${slow} connections that read a byte a second
of a page of 3,000 runs, and ${slow} that have sent half of a request's head. Memory that ends within ${MOST_GROWTH * 100} % of what it was once it had
settled counts as no growth, and a p99 within twice of what it is alone as not starved.

${table(['', 'measured', 'bound', 'met'], rows)}`
}
