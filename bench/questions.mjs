/** Of the sizes that pages are asked with, the smallest and how many there are; 25 lies in the middle. */
const SMALLEST = 20
const SIZES = 11
/** How many questions there are of an operation: a server is asked one again only after all others. */
export const QUESTIONS = 60_000
/** How many runs from the end a cursor may lie, so that every page is full. */
const END = 100

/** All cursors of an operation, by walking it; none for one that has no pages. `runs`: how many it has. */
export async function cursorsOf(id, url, question, runs) {
  if (id === 'c1-list') return tokens(url, question, runs)
  if (id === 'trigger') return ids(url, question, { size: 'page[size]', after: 'page[after]' }, runs)
  if (id === 'basedash') return ids(url, question, { size: 'limit', after: 'cursor' }, runs)
  return []
}

/** Questions of which no two are the same. */
export function distinctQuestions(id, { path, headers }, cursors) {
  const plain = path.split('?')[0]
  const asked = (n, parameters) => ({ path: `${plain}?${new URLSearchParams(parameters)}`, headers, n })
  return Array.from({ length: QUESTIONS }, (_, n) => {
    const at = n % cursors.length
    const cursor = cursors[at]
    const size = SMALLEST + ((at + Math.floor(n / cursors.length)) % SIZES)
    if (id === 'c1-list') return asked(n, { page_size: size, page_token: cursor })
    if (id === 'basedash') return asked(n, { limit: size, cursor })
    if (id === 'nx1') return asked(n, { limit: 10 + (n % 31), n })
    if (id === 'c1-latest') return asked(n, { n })
    return asked(n, {
      'page[size]': size,
      'page[after]': cursor,
      ...(n % 2 === 0 && { 'filter[status]': 'COMPLETED,FAILED' }),
      ...(n % 3 === 0 && { 'filter[createdAt][from]': '2026-01-01T00:00:00Z' }),
    })
  }).map(({ path, headers }) => ({ path, headers }))
}

/** A page, parsed. Throws when there is none. */
export async function pageOf(url, { path, headers }, parameters) {
  const response = await fetch(`${url}${path.split('?')[0]}?${new URLSearchParams(parameters)}`, { headers })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** Cursors that are a run's id. */
async function ids(url, question, { size, after }, runs) {
  const found = []
  let cursor
  do {
    const page = await pageOf(url, question, { [size]: 100, ...(cursor && { [after]: cursor }) })
    found.push(...page.data.map(({ id }) => id))
    cursor = page.pagination.next ?? page.pagination.nextCursor
  } while (cursor && found.length < runs - END)
  return found.slice(0, runs - END)
}

/** Opaque cursors: each ends a page, so pages of ten are walked from ten places that lie one run apart. */
async function tokens(url, question, runs) {
  const found = []
  for (let offset = 10; offset < 20; offset++) {
    let token
    for (let at = 0; at < runs - END - 10; at += found.at(-1).length) {
      const page = await pageOf(url, question, {
        page_size: token === undefined ? offset : 10,
        ...(token && { page_token: token }),
      })
      token = page.nextPageToken
      found.push({ token, length: page.list.length })
    }
  }
  return found.map(({ token }) => token)
}
