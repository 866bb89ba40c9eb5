import { connect } from 'node:net'

/** How long (ms) between two attempts. */
const PAUSE = 2

/**
 * Asks a port every 2 ms until it answers with 200, on a new connection each time. Resolves with when (performance.now())
 * the status line came. Throws what an answer with another status says, once the same came for two seconds.
 */
export async function firstAnswer(port, path, headers, signal) {
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n${lines.join('')}\r\n`
  let refusedSince
  while (!signal.aborted) {
    const { status, at } = await attempt(port, head)
    if (status === 200) return at
    if (status === undefined) refusedSince = undefined
    else refusedSince ??= at
    if (refusedSince !== undefined && at - refusedSince > 2000) throw new Error(`it answers ${status}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
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
