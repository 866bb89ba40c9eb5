import { connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = 2

/**
 * One connection that asks one question after the other and looks at no more of a reply than tells where it ends: a client
 * that takes longer for a reply than its server measures itself.
 */
export class Connection {
  #socket
  #port
  #next
  #told
  /** When (ms) the question was asked that is being answered; undefined between two. */
  #askedAt
  #status = 0
  /** What has come of a head, or of the line that says how large a chunk is. */
  #text = ''
  /** What comes next: `head`, so many bytes of `body`, or of chunks their `size`, their `data` and the `end` behind the last. */
  #state = 'head'
  #left = 0
  #isOver = false

  /** `next` gives the bytes of the next question; `told` hears `answered(status, ms)` and `failed(error)`. */
  constructor(port, next, told) {
    this.#port = port
    this.#next = next
    this.#told = told
    this.#open()
  }

  /** Asks no more. */
  end() {
    this.#isOver = true
    this.#socket.destroy()
  }

  /** Gives up on a reply that was asked for before that time (ms). Whether there was one. */
  giveUp(before) {
    if (this.#askedAt === undefined || this.#askedAt >= before) return false
    this.#socket.destroy(new Error('timeout'))
    return true
  }

  #open() {
    this.#state = 'head'
    this.#text = ''
    this.#askedAt = undefined
    this.#socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
      .on('connect', () => this.#ask())
      .on('data', (data) => this.#read(data))
      .on('error', (error) => {
        if (!this.#isOver) this.#told.failed(error)
      })
      .on('close', (hadError) => {
        if (this.#isOver) return
        if (!hadError && this.#askedAt !== undefined) {
          // Without a length, the end of the connection is the end of the reply.
          if (this.#state === 'rest') this.#told.answered(this.#status, performance.now() - this.#askedAt)
          else this.#told.failed(new Error('the connection ended before the reply'))
        }
        this.#open()
      })
  }

  #ask() {
    this.#askedAt = performance.now()
    this.#socket.write(this.#next())
  }

  #answered() {
    this.#told.answered(this.#status, performance.now() - this.#askedAt)
    this.#askedAt = undefined
    this.#state = 'head'
    if (!this.#isOver) this.#ask()
  }

  #read(data) {
    let at = 0
    while (at < data.length && this.#state !== 'rest') {
      if (this.#state === 'head') {
        const end = data.indexOf(HEAD_END, at)
        if (end < 0) {
          // The end may have come in two pieces: what there is of it is looked at again with the rest.
          data = Buffer.concat([Buffer.from(this.#text, 'latin1'), data.subarray(at)])
          this.#text = ''
          if (data.indexOf(HEAD_END) < 0) {
            this.#text = data.latin1Slice()
            return
          }
          at = 0
          continue
        }
        const head = this.#text + data.latin1Slice(at, end)
        this.#text = ''
        at = end + HEAD_END.length
        this.#begin(head)
      } else if (this.#state === 'size') {
        const end = data.indexOf('\n', at)
        this.#text += data.latin1Slice(at, end < 0 ? data.length : end)
        if (end < 0) return
        at = end + 1
        this.#left = Number.parseInt(this.#text, 16) + LINE_END
        this.#text = ''
        // Nobody here sends trailers: what follows the last chunk is an empty line.
        this.#state = this.#left === LINE_END ? 'end' : 'data'
      } else {
        const taken = Math.min(this.#left, data.length - at)
        at += taken
        this.#left -= taken
        if (this.#left > 0) return
        if (this.#state === 'data') this.#state = 'size'
        else this.#answered()
      }
    }
  }

  #begin(head) {
    this.#status = Number(head.slice(9, 12))
    const length = /^content-length: *(\d+)/im.exec(head)?.[1]
    if (length !== undefined) {
      this.#left = Number(length)
      this.#state = 'body'
      if (this.#left === 0) this.#answered()
    } else if (/^transfer-encoding: *chunked/im.test(head)) this.#state = 'size'
    else if (this.#status === 204 || this.#status === 304) this.#answered()
    else this.#state = 'rest'
  }
}

/** A question as the bytes that ask it. */
export function bytesOf({ path, headers = {} }, port) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`, 'latin1')
}
