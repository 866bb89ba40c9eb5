import { moments } from '../../src/core/moments.ts'
import type { ErrorCatalogue, ListOperation, Provider } from '../../src/core/provider.ts'
import { lastValues } from '../../src/core/query.ts'
import { HEX } from '../../src/core/random.ts'
import { json } from '../../src/core/reply.ts'

interface Params {
  readonly limit?: number
  readonly after?: string
}

const errors: ErrorCatalogue = {
  unauthorized: () => json(401, { toy: 'who?' }),
  forbidden: () => json(403, { toy: 'no' }),
  notFound: () => json(404, { toy: 'where?' }),
  methodNotAllowed: (_request, allow) => json(405, { toy: 'how?' }, { allow: allow.join(', ') }),
  invalid: (_request, problems) => json(400, { toy: problems.map((problem) => problem.path.join('.')) }),
  rateLimited: (_request, { retryAfterMs }) => json(429, { toy: retryAfterMs }),
  internal: () => json(500, { toy: 'oops' }),
  unavailable: () => json(503, { toy: 'later' }),
}

const listJobs: ListOperation<Params, null, string> = {
  kind: 'list',
  read({ search }) {
    const values = lastValues(search)
    const limit = values.get('limit')
    const after = values.get('after')
    return { ...(limit !== undefined && { limit: Number(limit) }), ...(after !== undefined && { after }) }
  },
  query: ({ limit = 5, after }) => ({
    scope: 'toys',
    limit,
    cursor: after === undefined ? undefined : { direction: 'older', id: after, unknown: 'empty page' },
  }),
  cursors: { after: 'older' },
  present: ({ items }) => json(200, { jobs: items.map((item) => item.body) }),
}

/** A fifth API, as small as one can be: a document, this folder and a section of a scenario. */
export const provider: Provider<null, string, { jobs?: number }> = {
  name: 'toy',
  title: 'Toy',
  hosts: ['api.toy.test'],
  owns: [],
  servesHead: false,
  security: { key: { authenticate: (request, keys) => keys.find(request.header('x-toy-key') ?? '') } },
  operations: { listJobs },
  errors,
  seeds: {
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: { jobs: { type: 'integer', minimum: 0 } },
    },
    build: ({ section, start, days, random }) => ({
      world: null,
      runs: moments(random, { start, days, past: section.jobs ?? 0, ahead: 0, ties: 0.3 }).map(
        (createdAt, i) => {
          const id = `job-${i}`
          return { scope: 'toys', createdAt, id, facets: {}, body: { id, state: 'new' }, plan: null }
        },
      ),
    }),
  },
  credentials: () => ({
    grants: new Map([['toy-key', 'all']]),
    labels: new Map([['toy-key', 'key']]),
    view: () => ({ key: 'toy-key' }),
    env: () => ({}),
  }),
  differences: [],
  byHand: {
    operationId: 'listJobs',
    items: ['jobs'],
    make(item, { now, random }) {
      const id = typeof item.id === 'string' ? item.id : `job-${random.text(HEX, 8)}`
      const body = { state: 'new', ...item, id }
      return { scope: 'toys', createdAt: now, id, facets: {}, body, plan: null }
    },
    show: ({ body }) => body,
  },
  next: (run) =>
    run.body.state === 'new'
      ? { at: run.createdAt + 1000, run: { ...run, body: { ...run.body, state: 'done' } } }
      : null,
}
