import { pino } from 'pino'
import { Elsewhere } from '../../core/elsewhere.ts'
import { DEFAULT_SANDBOX } from '../../core/sandbox.ts'
import type { Answering, Outgoing } from '../../http/answering.ts'
import { httpsServer } from '../../http/https.ts'
import { httpServer, listen } from '../../http/server.ts'
import { Database } from '../../store/database.ts'
import { discoverProviders, serve } from '../discover.ts'
import { docs } from '../docs.ts'
import type { Failure, Sent, Start, ToLeader, ToWorker } from './messages.ts'
import { Outbox } from './outbox.ts'
import { ReplicaSandboxes } from './replicas.ts'

/**
 * Answers requests beside other processes, as the leader that started this one says, and ends when that one does. Resolves
 * once it has said that it is there.
 */
export async function work(): Promise<void> {
  // A terminal tells all processes; the leader says when it is time.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
  const providers = await discoverProviders()
  const served = await Promise.all(providers.map(serve))
  const asked = new Map<number, (sent: Sent) => void>()
  const outbox = new Outbox((exchanges) => tell({ kind: 'exchanges', exchanges }))
  let numbers = 0
  let drain = async (): Promise<void> => process.exit()
  let sandboxes: ReplicaSandboxes | undefined

  const elsewhere: Answering = async (arrived, peer) => {
    const number = ++numbers
    const answer = new Promise<Sent>((resolve) => asked.set(number, resolve))
    tell({ kind: 'ask', number, arrived, peer })
    return outgoing(await answer)
  }

  /** At once knows what it has to know, so that nothing that is said later is missed; then listens. */
  const start = ({ options, file, identity, sandboxes: all }: Start): void => {
    const logger = pino({ level: options.log })
    const report = (error: unknown): void => logger.error(error)
    const database = new Database(file, 'reader')
    const replicas = new ReplicaSandboxes({ providers, database, outbox })
    sandboxes = replicas
    for (const news of all) replicas.learn(news)
    const around = { providers, sandboxes: replicas, checkReplies: options.checkReplies, report }
    const control = {
      answer: async () => {
        throw new Elsewhere()
      },
    }
    const app = httpServer({ served, around, control, logger, elsewhere })
    const https = identity && httpsServer(app, identity)
    drain = async () => {
      await app.close()
      outbox.flush()
      database.close()
      tell({ kind: 'exchanges', exchanges: [] }, () => process.exit())
    }
    const begin = async (): Promise<void> => {
      await docs(app, served, replicas)
      const fidelity = replicas.get(DEFAULT_SANDBOX)?.fidelity ?? 'spec'
      for (const { apis } of served) apis[fidelity].warm()
      tell({ kind: 'listening', ...(await listen(app, https, options)) })
    }
    begin().catch((error: unknown) => tell({ kind: 'failed', error: failure(error) }))
  }

  process.on('message', (message: ToWorker) => {
    if (message.kind === 'start') start(message)
    else if (message.kind === 'news') {
      for (const news of message.news) sandboxes?.learn(news)
      tell({ kind: 'done', number: message.number })
    } else if (message.kind === 'gather') {
      outbox.flush()
      tell({ kind: 'done', number: message.number })
    } else if (message.kind === 'answer') {
      asked.get(message.number)?.(message.sent)
      asked.delete(message.number)
    } else void drain()
  })
  tell({ kind: 'hello' })
}

/** `sent`: called once it is out. */
function tell(message: ToLeader, sent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, sent)
}

function outgoing(sent: Sent): Outgoing {
  if (sent === undefined) throw new Error('the process that was asked could not answer; its log says more')
  const { delivery, ...reply } = sent
  return { reply, ...(delivery && { delivery }) }
}

function failure(error: unknown): Failure {
  const { message, code, syscall, port }: NodeJS.ErrnoException & { port?: number } = Object(error)
  return {
    message,
    ...(code !== undefined && { code }),
    ...(syscall !== undefined && { syscall }),
    ...(port !== undefined && { port }),
  }
}
