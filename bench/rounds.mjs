import { fork } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How long (ms) a server is left alone before its CPU is read: what was on its way is answered by then. */
const SETTLE = 30

let generator
let jobs = 0
const waiting = new Map()

/** Keeps a list of questions (`{ path, headers }`) with the generator, under a name. */
export function keep(name, questions) {
  return send({ keep: name, questions })
}

/**
 * One round against a server with its probe: `connections` that ask the kept `list`, the same again and again
 * (`isRepeated`) or always on. What it resolves with has `cpu`, the server's µs for each answer that it gave, and
 * `busy`, the share of the time that it worked.
 */
export async function round(server, job) {
  const before = await server.probe()
  const { result } = await send({ ...job, port: server.port })
  await wait(SETTLE)
  const after = await server.probe()
  const used = after.cpu - before.cpu
  const cpu = used / Math.max(1, after.served - before.served)
  return { ...result, cpu, busy: Math.min(1, used / (result.seconds * 1e6)), rss: after.rss }
}

/** Ends the generator's process. */
export function endLoad() {
  generator?.disconnect()
  generator = undefined
}

function send(job) {
  generator ??= begin()
  return new Promise((resolve, reject) => {
    const id = ++jobs
    waiting.set(id, (message) => (message.error ? reject(new Error(message.error)) : resolve(message)))
    generator.send({ ...job, id })
  })
}

function begin() {
  // On this process's core, which is the load's.
  const child = fork(fileURLToPath(new URL('generator.mjs', import.meta.url)), { stdio: 'inherit' })
  child.on('message', (message) => {
    waiting.get(message.id)?.(message)
    waiting.delete(message.id)
  })
  child.on('exit', (code) => {
    for (const answer of waiting.values()) answer({ error: `the load generator ended with ${code}` })
  })
  process.on('exit', () => child.kill('SIGKILL'))
  return child
}
