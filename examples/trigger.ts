// Lists the newest runs of a Trigger.dev environment with the vendor's client, a page at a time.
//   npm install @trigger.dev/sdk && npx tsx trigger.ts
// The client reads TRIGGER_API_URL and TRIGGER_SECRET_KEY itself. For https: NODE_EXTRA_CA_CERTS=<ca.pem>.
import { runs } from '@trigger.dev/sdk'

const failed = await runs.list({ status: ['FAILED', 'CRASHED'], limit: 10 })
for (const run of failed.data)
  console.log(run.createdAt.toISOString(), run.status, run.id, run.taskIdentifier)

let count = 0
for await (const _run of runs.list({ limit: 100 })) count++
console.log(`${failed.data.length} failures on the first page, ${count} runs in all`)
