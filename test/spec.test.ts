import { readdirSync } from 'node:fs'
import t from 'tap'
import type { Json, JsonObject } from '../src/core/json.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { effectiveDocuments, vendorDocument } from '../src/spec/document.ts'
import { applyOverlay, type OverlayAction } from '../src/spec/overlay.ts'

const overlay = (...actions: Omit<OverlayAction, 'description'>[]) => ({
  overlay: '1.0.0',
  info: { title: 'a test', version: '1' },
  actions: actions.map((action) => ({ description: 'because', ...action })),
})

t.test('an overlay changes what it targets, in order, and leaves the document alone', async (t) => {
  const document: JsonObject = {
    a: { b: { c: 1 } },
    list: [1, 2],
    paths: { '/x': { get: { id: 'x' } }, '/y': { get: {} } },
  }
  const cases: readonly [
    name: string,
    action: Omit<OverlayAction, 'description'>,
    at: string,
    becomes: Json | undefined,
  ][] = [
    ['an object is merged into', { target: '$.a', update: { b: { d: 2 } } }, 'a', { b: { c: 1, d: 2 } }],
    ['a value is replaced', { target: '$.a.b', update: { c: 3 } }, 'a', { b: { c: 3 } }],
    ['a list gets an entry', { target: '$.list', update: 3 }, 'list', [1, 2, 3]],
    ['an entry that is a list stays one', { target: '$.list', update: [3] }, 'list', [1, 2, [3]]],
    ['a member goes', { target: '$.a.b', remove: true }, 'a', {}],
    ['an entry goes', { target: '$.list[0]', remove: true }, 'list', [2]],
    [
      'every match changes',
      { target: '$.paths[*].get', update: { z: 1 } },
      'paths',
      { '/x': { get: { id: 'x', z: 1 } }, '/y': { get: { z: 1 } } },
    ],
    [
      'a name with a slash is found',
      { target: "$.paths['/x']", update: { post: {} } },
      'paths',
      { '/x': { get: { id: 'x' }, post: {} }, '/y': { get: {} } },
    ],
  ]
  const before = JSON.stringify(document)
  for (const [name, action, at, becomes] of cases) {
    t.same(applyOverlay(document, overlay(action))[at], becomes, name)
  }
  t.equal(JSON.stringify(document), before, 'the document that was given is as it was')
  t.throws(
    () => applyOverlay(document, overlay({ target: '$.nope', update: {} })),
    /\$\.nope selects nothing/,
  )
  t.throws(
    () => applyOverlay(document, overlay({ target: '$.a.b.c', update: {} })),
    /neither an object nor an array/,
  )
})

t.test('what Runyard adds takes nothing away from a vendor document', async (t) => {
  const names = readdirSync(FOLDERS.providers)
  t.equal(names.length, 4)
  for (const name of names) {
    const vendor = vendorDocument(FOLDERS.specs, name)
    const effective = effectiveDocuments(FOLDERS.specs, name).spec
    const lost: string[] = []
    const compare = (before: unknown, after: unknown, path: string): void => {
      if (Array.isArray(before)) {
        for (const [i, value] of before.entries()) compare(value, Object(after)[i], `${path}[${i}]`)
      } else if (typeof before === 'object' && before !== null) {
        for (const [member, value] of Object.entries(before))
          compare(value, Object(after)[member], `${path}.${member}`)
      } else if (before !== after) lost.push(path)
    }
    compare(vendor, effective, name)
    t.same(lost, [], `${name}: every value of the vendor's document is still there`)
  }
})

t.test('the document judges values as they were read, and coerces none', async (t) => {
  const api = await Api.of({
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    paths: {
      '/n/{n}': {
        get: {
          operationId: 'n',
          parameters: [
            { name: 'n', in: 'path', required: true, schema: { type: 'integer' } },
            { name: 'i', in: 'query', schema: { type: 'integer', maximum: 9 } },
            { name: 'b', in: 'query', schema: { type: 'boolean' } },
            { name: 'd', in: 'query', schema: { type: 'string', format: 'date-time' } },
          ],
          responses: {
            '200': {
              description: 'ok',
              content: { 'application/json': { schema: { type: 'integer', format: 'int32' } } },
            },
          },
        },
      },
    },
  })
  const match = api.match('GET', '/n/5')
  if (match.found !== 'operation') throw new Error('not routed')
  const cases: readonly [path: string, query: Record<string, unknown>, rules: string[]][] = [
    ['/n/5', { i: 5, b: true, d: '2026-06-01T12:00:00Z' }, []],
    ['/n/5', { i: '5' }, ['i type']],
    ['/n/5', { i: Number.POSITIVE_INFINITY }, ['i type']],
    ['/n/5', { i: 10, b: 'true', d: 'noon' }, ['b type', 'd format', 'i maximum']],
    ['/n/x', {}, ['n type']],
  ]
  for (const [path, query, rules] of cases) {
    const found = api
      .problems(match.operation, path, query)
      .map((problem) => `${problem.path.join('.')} ${problem.rule}`)
    t.same(found.sort(), rules, `${path} ${JSON.stringify(query)}`)
  }
  t.same(api.breaches(match.operation, 200, 5), [])
  t.same(api.breaches(match.operation, 200, 3e9).length, 1, 'int32 is held to')
  t.same(api.breaches(match.operation, 418, {}), ['status 418 is not documented'])
})
