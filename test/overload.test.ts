import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { connect as connectSecurely } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { MOST_HELD } from '../src/http/load.ts'
import { listening } from './child.ts'
import { serve, type Yard } from './serve.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const CLI = join(process.cwd(), 'dist/cli.js')
const CONNECTIONS = 20
/** How long (ms) each of too many requests is held. */
const HELD_MS = 4_000

/** Every provider's own way to say that it cannot answer now. */
const PATHS = [
  '/api/v1/runs',
  '/api/v1/role-mining/runs',
  '/api/crew-runs',
  '/api/public/organizations/o/automations/a/runs',
]

t.test('what is too much to hold is refused in the vendors’ words, and nothing else is', async (t) => {
  const yard = await serve(t)
  const asked = Object.fromEntries(
    await Promise.all(PATHS.map(async (path) => [path, (await forced(yard, path)).text] as const)),
  )
  const sockets = await hold(t, yard)
  for (const path of PATHS) {
    let got = await yard.get(path)
    // They are on their way for a moment.
    while (got.status === 401) got = await yard.get(path)
    t.match(got, { status: 503, text: asked[path] }, `${path}: the 503 that can be asked for`)
  }
  t.equal((await yard.get('/_runyard/health')).status, 200, 'who runs it is answered')
  t.equal((await yard.get('/nowhere')).status, 404)

  // Those that were held are answered, every one, and then the others are again.
  const answered = await Promise.all(sockets.map(({ replies }) => replies))
  t.same(answered, Array(CONNECTIONS).fill(REQUESTS), 'none of those that were held got lost')
  for (const path of PATHS) t.equal((await yard.get(path)).status, 401, `${path} after that`)
})

const LIMIT = '/proc/sys/net/core/somaxconn'
const MOST_WAITING = existsSync(LIMIT) ? Number(readFileSync(LIMIT, 'utf8')) : 0
const BURST = 1_500
const isTooFew = MOST_WAITING < BURST && `${LIMIT} says ${MOST_WAITING}, which is fewer than ${BURST}`

