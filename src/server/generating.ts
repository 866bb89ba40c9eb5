/** What a thread runs that makes runs (`generation.ts`): an entry of its own, which loads no more than that takes. */
import { workerData } from 'node:worker_threads'
import { Secrets } from '../core/secrets.ts'
import { seededRandom } from '../seed/random.ts'
import { settledRun } from '../store/rows.ts'
import {
  BATCH,
  type Job,
  type Message,
  MOST_AHEAD,
  type Packed,
  Packer,
  POSTED,
  type Posted,
  TAKEN,
  transferred,
} from './batches.ts'
import { discoverProviders } from './providers.ts'

const { job, counters, port } = workerData as Posted

function post(message: Message, transferred: ArrayBuffer[] = []): void {
  port.postMessage(message, transferred)
  Atomics.add(counters, POSTED, 1)
  Atomics.notify(counters, POSTED)
}

function postRows(provider: string, packed: Packed): void {
  post({ provider, packed }, transferred(packed))
}

/** Waits until not too much lies there that nobody has taken. */
function waitForRoom(): void {
  for (;;) {
    const taken = Atomics.load(counters, TAKEN)
    if (Atomics.load(counters, POSTED) - taken < MOST_AHEAD) return
    Atomics.wait(counters, TAKEN, taken)
  }
}

async function generate({ providers, scenario, seed, fidelity, start, secret, at }: Job): Promise<void> {
  const { days, sections } = scenario
  for (const { name, seeds, next } of await discoverProviders(providers)) {
    const random = seededRandom(seed, name)
    const secrets = new Secrets(...secret)
    const section = sections[name] ?? {}
    const { runs } = seeds.build({ section, fidelity, start, days, random, secrets })
    const packer = new Packer()
    for (const run of runs) {
      packer.add(settledRun(run, at, next))
      if (packer.count < BATCH) continue
      waitForRoom()
      postRows(name, packer.take())
    }
    if (packer.count > 0) postRows(name, packer.take())
  }
}

try {
  await generate(job)
  post({ end: true })
} catch (error) {
  post({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
port.close()
