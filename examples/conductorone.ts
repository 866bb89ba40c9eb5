// Lists ConductorOne's role mining runs as its SDKs do it: a token for a signed assertion, then the list.
//   npx tsx conductorone.ts
// Reads CONDUCTORONE_SERVER_URL, _CLIENT_ID and _CLIENT_SECRET. For https: NODE_EXTRA_CA_CERTS=<ca.pem>. With the vendor's
// client (npm install conductorone-sdk-typescript) all of it is:
//   new ConductoroneSDKTypescript({ serverURL, clientID, clientSecret }).roleMiningManagement.listRuns()
import { createPrivateKey, randomBytes, sign } from 'node:crypto'

const { CONDUCTORONE_SERVER_URL = '', CONDUCTORONE_CLIENT_ID, CONDUCTORONE_CLIENT_SECRET = '' } = process.env
const server = new URL(CONDUCTORONE_SERVER_URL)
// secret-token:conductorone.com:v1:<a private key as JWK>
const jwk = Buffer.from(CONDUCTORONE_CLIENT_SECRET.split(':')[3] ?? '', 'base64url').toString()
const now = Math.floor(Date.now() / 1000)
const parts = [
  { alg: 'EdDSA', nonce: randomBytes(16).toString('hex') },
  {
    ...{ iss: CONDUCTORONE_CLIENT_ID, sub: CONDUCTORONE_CLIENT_ID, aud: [server.hostname] },
    ...{ iat: now, nbf: now - 120, exp: now + 120 },
  },
].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
const key = createPrivateKey({ key: JSON.parse(jwk), format: 'jwk' })
const signature = sign(null, Buffer.from(parts.join('.')), key).toString('base64url')

const body = new URLSearchParams({
  client_id: `${CONDUCTORONE_CLIENT_ID}`,
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: [...parts, signature].join('.'),
})
const { access_token } = await ask('/auth/v1/token', { method: 'POST', body })
const { list } = await ask('/api/v1/role-mining/runs', {
  headers: { authorization: `Bearer ${access_token}` },
})
for (const run of list) console.log(run.createdAt, run.status, run.id, run.suggestionsGenerated)

async function ask(path: string, init: RequestInit) {
  const response = await fetch(new URL(path, server), init)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return response.json() as Promise<{ access_token: string; list: Record<string, unknown>[] }>
}
