import { setImmediate } from 'node:timers/promises'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { SettledRun } from '../store/rows.ts'
import { type Job, type Message, POSTED, type Posted, TAKEN, unpack } from './batches.ts'
import { FOLDERS } from './folders.ts'

/** Rows of one provider. */
export interface Batch {
  readonly provider: string
  readonly rows: readonly SettledRun[]
}

/** How long (ms) a thread may say nothing that somebody waits for who answers nobody else meanwhile. */
const SILENCE = 60_000

/**
 * Runs that are made in a thread of their own: the same, in the same order, as in this one. To be read once, in one way or the
 * other; the thread ends with the reading, however that ends.
 */
export class Generation {
  readonly #counters = new Int32Array(new SharedArrayBuffer(8))
  readonly #port: MessagePort
  readonly #worker: Worker
  #error: unknown

  constructor(job: Job) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const posted: Posted = { job, counters: this.#counters, port: port2 }
    this.#worker = new Worker(FOLDERS.generating, {
      workerData: posted,
      transferList: [port2],
      // What a process is started with may be more than a thread needs. The sources need what reads TypeScript.
      execArgv: FOLDERS.isBuilt ? [] : process.execArgv,
    })
    this.#worker.on('error', (error) => {
      this.#error = error
      port1.close()
    })
  }

  /** While others are answered between any two batches. `signal` ends it with its reason. */
  async *batches(signal: AbortSignal): AsyncGenerator<Batch> {
    const waiting: Message[] = []
    let wake = (): void => {}
    this.#port.on('message', (message: Message) => {
      waiting.push(message)
      wake()
    })
    signal.addEventListener('abort', () => wake(), { once: true })
    let isClosed = false
    this.#port.on('close', () => {
      isClosed = true
      wake()
    })
    try {
      for (;;) {
        signal.throwIfAborted()
        const message = waiting.shift()
        if (message === undefined) {
          if (isClosed)
            throw this.#error ?? new Error('the thread that makes runs ended before they were made')
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        const batch = batchIn(message)
        if (batch === undefined) return
        yield batch
        this.#taken()
        await setImmediate()
      }
    } finally {
      await this.end()
    }
  }

  /** While nobody else is answered. */
  *batchesAtOnce(): Generator<Batch> {
    try {
      for (let read = 0; ; read++) {
        while (Atomics.load(this.#counters, POSTED) === read) {
          const silent = Atomics.wait(this.#counters, POSTED, read, SILENCE) === 'timed-out'
          if (silent) throw new Error('the thread that makes runs says nothing any more')
        }
        const received = receiveMessageOnPort(this.#port)
        if (received === undefined) throw new Error('the thread that makes runs has said nothing')
        const batch = batchIn(received.message as Message)
        if (batch === undefined) return
        yield batch
        this.#taken()
      }
    } finally {
      void this.end()
    }
  }

  #taken(): void {
    Atomics.add(this.#counters, TAKEN, 1)
    Atomics.notify(this.#counters, TAKEN)
  }

  /** Ends the thread, if it has not ended. */
  async end(): Promise<void> {
    this.#port.close()
    await this.#worker.terminate()
  }
}

/** Undefined at the end. */
function batchIn(message: Message): Batch | undefined {
  if ('failed' in message) throw new Error(`runs could not be made: ${message.failed}`)
  return 'end' in message ? undefined : { provider: message.provider, rows: unpack(message.packed) }
}