t.test('those who come while it does something else wait at its door', { skip: isTooFew }, async (t) => {
  const child = spawn(process.execPath, [CLI, '--port', '0', '--log', 'silent'], {
    env: { XDG_CACHE_HOME: t.testdir() },
    stdio: 'pipe',
  })
  t.teardown(() => child.kill('SIGKILL'))
  const { port } = new URL((await listening(child)).url)
  child.kill('SIGSTOP')
  const sockets = Array.from({ length: BURST }, () => connect(Number(port), '127.0.0.1'))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  // Whoever found no room would be let in after it goes on, and never here.
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  child.kill('SIGCONT')
  const answers = sockets.map((socket) => {
    socket.write('GET /_runyard/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    return buffer(socket)
  })
  for (const answer of await Promise.all(answers)) t.match(answer.toString(), /^HTTP\/1\.1 200/)
})

t.test('what somebody asked for at length is not held on to', async (t) => {
  const yard = await serve(t)
  const { port } = new URL(yard.url)
  const authorization = `Bearer ${yard.sandbox.credentials.trigger.prod.secretKey}`
  const long = 'x'.repeat(200_000)
  const requests: Record<string, (i: string) => string> = {
    'a query': (i) => `GET /api/v1/runs?page[after]=run_cm00000000000000000000${i}&${long}`,
    'names of a query': (i) => `GET /api/v1/runs?a-parameter-of-its-own-${i}=1&${long}`,
    'a path': (i) => `GET /trigger/a-segment-of-its-own-${i}/${long}`,
    'a path and a query': (i) => `GET /trigger/a-path-of-its-own-${i}?${long}`,
    'the whole URL': (i) => `GET http://${long}/api/v1/runs?filter[tag]=a-tag-of-its-own-${i}`,
    'an unknown method': (i) => `A-METHOD-OF-ITS-OWN-${i} /api/v1/runs?tag=a-tag-of-its-own-${i}`,
  }
  for (const [what, request] of Object.entries(requests)) {
    const isUnknown = what === 'an unknown method'
    const before = await inUse()
    for (let i = 100; i < 200; i++) {
      const socket = connect(Number(port), '127.0.0.1')
      await once(socket, 'connect')
      const padding = isUnknown ? `padding: ${long.slice(0, 60_000)}\r\n` : ''
      socket.write(
        `${request(String(i))} HTTP/1.1\r\nauthorization: ${authorization}\r\nconnection: close\r\n${padding}\r\n`,
      )
      t.match((await buffer(socket)).toString(), /^HTTP\/1\.1 (200|400|401|404|405)/, what)
    }
    const held = (await inUse()) - before
    const sent = 100 * (isUnknown ? 60_000 : long.length)
    t.ok(held < sent / 3, `${what}: ${held} bytes of ${sent}`)
  }
})

/** How many bytes of memory are in use by whatever is not garbage. */
async function inUse(): Promise<number> {
  // Twice, with what waits for a turn in between.
  collect()
  await setTimeout(50)
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

t.test('whoever reads slowly, or asks half, holds nobody up', async (t) => {
  const yard = await serve(t, { scenario: 'default' })
  const headers = { authorization: `Bearer ${yard.sandbox.credentials.trigger.prod.secretKey}` }
  const head = `GET /api/v1/runs?page[size]=100 HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n`
  const { port } = new URL(yard.url)
  for (let i = 0; i < 100; i++) {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    // A hundred pages that nobody reads, or the half of one request.
    socket.pause()
    socket.write(i % 2 === 0 ? `${head}\r\n`.repeat(100) : head)
  }
  for (let i = 0; i < 100; i++) t.equal((await yard.get('/api/v1/runs', headers)).status, 200)
})

t.test('whoever reads late reads what was meant, whatever was sent to others meanwhile', async (t) => {
  const scenario = join(t.testdir({ 'runs.json': '{ "nx1": { "runs": 5000 } }' }), 'runs.json')
  const yard = await serve(t, { scenario, tls: true, tlsPort: 0, checkReplies: false })
  const other = await yard.runyard.sandbox({ seed: 2 })
  const pages = new Map<string, string>()
  for (const { psk } of [yard.sandbox.credentials.nx1, other.credentials.nx1]) {
    const headers = { 'authorization-psk': psk.admin, 'cache-control': 'no-cache' }
    const { text } = await yard.get('/api/crew-runs?limit=5000', headers)
    t.ok(text.length > 4_000_000, 'more than a system takes at once')
    pages.set(psk.admin, text)
  }

  const secure = Number(new URL(yard.runyard.tls?.url ?? '').port)
  const plain = Number(new URL(yard.url).port)
  const late: { socket: Socket; page: string }[] = []
  for (const [n, [key, page]] of [...pages, ...pages, ...pages].entries()) {
    for (const isSecure of [false, true]) {
      const socket = isSecure
        ? connectSecurely({ port: secure, host: '127.0.0.1', rejectUnauthorized: false })
        : connect(plain, '127.0.0.1')
      t.teardown(() => socket.destroy())
      await once(socket, isSecure ? 'secureConnect' : 'connect')
      socket.pause()
      // Each time another question: its answer is not one that is kept.
      const target = `/api/crew-runs?limit=5000&n=${n}${isSecure}`
      socket.write(
        `GET ${target} HTTP/1.1\r\nhost: x\r\nauthorization-psk: ${key}\r\nconnection: close\r\n\r\n`,
      )
      late.push({ socket, page })
      await setTimeout(100)
    }
  }
  for (const { socket, page } of late) {
    const [, body] = (await buffer(socket)).toString().split('\r\n\r\n')
    t.equal(body === page, true, 'the page, byte for byte')
  }
})

/** How many requests each connection sends: one more than may be held, all together. */
const REQUESTS = Math.ceil((MOST_HELD + 1) / CONNECTIONS)

/** Has more requests held than may be; each connection's `replies` is how many it got. */
async function hold(t: Test, yard: Yard): Promise<{ replies: Promise<number> }[]> {
  const { port } = new URL(yard.url)
  const request = `GET /api/crew-runs HTTP/1.1\r\nhost: x\r\nprefer: delay=${HELD_MS}\r\n\r\n`
  const sockets: Socket[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(request.repeat(REQUESTS))
    sockets.push(socket)
  }
  await setTimeout(500)
  return sockets.map((socket) => ({ replies: countOf(socket) }))
}

/** Of replies, once they are all there. */
function countOf(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0
    let rest = ''
    socket.on('error', reject)
    socket.on('data', (data: Buffer) => {
      const parts = (rest + data.toString('latin1')).split('HTTP/1.1 ')
      rest = parts.at(-1) ?? ''
      count += parts.length - 1
      rest = rest.length < 20 ? rest : rest.slice(-9)
      if (count >= REQUESTS) resolve(count)
    })
  })
}

function forced(yard: Yard, path: string) {
  return yard.send('GET', path, { headers: { prefer: 'code=503' } })
}
