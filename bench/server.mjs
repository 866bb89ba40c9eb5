import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { onServerCore } from './cores.mjs'
import { firstAnswer } from './first-answer.mjs'

const PROBE = new URL('probe.mjs', import.meta.url).href
/** How long (ms) a server may take until it answers, and the whole of a million runs with it. */
const PATIENCE = 300_000
/** How long (ms) a server may take to end by itself. */
const LAST_WORDS = 5000

const running = new Set()
process.on('exit', stopAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** Ends every server that is still there. */
export function stopAll() {
  for (const child of running) child.kill('SIGKILL')
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/**
 * Starts a server on its core. `argv`: what Node runs; `environment`: variables beside this process's own. `isProbed`:
 * whether the probe is preloaded, which what measures the start does without. `both`: whether it may use both cores.
 */
export function start({ argv, environment = {}, port, isProbed = true, both = false }) {
  const options = isProbed ? ['--import', PROBE] : []
  const [command, ...rest] = onServerCore([...options, ...argv], { both })
  const startedAt = performance.now()
  const child = spawn(command, rest, {
    stdio: ['ignore', 'ignore', 'pipe', ...(isProbed ? ['ipc'] : [])],
    env: { ...process.env, NODE_ENV: '', ...(isProbed && { BENCH_PROBE: 'on' }), ...environment },
  })
  running.add(child)
  const ended = new Promise((resolve) => child.once('close', resolve))
  ended.then(() => running.delete(child))
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-2000)
  })
  let asked = 0
  const answers = new Map()
  child.on('message', (message) => {
    answers.get(message?.probe)?.(message)
    answers.delete(message?.probe)
  })
  // A server that has gone answers nobody; `ended` says so.
  child.on('error', () => {})

  return {
    port,
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    /** What it wrote to stderr last. */
    complaint: () => complaint.trim(),
    /** The probe's answer; `watch` starts or stops the watch over the event loop. */
    probe: (watch) =>
      Promise.race([
        new Promise((resolve) => {
          answers.set(++asked, resolve)
          child.send({ probe: asked, watch })
        }),
        ended.then(() => {
          throw new Error(`the server has ended: ${complaint.trim()}`)
        }),
      ]),
    /** Asks until it answers with 200. Resolves with the ms since its start; rejects when it ends or never does. */
    until200: async ({ path, headers }) => {
      const asking = new AbortController()
      const late = wait(PATIENCE, undefined, { signal: asking.signal }).then(() => {
        throw new Error(`no 200 within ${PATIENCE / 1000} s`)
      })
      late.catch(() => {})
      const gone = ended.then(() => {
        throw new Error(`it ended before its first answer: ${complaint.trim()}`)
      })
      try {
        const at = await Promise.race([firstAnswer(port, path, headers, asking.signal), late, gone])
        return at - startedAt
      } finally {
        asking.abort()
      }
    },
    /** Stands still until it may go on: what it has not answered yet takes nobody else's time. */
    halt: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    /** The CPU (ms, whole ticks of 10) of the process and of its threads so far; undefined where nobody says. */
    ticks: () => ticksOf(child.pid),
    /** The most memory (bytes) that it ever had resident; undefined where nobody says. */
    peak: () => peakOf(child.pid),
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
    /** Asks it to end, so that it writes what it keeps; takes no for an answer after a while. */
    async end() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), LAST_WORDS)
      await ended
      clearTimeout(late)
    },
  }
}

function ticksOf(pid) {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name, in parentheses, may have spaces; the fields after it are counted from 3 (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function peakOf(pid) {
  const kilobytes = /^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
