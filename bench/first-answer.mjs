import { connect } from 'node:net'

/** How long (ms) between two attempts at least, and which part it may be of what it has taken so far: it asks for CPU too. */
const PAUSE = 2
const PART = 1 / 200

/**
 * Asks a port again and again until it answers with 200, on a new connection each time. Resolves with when (performance.now())
 * the status line came. Throws what an answer with another status says, once the same came for two seconds.
 */
export async function firstAnswer(port, path, headers, signal) {
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n${lines.join('')}\r\n`
  const startedAt = performance.now()
  let refusedSince
  while (!signal.aborted) {
    const { status, at } = await attempt(port, head)
    if (status === 200) return at
    if (status === undefined) refusedSince = undefined
    else refusedSince ??= at
    if (refusedSince !== undefined && at - refusedSince > 2000) throw new Error(`it answers ${status}`)
    const pause = Math.max(PAUSE, (performance.now() - startedAt) * PART)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  throw new Error('nobody waits any more')
}

function attempt(port, head) {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(head))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
      if (status === undefined) return
      resolve({ status: Number(status), at: performance.now() })
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve({ at: performance.now() }))
  })
}
