import cluster, { type Worker } from 'node:cluster'
import type { Failure, ToLeader, ToWorker } from './messages.ts'

/** What the leader makes of what its workers say. */
export interface Leadership {
  /** How a worker is to start: told in the moment in which it begins to hear everything else. */
  start(): ToWorker
  /** What a worker says, but for what the fleet understands itself. */
  hear(message: ToLeader, reply: (message: ToWorker) => void): void
  /** Hears of a worker that died and is replaced, and whether none that listened is left. */
  lost(pid: number | undefined, how: string, areAllGone: boolean): void
}

/** Where the workers listen; `tlsPort` counts where https is served. */
export interface Ports {
  readonly port: number
  readonly tlsPort: number
}

/** A worker that takes longer (ms) to answer is taken for stuck, and killed: nobody waits for it for ever. */
const LONGEST_MS = 10_000
/** How long (ms) what has come meanwhile is listened to first. */
const HEARING_MS = 1_000
/** How long (ms) to wait before a worker is replaced that died before it listened. */
const PAUSE_MS = 1_000

/** The processes that answer. One that dies is replaced. */
export class Fleet {
  readonly #leadership: Leadership
  /** Those that have been started and hear everything. */
  readonly #started = new Set<Worker>()
  readonly #listening = new Set<Worker>()
  /** Who still has to say `done`, by the number of what was said. */
  readonly #awaited = new Map<number, { readonly workers: Set<Worker>; readonly resolve: () => void }>()
  #numbers = 0
  #isOver = false
  #giveUp = (_error: Error): void => {}

  constructor(leadership: Leadership) {
    this.#leadership = leadership
  }

  /** Starts so many, and resolves once all listen. Rejects with the error of one that cannot, or that ends. */
  launch(count: number): Promise<Ports> {
    // The entry of this process, which knows what to do when it is told that it is a worker.
    cluster.setupPrimary({ args: ['worker'] })
    return new Promise((resolve, reject) => {
      this.#giveUp = reject
      for (let i = 0; i < count; i++) {
        this.#fork({
          listening: (ports) => {
            if (this.#listening.size === count) resolve(ports)
          },
          failed: (error) => reject(Object.assign(new Error(error.message), error)),
        })
      }
    })
  }

  /** Says it to every worker, and resolves once each has said that it is done, or is no more. */
  async tell(say: (number: number) => ToWorker): Promise<void> {
    if (this.#started.size === 0) return
    const number = ++this.#numbers
    const workers = new Set(this.#started)
    const message = say(number)
    const kill = (): void => {
      for (const worker of workers) worker.process.kill('SIGKILL')
    }
    // Who was busy itself all the while has not heard yet what they said: that comes after this timer.
    let stuck = setTimeout(() => {
      stuck = setTimeout(kill, HEARING_MS)
    }, LONGEST_MS)
    await new Promise<void>((resolve) => {
      this.#awaited.set(number, { workers, resolve })
      for (const worker of workers) send(worker, message)
    })
    clearTimeout(stuck)
  }

  /** Has all of them answer what is in flight, and resolves once they have ended; `ms` from now they are made to. */
  async drain(ms: number): Promise<void> {
    this.#isOver = true
    this.#giveUp(new Error('It was closed before all workers were up.'))
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
    for (const worker of workers) send(worker, { kind: 'drain' })
    const late = setTimeout(() => {
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, ms)
    await Promise.all(ended)
    clearTimeout(late)
  }

  #fork(told: { listening(ports: Ports): void; failed(error: Failure, worker: Worker): void }): void {
    const worker = cluster.fork()
    worker.on('message', (message: ToLeader) => {
      if (message.kind === 'hello') {
        this.#started.add(worker)
        send(worker, this.#isOver ? { kind: 'drain' } : this.#leadership.start())
      } else if (message.kind === 'listening') {
        this.#listening.add(worker)
        told.listening(message)
      } else if (message.kind === 'failed') told.failed(message.error, worker)
      else if (message.kind === 'done') this.#done(worker, message.number)
      else this.#leadership.hear(message, (reply) => send(worker, reply))
    })
    // It is no worker any more once it cannot be told anything.
    worker.on('disconnect', () => this.#forget(worker))
    worker.on('exit', (code, signal) => {
      const wasUp = this.#listening.delete(worker)
      this.#forget(worker)
      if (this.#isOver) return
      const how = signal ?? `code ${code}`
      told.failed({ message: `A worker ended with ${how} before all were up.` }, worker)
      this.#leadership.lost(worker.process.pid, how, wasUp && this.#listening.size === 0)
      setTimeout(() => this.#replace(), wasUp ? 0 : PAUSE_MS)
    })
  }

  #replace(): void {
    // One that cannot listen is replaced in its turn.
    const failed = (_error: Failure, worker: Worker): void => void worker.process.kill('SIGKILL')
    if (!this.#isOver) this.#fork({ listening: () => {}, failed })
  }

  #done(worker: Worker, number: number): void {
    const awaited = this.#awaited.get(number)
    awaited?.workers.delete(worker)
    if (awaited?.workers.size !== 0) return
    this.#awaited.delete(number)
    awaited.resolve()
  }

  #forget(worker: Worker): void {
    this.#started.delete(worker)
    for (const number of [...this.#awaited.keys()]) this.#done(worker, number)
  }
}

/** Says it, if the worker can still hear. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
