import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { capture, questionsOf } from './operations.mjs'
import { freePort, start } from './server.mjs'

/** Starts a contestant on a free port. `given`: what its command line depends on; `how`: how the process is started. */
export async function launch(contestant, given = {}, how = {}) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'runyard-bench-'))
  return start({ ...contestant.serve({ ...given, port, folder }), port, ...how })
}

/** What Runyard's health is asked with: it answers nobody before it is ready. */
export const HEALTH = { path: '/_runyard/health' }

/** Starts a Runyard and waits until it answers. Resolves with the server, and the questions that its credentials open. */
export async function launchRunyard(contestant, how = {}) {
  const server = await launch(contestant, {}, how)
  const startMs = await server.until200(HEALTH)
  const sandbox = await (await fetch(`${server.url}/_runyard/sandboxes/default`)).json()
  return { server, startMs, sandbox, questions: questionsOf(sandbox) }
}

/** What Runyard sends for these questions, for the bare servers to send too. */
export function captureAll(url, questions) {
  return Promise.all(questions.map((question) => capture(url, question)))
}
