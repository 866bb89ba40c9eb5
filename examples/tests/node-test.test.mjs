// An app that lists runs with Trigger.dev's own client, and its test: node --test node-test.test.mjs
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { configure, runs } from '@trigger.dev/sdk'
import { createRunyard } from 'runyard'

/** The app: the newest run of a task. */
async function newest(taskIdentifier) {
  const { data } = await runs.list({ taskIdentifier, limit: 10 })
  return data[0]
}

const runyard = await createRunyard({ port: 0, clock: Date.parse('2026-06-01T12:00:00Z') })
await runyard.listen()
const sandbox = await runyard.sandbox({ scenario: 'empty' })
after(() => runyard.close())
beforeEach(() => sandbox.reset())

// configure() is one setting for the whole process. node --test gives each file a process, so each can have a sandbox.
configure({ baseURL: sandbox.baseUrl, accessToken: sandbox.credentials.trigger.prod.secretKey })

test('a run is followed from the queue to its end', async () => {
  assert.equal(await newest('send-invoice'), undefined)
  await sandbox.runs.insert('trigger', { taskIdentifier: 'send-invoice' })
  const seen = new Set()
  for (let run; !run?.isCompleted; await sandbox.clock.advance('1s')) {
    run = await newest('send-invoice')
    seen.add(run.status)
  }
  assert.deepEqual([...seen], ['QUEUED', 'DEQUEUED', 'EXECUTING', 'COMPLETED'])
})

test('a failure is seen, and the contract kept', async () => {
  await sandbox.runs.insert('trigger', { taskIdentifier: 'send-invoice', status: 'FAILED' })
  assert.equal((await newest('send-invoice')).isFailed, true)
  assert.deepEqual((await sandbox.report()).breaches, [])
})
