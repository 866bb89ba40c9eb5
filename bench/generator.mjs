// The load, in a process of its own on a core of its own: runs what it is told over IPC.
import { bytesOf, Connection } from './connection.mjs'
import { quantile } from './statistics.mjs'

/** How often (ms) it is looked whether a reply is late. */
const LOOK = 500
/** How many questions of a list one round takes at most: their bytes are made before it begins. */
const MOST_QUESTIONS = 30_000

/** Lists of questions by name, each with the place where the next round goes on, for each server by its port. */
const lists = new Map()

process.on('message', (job) => {
  if (job.keep !== undefined) {
    lists.set(job.keep, { questions: job.questions, at: new Map() })
    process.send({ id: job.id })
    return
  }
  run(job).then(
    (result) => process.send({ id: job.id, result }),
    (error) => process.send({ id: job.id, error: String(error?.stack ?? error) }),
  )
})
process.on('disconnect', () => process.exit())

async function run({ port, connections, seconds, list, isRepeated, timeout = 30 }) {
  const kept = lists.get(list)
  const asked = (isRepeated ? kept.questions : take(kept, port)).map((question) => bytesOf(question, port))
  const statuses = {}
  const times = []
  const firstErrors = []
  let [errors, timeouts] = [0, 0]
  const told = {
    answered(status, ms) {
      times.push(ms)
      statuses[status] = (statuses[status] ?? 0) + 1
    },
    failed(error) {
      errors++
      if (firstErrors.length < 3) firstErrors.push(String(error?.message ?? error))
    },
  }
  const startedAt = performance.now()
  let at = 0
  const opened = Array.from({ length: connections }, (_, index) => {
    // Connections that ask the same begin at another place each; of questions that come once, each has every nth.
    let mine = index
    const next = () => (isRepeated ? asked[mine++ % asked.length] : asked[at++ % asked.length])
    return new Connection(port, next, told)
  })
  const late = setInterval(() => {
    for (const one of opened) if (one.giveUp(performance.now() - timeout * 1000)) timeouts++
  }, LOOK)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const elapsed = (performance.now() - startedAt) / 1000
  clearInterval(late)
  for (const one of opened) one.end()
  if (!isRepeated) kept.at.set(port, (kept.at.get(port) ?? 0) + at)
  const responses = times.length
  times.sort((a, b) => a - b)
  return {
    seconds: elapsed,
    rps: responses / elapsed,
    responses,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    non2xx:
      responses - Object.entries(statuses).reduce((sum, [code, n]) => sum + (code[0] === '2' ? n : 0), 0),
    errors,
    timeouts,
    statuses,
    firstErrors,
  }
}

/** The next questions of a list for a server, round and round. */
function take({ questions, at }, port) {
  const count = Math.min(MOST_QUESTIONS, questions.length)
  const from = at.get(port) ?? 0
  return Array.from({ length: count }, (_, index) => questions[(from + index) % questions.length])
}
