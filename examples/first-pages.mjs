// Asks each of the four APIs for its first page of runs, as an application would: where it is and who asks come from the
// environment, in the names that the vendors' own clients read where they have any (default.env has Runyard's). Needs
// Node and nothing else. Ends with 1 when an API cannot be reached or refuses.
const { env } = process

const APIS = [
  {
    name: 'ConductorOne',
    url: `${env.CONDUCTORONE_SERVER_URL}/api/v1/role-mining/runs`,
    headers: { authorization: `Bearer ${env.CONDUCTORONE_ACCESS_TOKEN}` },
    runs: (body) => body.list,
  },
  {
    name: 'Trigger.dev',
    url: `${env.TRIGGER_API_URL}/api/v1/runs`,
    headers: { authorization: `Bearer ${env.TRIGGER_SECRET_KEY}` },
    runs: (body) => body.data,
  },
  {
    name: 'Nx1',
    url: `${env.NX1_HOST}/api/crew-runs`,
    headers: { 'authorization-psk': env.NX1_API_KEY },
    runs: (body) => body,
  },
  {
    name: 'Basedash',
    url: `${env.BASEDASH_API_URL}/organizations/${env.BASEDASH_ORGANIZATION_ID}/automations/${env.BASEDASH_AUTOMATION_ID}/runs`,
    headers: { authorization: `Bearer ${env.BASEDASH_API_KEY}` },
    runs: (body) => body.data,
  },
]

for (const api of APIS) console.log(`${api.name.padEnd(13)} ${await firstPage(api)}`)

async function firstPage({ url, headers, runs }) {
  try {
    const response = await fetch(url, { headers })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    const page = runs(JSON.parse(text))
    const newest = page[0] && `, the newest ${page[0].id} (${page[0].status})`
    return `${page.length} runs${newest ?? ''}`
  } catch (error) {
    process.exitCode = 1
    return `failed: ${error.cause?.message ?? error.message}`
  }
}
