import type { JsonObject } from '../core/json.ts'
import { MemberError, type Provider } from '../core/provider.ts'
import type { Random } from '../core/random.ts'
import { ApiError, json, problem } from '../core/reply.ts'
import { type Place, type Run, settle } from '../core/run.ts'
import type { Sandbox } from '../core/sandbox.ts'
import { seal, unseal } from '../core/seal.ts'
import type { Served } from '../http/address.ts'
import { Items } from '../spec/items.ts'
import { type Call, NOTHING, type SandboxOperations, unprocessable, type Wrong } from './call.ts'

/** Reading, inserting and clearing one provider's runs. */
export function runOperations(
  served: readonly Served[],
): SandboxOperations<'listRuns' | 'insertRuns' | 'clearRuns'> {
  const made = new Map<string, Items>()
  /** Made when somebody first puts a run in. */
  const itemsOf = ({ provider: { name, byHand }, apis }: Served, { fidelity }: Sandbox): Items => {
    const key = `${name} ${fidelity}`
    const items = made.get(key) ?? new Items(apis[fidelity], byHand.operationId, byHand.items)
    made.set(key, items)
    return items
  }

  return {
    listRuns: async (sandbox, call) => {
      const { provider } = named(served, call)
      const { limit, cursor } = call.query
      const page = await sandbox.runs(provider.name).all(placeOf(cursor, sandbox), limit)
      const last = page.items.at(-1)
      return json(200, {
        runs: page.items.map((run) => shown(run, provider, sandbox)),
        next: page.hasMore && last !== undefined ? cursorOf(last, sandbox) : null,
      })
    },

    insertRuns: async (sandbox, call) => {
      const subject = named(served, call)
      const { provider } = subject
      const items = Array.isArray(call.body) ? (call.body as JsonObject[]) : [call.body as JsonObject]
      const pointer = (i: number, path: readonly string[]): string =>
        [...(Array.isArray(call.body) ? [String(i)] : []), ...path].map((step) => `/${step}`).join('')
      const { runs, taken } = await sandbox.runs(provider.name).add((before) => {
        const randomFor = (i: number): Random => sandbox.random(`${provider.name}/by hand/${before + i}`)
        return make(items, randomFor, subject, itemsOf(subject, sandbox), sandbox, pointer)
      })
      if (taken.length > 0) {
        const isTaken = new Set(taken)
        throw unprocessable(
          runs.flatMap(({ id }, i) =>
            isTaken.has(id) ? [{ pointer: pointer(i, ['id']), detail: `there is a run ${id} already` }] : [],
          ),
        )
      }
      const now = sandbox.clock.now()
      return json(201, {
        runs: runs.map((run) => shown(settle(run, now, provider.next).run, provider, sandbox)),
      })
    },

    clearRuns: async (sandbox, call) => {
      await sandbox.runs(named(served, call).provider.name).clear()
      return NOTHING
    },
  }
}

/** The runs that the items ask for, each with a stream of its own. Throws an ApiError with everything that is wrong with them. */
function make(
  given: readonly JsonObject[],
  randomFor: (i: number) => Random,
  { provider: { name, byHand } }: Served,
  items: Items,
  sandbox: Sandbox,
  pointer: (i: number, path: readonly string[]) => string,
): Run[] {
  const wrongs: Wrong[] = []
  const runs: Run[] = []
  const { fidelity, clock } = sandbox
  const world = sandbox.world(name)
  const now = clock.now()
  for (const [i, item] of given.entries()) {
    const problems = items.partial(item)
    try {
      if (problems.length === 0) {
        const run = byHand.make(item, { world, fidelity, now, random: randomFor(i) })
        problems.push(...items.whole(byHand.show(run, fidelity, world)))
        runs.push(run)
      }
    } catch (error) {
      if (!(error instanceof MemberError)) throw error
      problems.push({ path: error.path, message: error.message })
    }
    for (const { path, message } of problems) wrongs.push({ pointer: pointer(i, path), detail: message })
  }
  const ids = new Set<string>()
  for (const [i, { id }] of runs.entries()) {
    if (ids.has(id))
      wrongs.push({ pointer: pointer(i, ['id']), detail: `is the id of another run here, ${id}` })
    ids.add(id)
  }
  if (wrongs.length > 0) throw unprocessable(wrongs)
  return runs
}

function shown(run: Run, { name, byHand }: Provider, sandbox: Sandbox): JsonObject {
  return byHand.show(run, sandbox.fidelity, sandbox.world(name))
}

function named(served: readonly Served[], { request }: Pick<Call, 'request'>): Served {
  const name = request.params.provider
  const subject = served.find(({ provider }) => provider.name === name)
  if (subject !== undefined) return subject
  const names = served.map(({ provider }) => provider.name).join(', ')
  throw new ApiError(problem(404, 'No such provider', `There is no provider '${name}'. There are: ${names}.`))
}

function cursorOf({ scope, createdAt, id }: Run, { secrets }: Sandbox): string {
  return seal(JSON.stringify([scope, createdAt, id]), secrets.bytes('runyard/runs'))
}

function placeOf(cursor: string | undefined, { secrets }: Sandbox): Place | undefined {
  if (cursor === undefined) return undefined
  const place = unseal(cursor, secrets.bytes('runyard/runs'))
  if (place === undefined) {
    throw unprocessable([{ pointer: 'cursor', detail: 'is not the `next` of a page of these runs' }])
  }
  const [scope, createdAt, id] = JSON.parse(place) as [string, number, string]
  return { scope, createdAt, id }
}
