/** The operations that are measured, by the names of the tables. */
export const OPERATIONS = [
  { id: 'c1-list', title: 'ConductorOne list', provider: 'conductorone' },
  { id: 'c1-latest', title: 'ConductorOne latest', provider: 'conductorone' },
  { id: 'trigger', title: 'Trigger.dev list', provider: 'trigger' },
  { id: 'nx1', title: 'Nx1 list', provider: 'nx1' },
  { id: 'basedash', title: 'Basedash list', provider: 'basedash' },
]

export const PROVIDERS = [...new Set(OPERATIONS.map(({ provider }) => provider))]

/** A page of 25 runs of each operation, asked with the default sandbox's credentials: `{ path, headers }` by id. */
export function questionsOf({ credentials: { conductorone, trigger, nx1, basedash } }) {
  const c1 = { authorization: `Bearer ${conductorone.admin.bearer}` }
  const automation = `organizations/${basedash.organizationId}/automations/${basedash.automations[0].id}`
  return {
    // 25 is its size without a parameter, and the vendor's document has none.
    'c1-list': { path: '/api/v1/role-mining/runs', headers: c1 },
    'c1-latest': { path: '/api/v1/role-mining/runs/latest', headers: c1 },
    trigger: {
      path: '/api/v1/runs?page%5Bsize%5D=25',
      headers: { authorization: `Bearer ${trigger.prod.secretKey}` },
    },
    nx1: { path: '/api/crew-runs?limit=25', headers: { 'authorization-psk': nx1.psk.admin } },
    basedash: {
      path: `/api/public/${automation}/runs?limit=25`,
      headers: { authorization: `Bearer ${basedash.admin.apiKey}` },
    },
  }
}

/** What belongs to a connection and a moment, and not to what is said. */
const OF_THE_CONNECTION = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

/** What a server says to a question: what bare servers send for it. Throws when it is not a 200. */
export async function capture(url, { path, headers }) {
  const response = await fetch(url + path, { headers })
  const body = await response.text()
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body}`)
  const kept = [...response.headers].filter(([name]) => !OF_THE_CONNECTION.includes(name))
  return { path: path.split('?')[0], headers: Object.fromEntries(kept), body }
}
