import { answering, type Control } from '../../http/answering.ts'
import { DRAIN_MS } from '../../http/server.ts'
import { bytes } from '../../http/write.ts'
import { Database } from '../../store/database.ts'
import { hearOfRows } from '../../store/shelf.ts'
import type { Progress } from '../fillings.ts'
import { type Inside, inside, urlOf } from '../inside.ts'
import type { Options } from '../options.ts'
import { Fleet } from './fleet.ts'
import { Gathering } from './gathering.ts'
import type { Sent, ToLeader, ToWorker } from './messages.ts'
import { temporaryPlace } from './place.ts'
import { Publishing } from './publishing.ts'

/** A Runyard whose workers answer. */
export interface Leader {
  /** Resolves to the base URL once all workers listen. Throws the system's error when they cannot, and is closed then. */
  listen(): Promise<string>
  /** Answers what is in flight, and resolves once no worker is left. */
  close(): Promise<void>
}

/** How long (ms) workers have to end, beside what they may take to answer. */
const END_MS = 3_000

/**
 * The one process that writes: it has the data, clocks, faults, counters and journals, and does for its workers what they
 * cannot do themselves. Throws as `openRunyard` does.
 */
export async function leader(
  options: Options,
  onProgress?: Progress,
): Promise<{ readonly runyard: Leader; readonly describe: Inside['describe'] }> {
  const place = options.db === undefined ? temporaryPlace() : undefined
  const file = options.db ?? place?.file ?? ''
  const report = (error: unknown): void => made.logger.error(error)
  const gathering = new Gathering(() => fleet.tell((number) => ({ kind: 'gather', number })), report)
  let publishing: Publishing | undefined
  const open = (): Database => {
    const database = new Database(file, 'writer')
    hearOfRows(database, (...change) => publishing?.rows(...change))
    return database
  }
  const made = await inside(options, { open, journal: (own) => gathering.journal(own), onProgress })
  const { served, sandboxes, around, logger, tls, urls } = made
  const publish = new Publishing(sandboxes, (news) =>
    fleet.tell((number) => ({ kind: 'news', number, news })),
  )
  publishing = publish

  const control: Control = {
    async answer(request, peer) {
      const answer = () => made.control.answer(request, peer)
      const [, , collection, id] = request.path.split('/')
      if (collection !== 'sandboxes') return answer()
      await gathering.gather()
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      return isRead ? answer() : publish.change(id && decodeURIComponent(id), answer)
    },
  }
  const answer = answering({ served, around, control, logger })

  /** Where workers are to listen: on a port that the system gave as long as any has it, and on that one after. */
  const ports = { port: options.port, tlsPort: options.tlsPort }
  let listened = ports
  const fleet = new Fleet({
    start: () => ({
      kind: 'start',
      options: { ...options, ...ports },
      file,
      identity: tls?.identity,
      sandboxes: publish.all(),
    }),
    hear(message, reply) {
      if (message.kind === 'exchanges') {
        for (const { sandbox, life, ...recorded } of message.exchanges) {
          const journal = publish.find(sandbox, life)?.journal
          if (journal !== undefined) gathering.add({ ...recorded, journal })
        }
      } else if (message.kind === 'ask') void answerFor(message, reply)
    },
    lost(pid, how, areAllGone) {
      logger.error({ worker: pid, how }, 'a worker ended and is replaced')
      if (!areAllGone) return
      Object.assign(ports, listened)
    },
  })

  const answerFor = async (
    { number, arrived, peer }: ToLeader & { kind: 'ask' },
    reply: (message: ToWorker) => void,
  ): Promise<void> => {
    let sent: Sent
    try {
      const { reply: answered, delivery } = await publish.read(() => answer(arrived, peer))
      const { status, headers } = answered
      const body = bytes(answered)?.toString()
      sent = { status, headers, ...(body !== undefined && { body }), ...(delivery && { delivery }) }
    } catch (error) {
      report(error)
    }
    reply({ kind: 'answer', number, sent })
  }

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= (async () => {
      made.drain()
      await fleet.drain(DRAIN_MS + END_MS)
      made.close()
      place?.remove()
    })()
    return closed
  }

  const runyard: Leader = {
    async listen() {
      made.refuseWhenClosed()
      try {
        listened = await fleet.launch(options.workers)
        urls.http = urlOf('http', options.host, listened.port)
        urls.https = urlOf('https', options.host, listened.tlsPort)
      } catch (error) {
        await close()
        throw error
      }
      return urls.http
    },
    close,
  }
  return { runyard, describe: made.describe }
}
