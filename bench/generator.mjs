// The load, in a process of its own on a core of its own: runs what it is told over IPC.
import autocannon from 'autocannon'
import { quantile } from './statistics.mjs'

/** How often (ms) autocannon looks whether it is over. */
const LOOK = 50
/** How many questions of a list one round takes at most: their bytes are made before it begins. */
const MOST_QUESTIONS = 20_000

/** Lists of questions by name, each with the place where the next round goes on. */
const lists = new Map()

process.on('message', (job) => {
  if (job.keep !== undefined) {
    lists.set(job.keep, { questions: job.questions, at: 0 })
    process.send({ id: job.id })
    return
  }
  run(job).then(
    (result) => process.send({ id: job.id, result }),
    (error) => process.send({ id: job.id, error: String(error?.stack ?? error) }),
  )
})
process.on('disconnect', () => process.exit())

function run({ url, connections, seconds, list, isRepeated, most = MOST_QUESTIONS, timeout = 30 }) {
  const kept = lists.get(list)
  const questions = isRepeated ? kept.questions : take(kept, most)
  const shares = Array.from({ length: connections }, () => [])
  if (isRepeated) for (const [index, share] of shares.entries()) share.push(...turned(questions, index))
  else for (const [index, question] of questions.entries()) shares[index % connections].push(question)
  return new Promise((resolve, reject) => {
    const times = []
    let next = 0
    let startedAt = performance.now()
    let firstErrors = []
    const instance = autocannon(
      {
        url,
        connections,
        duration: seconds,
        sampleInt: LOOK,
        timeout,
        setupClient: (client) => client.setRequests(shares[next++ % connections]),
      },
      (error, result) => {
        if (error) return reject(error)
        const elapsed = (performance.now() - startedAt) / 1000
        if (!isRepeated) kept.at += times.length
        times.sort((a, b) => a - b)
        const { non2xx, errors, timeouts, statusCodeStats } = result
        resolve({
          seconds: elapsed,
          rps: times.length / elapsed,
          responses: times.length,
          p50: quantile(times, 0.5),
          p99: quantile(times, 0.99),
          non2xx,
          errors,
          timeouts,
          statuses: Object.fromEntries(
            Object.entries(statusCodeStats).map(([code, { count }]) => [code, count]),
          ),
          firstErrors,
        })
      },
    )
    instance.on('start', () => {
      startedAt = performance.now()
    })
    instance.on('response', (_client, _status, _bytes, time) => times.push(time))
    instance.on('reqError', (error) => {
      if (firstErrors.length < 3) firstErrors = [...firstErrors, String(error?.message ?? error)]
    })
  })
}

/** The next questions of a list, round and round. */
function take({ questions, at }, most) {
  return Array.from(
    { length: Math.min(most, questions.length) },
    (_, index) => questions[(at + index) % questions.length],
  )
}

/** The list from another place on, so that connections do not all ask the same at once. */
function turned(questions, by) {
  const at = by % questions.length
  return [...questions.slice(at), ...questions.slice(0, at)]
}
