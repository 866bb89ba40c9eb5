import { BoundedMap } from '../core/bounded-map.ts'
import type { PageSeen } from '../core/journal.ts'
import type { Reply } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import { ListBody } from './list-body.ts'
import type { Received } from './requests.ts'

/** How many bytes of replies are kept in all. */
const MOST_BYTES = 32 * 1024 * 1024
/** What a kept answer takes beside its body. */
const OVERHEAD = 2_000

/** The reply to a list as its operation presented it, which its vendor has still to finish. */
export interface Answer {
  /** The edition of the runs that it shows. */
  readonly edition: number
  /** The document's alternative under which the request was accepted. */
  readonly by: readonly string[] | undefined
  /** The instant (ms) that it was made for; undefined when it does not depend on that. */
  readonly at: number | undefined
  readonly reply: Reply
  readonly page: PageSeen
}

/**
 * Answers to lists, as the bytes that they leave as. An answer follows from the request, who asks, the runs, and perhaps the
 * instant. Who asks follows from the request and which of its credentials was accepted: one of two may expire, or end with
 * a logout. So an answer is given again to whoever asks the same, byte for byte, is accepted by the same, and asks of the
 * same edition of the runs; editions end with whatever changes a sandbox's data or clock, and none comes back.
 */
export class Answers {
  readonly #answers = new BoundedMap<Answer, Received>(MOST_BYTES)

  /** The answer that was given before to this request, if it is the one to give now. */
  recall(
    request: Received,
    edition: number,
    by: readonly string[] | undefined,
    now: number,
  ): Answer | undefined {
    if (!request.isKept) return undefined
    const answer = this.#answers.get(request)
    if (answer?.edition !== edition || answer.by !== by || (answer.at !== undefined && answer.at !== now))
      return undefined
    return isTrusting(request) ? answer : undefined
  }

  /** Keeps the answer to what was asked before; gives its reply as it is sent. */
  keep(request: Received, answer: Answer): Reply {
    const { status, headers, body } = answer.reply
    // Nothing is to be put together: it has none, or somebody has written it already.
    if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return answer.reply
    const list = new ListBody(body)
    if (!request.isKept) return { status, headers, body: list }
    const bytes = list.toBuffer()
    const reply = { status, headers, body: bytes }
    this.#answers.set(request, { ...answer, reply }, bytes.length + OVERHEAD)
    return reply
  }
}

/** The header is HTTP's own, for whoever wants nothing that was kept (RFC 9111 §5.2.1.4). */
function isTrusting({ header }: ApiRequest): boolean {
  return header('cache-control') !== 'no-cache'
}
