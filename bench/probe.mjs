// Preloaded into every server that is measured (`node --import`): says what the process used, when it is asked over IPC.
import { subscribe } from 'node:diagnostics_channel'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** How often (ms) the loop is looked at. The histogram holds whole intervals, this one included. */
const RESOLUTION = 10

if (isMainThread && process.env.BENCH_PROBE !== undefined) {
  // For this process, and not for those that it starts.
  delete process.env.BENCH_PROBE

  let served = 0
  // Node's own: counts what was answered, also when its client has stopped counting.
  subscribe('http.server.response.finish', () => {
    served++
  })
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  const delayOf = (ns) => Math.max(0, ns / 1e6 - RESOLUTION)
  process.on('message', (message) => {
    if (message?.probe === undefined) return
    if (message.watch === 'start') {
      delay.reset()
      delay.enable()
    }
    const { user, system } = process.cpuUsage()
    process.send({
      probe: message.probe,
      /** µs */
      cpu: user + system,
      served,
      /** bytes */
      rss: process.memoryUsage.rss(),
      /** ms beyond the interval */
      delay: {
        p50: delayOf(delay.percentile(50)),
        p99: delayOf(delay.percentile(99)),
        max: delayOf(delay.max),
      },
    })
    if (message.watch === 'stop') delay.disable()
  })
  // A listener holds the process; this one must not.
  process.channel?.unref()
  process.on('disconnect', () => process.exit())
}
