import t from 'tap'
import { wallNow } from '../src/core/clock.ts'
import type { Random } from '../src/core/random.ts'
import { seededRandom } from '../src/seed/random.ts'
import { FOLDERS } from '../src/server/folders.ts'
import { Api } from '../src/spec/api.ts'
import { vendorDocument } from '../src/spec/document.ts'
import { type SandboxView, serve, type Yard } from './serve.ts'

const WORKERS = 8
const SECONDS = 20
/** Sandboxes that all workers create, change and delete, whatever the others do. */
const SHARED = ['shared-0', 'shared-1', 'shared-2']

/** What one worker knows of a sandbox of its own. */
interface Own {
  readonly view: SandboxView
  /** The ids of the runs that it has put in, in the order it did. */
  inserted: string[]
  exchanges: number
}

class Worker {
  readonly #yard: Yard
  readonly #random: Random
  readonly #name: string
  readonly own = new Map<string, Own>()
  readonly calls = new Map<string, number>()
  readonly wrong: string[] = []
  #made = 0

  constructor(yard: Yard, number: number) {
    this.#yard = yard
    this.#name = `worker-${number}`
    this.#random = seededRandom(number, 'load')
  }

  async run(until: number): Promise<void> {
    while (wallNow() < until) await this.#step()
  }

  #step(): Promise<void> {
    const mine = [...this.own.values()]
    if (mine.length === 0) return this.#create()
    const own = this.#random.pick(mine)
    const steps = {
      create: () => (mine.length < 4 ? this.#create() : this.#delete(own)),
      delete: () => this.#delete(own),
      reset: () => this.#reset(own),
      insert: () => this.#insert(own),
      read: () => this.#read(own),
      look: () => this.#look(own),
      shared: () => this.#shared(this.#random.pick(SHARED)),
      refused: () => this.#refused(),
    }
    const weights = { create: 2, delete: 1, reset: 1, insert: 4, read: 6, look: 3, shared: 6, refused: 1 }
    return steps[this.#random.weighted(weights)]()
  }

  async #call<Body>(operation: string, method: string, path: string, allowed: number[], body?: unknown) {
    const got = await this.#yard.control<Body>(method, path, body)
    this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1)
    if (!allowed.includes(got.status))
      this.wrong.push(`${method} ${path}: ${got.status} ${got.text.slice(0, 200)}`)
    return got
  }

  #expect(is: boolean, what: string): void {
    if (!is) this.wrong.push(what)
  }

  async #create(): Promise<void> {
    const id = `${this.#name}-${this.#made++}`
    const got = await this.#call<SandboxView>('createSandbox', 'POST', '/sandboxes', [201], { id })
    this.own.set(id, { view: got.json, inserted: [], exchanges: 0 })
  }

  async #delete({ view }: Own): Promise<void> {
    this.own.delete(view.id)
    await this.#call('deleteSandbox', 'DELETE', `/sandboxes/${view.id}`, [204])
    await this.#call('getSandbox', 'GET', `/sandboxes/${view.id}`, [404])
  }

  async #reset(own: Own): Promise<void> {
    own.inserted = []
    own.exchanges = 0
    const got = await this.#call<SandboxView>(
      'resetSandbox',
      'POST',
      `/sandboxes/${own.view.id}/reset`,
      [200],
    )
    this.#expect(
      JSON.stringify(got.json) === JSON.stringify(own.view),
      `${own.view.id} is not as it was made`,
    )
  }

  async #insert(own: Own): Promise<void> {
    const path = `/sandboxes/${own.view.id}/runs/trigger`
    const asked = Array.from({ length: this.#random.int(1, 5) }, () => ({ taskIdentifier: 'load' }))
    const got = await this.#call<{ runs: { id: string }[] }>('insertRuns', 'POST', path, [201], asked)
    own.inserted.push(...got.json.runs.map(({ id }) => id))
    if (this.#random.chance(0.1)) {
      await this.#call('clearRuns', 'DELETE', path, [204])
      own.inserted = []
    }
  }

  async #read(own: Own): Promise<void> {
    const { id, credentials } = own.view
    const headers = { authorization: `Bearer ${credentials.trigger.prod.secretKey}` }
    const path = '/api/v1/runs?page[size]=100&filter[taskIdentifier]=load'
    const found: string[] = []
    let cursor: string | undefined = ''
    while (cursor !== undefined) {
      const rest: string = cursor && `&page[after]=${cursor}`
      const got = await this.#yard.get<{ data: { id: string }[]; pagination: { next?: string } }>(
        path + rest,
        headers,
      )
      own.exchanges++
      this.#expect(got.status === 200, `${id}: ${got.status} ${got.text}`)
      found.push(...got.json.data.map((run) => run.id))
      cursor = got.json.pagination.next
    }
    this.#expect(
      found.sort().join() === [...own.inserted].sort().join(),
      `${id} has ${found} for ${own.inserted}`,
    )
  }

  async #look(own: Own): Promise<void> {
    const path = `/sandboxes/${own.view.id}`
    await this.#call('getSandbox', 'GET', path, [200])
    await this.#call('getClock', 'GET', `${path}/clock`, [200])
    await this.#call('listRuns', 'GET', `${path}/runs/nx1?limit=1000`, [200])
    const { json } = await this.#call<{ recorded: number }>(
      'getJournal',
      'GET',
      `${path}/journal?limit=1`,
      [200],
    )
    this.#expect(
      json.recorded === own.exchanges,
      `${own.view.id}: ${json.recorded} of ${own.exchanges} exchanges`,
    )
    await this.#call('getReport', 'GET', `${path}/report`, [200])
    const { json: fault } = await this.#call<{ id: string }>('addFault', 'POST', `${path}/faults`, [201], {
      delay: 1,
      count: 1,
    })
    await this.#call('getFault', 'GET', `${path}/faults/${fault.id}`, [200])
    await this.#call('removeFault', 'DELETE', `${path}/faults/${fault.id}`, [204])
  }

  /** Anything to a sandbox that may come and go at any moment. */
  async #shared(id: string): Promise<void> {
    const path = `/sandboxes/${id}`
    const or404 = (status: number): number[] => [status, 404]
    const steps: readonly (() => Promise<unknown>)[] = [
      () =>
        this.#call('createSandbox', 'POST', '/sandboxes', [201, 409], {
          id,
          fidelity: this.#random.pick(['spec', 'live']),
        }),
      () => this.#call('deleteSandbox', 'DELETE', path, or404(204)),
      () => this.#call('resetSandbox', 'POST', `${path}/reset`, or404(200)),
      () =>
        this.#call('setClock', 'PATCH', `${path}/clock`, or404(200), {
          advance: this.#random.int(0, 3_600_000),
        }),
      () => this.#call('setClock', 'PATCH', `${path}/clock`, or404(200), { now: '2026-05-30T00:00:00Z' }),
      () => this.#call('addFault', 'POST', `${path}/faults`, or404(201), { status: 429, probability: 0.5 }),
      () => this.#call('listFaults', 'GET', `${path}/faults`, or404(200)),
      () => this.#call('clearFaults', 'DELETE', `${path}/faults`, or404(204)),
      () => this.#call('clearJournal', 'DELETE', `${path}/journal`, or404(204)),
      () => this.#call('insertRuns', 'POST', `${path}/runs/basedash`, or404(201), [{}, {}]),
      () => this.#call('clearRuns', 'DELETE', `${path}/runs/conductorone`, or404(204)),
      () => this.#readShared(path),
    ]
    await this.#random.pick(steps)()
  }

  async #readShared(path: string): Promise<void> {
    const { status, json } = await this.#call<SandboxView>('getSandbox', 'GET', path, [200, 404])
    if (status !== 200) return
    const { conductorone, trigger, nx1, basedash } = json.credentials
    const automation = `${basedash.organizationId}/automations/${basedash.automations[0]?.id}`
    const reads: readonly [path: string, name: string, value: string][] = [
      ['/api/v1/role-mining/runs/latest', 'authorization', `Bearer ${conductorone.admin.bearer}`],
      ['/api/v1/runs?filter[status]=FAILED', 'authorization', `Bearer ${trigger.dev.secretKey}`],
      ['/api/crew-runs', 'authorization-psk', nx1.psk.bob],
      [`/api/public/organizations/${automation}/runs`, 'authorization', `Bearer ${basedash.admin.apiKey}`],
    ]
    // All at once, while the sandbox may be on its way out.
    const replies = await Promise.all(reads.map(([at, name, value]) => this.#yard.get(at, { [name]: value })))
    for (const [i, reply] of replies.entries()) {
      const isRight = [200, 401, 429].includes(reply.status)
      this.#expect(isRight, `${reads[i]?.[0]} of ${path}: ${reply.status} ${reply.text.slice(0, 200)}`)
    }
  }

  async #refused(): Promise<void> {
    await this.#call('createSandbox', 'POST', '/sandboxes', [422], { colour: 'red' })
    await this.#call('createSandbox', 'POST', '/sandboxes', [409], { id: 'default' })
    await this.#call('deleteSandbox', 'DELETE', '/sandboxes/default', [409])
    await this.#call('insertRuns', 'POST', '/sandboxes/default/runs/nx1', [422], [{}, { status: 'nope' }])
    await this.#call('getHealth', 'GET', '/health', [200])
    await this.#call('getDocument', 'GET', '/openapi.json', [200])
    await this.#call('listSandboxes', 'GET', '/sandboxes', [200])
  }
}

