import fc from 'fast-check'
import t from 'tap'
import { firstValues, lastValues, pairs, repeatedNames } from '../src/core/query.ts'

/** What queries are made of, sound and broken. */
const piece = fc.oneof(
  fc.constantFrom('&', '&&', '=', '+', '?', 'a', 'page[size]', 'page%5Bsize%5D', 'é', 'ÿ'),
  fc.constantFrom('%', '%2', '%zz', '%20', '%25', '%26', '%2B', '%3D', '%C3%A9', '%FF', '%E2%82', '%00'),
  fc.string({ unit: 'binary-ascii', maxLength: 5 }),
)
const query = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

t.test('a query is read as URLSearchParams reads it', async (t) => {
  let escapes = 0
  fc.assert(
    fc.property(query, (search) => {
      if (search.includes('%')) escapes++
      // It takes one `?` in front for a query's own: the `&` keeps it a name's.
      const expected = [...new URLSearchParams(`&${search}`)]
      return JSON.stringify(pairs(search)) === JSON.stringify(expected)
    }),
    { numRuns: 5000, seed: 1 },
  )
  t.ok(escapes > 1000)
})

t.test('names that come twice', async (t) => {
  const search = 'a=1&b=2&a=3&%61=4&c'
  t.same(
    [...lastValues(search)],
    [
      ['a', '4'],
      ['b', '2'],
      ['c', ''],
    ],
  )
  t.same(
    [...firstValues(search)],
    [
      ['a', '1'],
      ['b', '2'],
      ['c', ''],
    ],
  )
  t.same(repeatedNames(search), ['a'])
})
