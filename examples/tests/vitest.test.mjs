// An app that waits when it is told to, and its test, without a port: vitest run vitest.test.mjs
import { createRunyard } from 'runyard'
import { afterAll, beforeEach, expect, test } from 'vitest'

/** The app: the crew's failed runs. Asked to slow down, it waits as long as it was told and asks again. */
async function failedRuns(fetch, apiKey, wait) {
  for (;;) {
    const response = await fetch('/api/crew-runs?limit=50', { headers: { 'authorization-psk': apiKey } })
    if (response.ok) return (await response.json()).filter(({ status }) => status === 'failed')
    if (response.status !== 429) throw new Error(`Nx1 answered ${response.status}`)
    await wait(Number(response.headers.get('retry-after')))
  }
}

const runyard = await createRunyard({ clock: Date.parse('2026-06-01T12:00:00Z') })
afterAll(() => runyard.close())

// Each test has a sandbox of its own, so tests may run at the same time.
beforeEach(async (context) => {
  context.sandbox = await runyard.sandbox()
  return () => context.sandbox.delete()
})

test('a 429 is waited for, and no longer than asked', async ({ sandbox }) => {
  await sandbox.faults.add({ provider: 'nx1', status: 429, retryAfter: '30s', count: 1 })
  const waits = []
  const runs = await failedRuns(runyard.fetch, sandbox.credentials.nx1.psk.alice, async (seconds) => {
    waits.push(seconds)
    await sandbox.clock.advance(`${seconds}s`)
  })
  expect(waits).toEqual([30])
  expect(runs).not.toHaveLength(0)
  const { exchanges } = await sandbox.journal.list()
  expect(exchanges.map(({ status }) => status)).toEqual([429, 200])
  expect((await sandbox.report()).breaches).toEqual([])
})