t.test(
  `${WORKERS} workers, ${SECONDS} seconds, every call: nothing is lost, and nothing is a 5xx`,
  async (t) => {
    t.setTimeout(90_000)
    const yard = await serve(t)
    const workers = Array.from({ length: WORKERS }, (_, number) => new Worker(yard, number))
    const until = wallNow() + SECONDS * 1000
    await Promise.all(workers.map((worker) => worker.run(until)))
    const wrong = workers.flatMap((worker) => worker.wrong)
    t.same(wrong.slice(0, 10), [], `${wrong.length} things went wrong`)

    const { json } = await yard.control<{ sandboxes: SandboxView[] }>('GET', '/sandboxes')
    const left = json.sandboxes.map(({ id }) => id).filter((id) => id.startsWith('worker'))
    t.same(
      left.sort(),
      workers.flatMap((worker) => [...worker.own.keys()]).sort(),
      'each has the sandboxes it made',
    )
    t.same(json.sandboxes[0], yard.sandbox, 'the default one is as it was')
    const called = new Set(workers.flatMap((worker) => [...worker.calls.keys()]))
    const { operationIds } = await Api.of(vendorDocument(FOLDERS.specs, 'control'))
    t.same(
      operationIds.filter((id) => !called.has(id)),
      [],
      'every call was made',
    )
    const calls = workers
      .flatMap((worker) => [...worker.calls.values()])
      .reduce((sum, count) => sum + count, 0)
    t.comment(`${calls} calls of the control plane`)
  },
)
