// An app that reads all of an automation's runs, page by page, and its test: tap tap.test.mjs
import { createRunyard } from 'runyard'
import t from 'tap'

/** The app: every run of the automation, newest first. */
async function allRuns(env) {
  const { BASEDASH_API_URL, BASEDASH_ORGANIZATION_ID, BASEDASH_AUTOMATION_ID, BASEDASH_API_KEY } = env
  const automation = `organizations/${BASEDASH_ORGANIZATION_ID}/automations/${BASEDASH_AUTOMATION_ID}`
  const runs = []
  let cursor
  do {
    const query = new URLSearchParams({ limit: 20, ...(cursor && { cursor }) })
    const response = await fetch(`${BASEDASH_API_URL}/${automation}/runs?${query}`, {
      headers: { authorization: `Bearer ${BASEDASH_API_KEY}` },
    })
    if (!response.ok) throw new Error(`Basedash answered ${response.status}`)
    const { data, pagination } = await response.json()
    runs.push(...data)
    cursor = pagination.nextCursor
  } while (cursor)
  return runs
}

const runyard = await createRunyard({ port: 0, clock: Date.parse('2026-06-01T12:00:00Z') })
await runyard.listen()
t.teardown(() => runyard.close())
t.beforeEach(async (t) => (t.context.sandbox = await runyard.sandbox()))
t.afterEach((t) => t.context.sandbox.delete())

t.test('every page is read, once', async (t) => {
  const { env, credentials, journal, report } = t.context.sandbox
  const ids = (await allRuns(env)).map(({ id }) => id)
  t.equal(new Set(ids).size, credentials.basedash.automations[0].runs)
  t.equal((await journal.list()).exchanges.length, Math.ceil(ids.length / 20))
  t.same((await report()).breaches, [])
})
