import { pageOf } from './questions.mjs'

/** The longest page. */
const PAGE = 100
/** How many cursors are kept around a depth. */
const AROUND = 200
/** How many of the newest and of the oldest runs are looked at for values to filter by. */
const LOOKED_AT = 2000

/**
 * What a walk through all of an environment's runs finds: how many there are, cursors at each depth (a share of them,
 * or of page 40,000), and the runs of the first pages.
 */
export async function walk(url, question, total) {
  const deepest = Math.floor(total / 25) * 25
  const places = {
    '1 %': Math.floor(total * 0.01),
    '50 %': Math.floor(total * 0.5),
    '99 %': Math.floor(total * 0.99),
    ...(total >= 1_000_000 && { 'page 40,000': Math.min(deepest, 1_000_000) - 26 }),
  }
  const cursors = Object.fromEntries(Object.keys(places).map((name) => [name, []]))
  const newest = []
  const oldest = []
  let at = 0
  let cursor
  do {
    const { data, pagination } = await pageOf(url, question, {
      'page[size]': PAGE,
      ...(cursor && { 'page[after]': cursor }),
    })
    for (const [index, run] of data.entries()) {
      const place = at + index
      for (const [name, middle] of Object.entries(places)) {
        // A page of 25 follows each of them.
        if (Math.abs(place - middle) <= AROUND && place <= total - 26) cursors[name].push(run.id)
      }
    }
    if (at < LOOKED_AT) newest.push(...data)
    if (at >= total - LOOKED_AT) oldest.push(...data)
    at += data.length
    cursor = pagination.next
  } while (cursor)
  // The last full page of 25 begins after one run alone, and the pages before it lie as deep.
  return { count: at, cursors, newest, oldest }
}
