import { importJWK, SignJWT } from 'jose'
import { wallNow } from '../../../core/clock.ts'
import { randomHex } from '../../../core/nonce.ts'
import { type Case, Departure, type Expectation, NotApplicable } from '../../contract.ts'
import { ABSENT, body, status } from '../../expect.ts'
import { parseJson, textAt } from '../../json.ts'
import type { Ask } from '../../request.ts'
import type { Session } from '../../session.ts'
import { secretRequest, tokenRequest } from './relations.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const TOKEN = '/auth/v1/token'

/** A client that nobody has made. */
const STRANGER = {
  client_id: 'runyard-verify-00000@nobody.example/pcc',
  client_secret: 'secret-token:nobody',
}

/** A token, which then opens the list. */
const opensTheList: Expectation = {
  says: 'a token that opens the list',
  async check({ json }, session) {
    const token = session.secret(textAt(json, 'access_token') ?? '')
    const list = await session.ask({ as: 'nobody', headers: { authorization: `Bearer ${token}` } })
    return list.status === 200 ? undefined : `status ${list.status} for the list`
  },
}

const A_TOKEN = [
  status(200),
  body({ access_token: String, token_type: 'Bearer', expires_in: Number }),
  opensTheList,
]

const INVALID_CLIENT = [status(401), body({ error: 'invalid_client', access_token: ABSENT })]

interface Departing {
  readonly audience?: string
  /** Seconds from now. */
  readonly expires?: number
  /** Takes the signature of other bytes. */
  readonly forged?: boolean
}

/** As the vendor's SDKs sign (fidelity/conductorone.md §1): EdDSA, a nonce and no typ in the header. */
function assertion({ audience, expires = 120, forged }: Departing = {}): (session: Session) => Promise<Ask> {
  return async (session) => {
    const clientId = session.value('clientId')
    const secret = session.value('clientSecret').split(':').at(-1) ?? ''
    const jwk = parseJson(Buffer.from(secret, 'base64url').toString())
    if (textAt(jwk, 'crv') !== 'Ed25519') throw new NotApplicable('the client secret holds no Ed25519 key')
    const key = await importJWK(
      { kty: 'OKP', crv: 'Ed25519', x: member(jwk, 'x'), d: member(jwk, 'd') },
      'EdDSA',
    )
    const now = Math.floor(wallNow() / 1000)
    const signed = await new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA', nonce: randomHex(16) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience([audience ?? session.host])
      .setIssuedAt(now)
      .setNotBefore(now - 120)
      .setExpirationTime(now + expires)
      .sign(key)
    const [header, claims, signature = ''] = signed.split('.')
    const other = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
    return tokenRequest({
      client_id: clientId,
      grant_type: 'client_credentials',
      client_assertion_type: JWT_BEARER,
      client_assertion: session.secret(forged ? `${header}.${claims}.${other}` : signed),
    })
  }
}

function member(jwk: unknown, name: string): string {
  const value = textAt(jwk, name)
  if (value === undefined) throw new Departure(`the client secret's key has no ${name}`)
  return value
}

const NEEDS = ['clientId', 'clientSecret']

/** The token endpoint. Tokens are minted only by a client that was given; a stranger asks for the refusals. */
export const tokens: readonly Case[] = [
  {
    name: 'a token for client_id and client_secret in the body',
    request: secretRequest,
    expect: A_TOKEN,
    evidence: 'fidelity/conductorone.md §8 #15',
    confidence: 'high',
    needs: NEEDS,
  },
  {
    name: 'a token for a signed assertion',
    request: assertion(),
    expect: A_TOKEN,
    evidence: 'fidelity/conductorone.md §8 #16',
    confidence: 'high',
    needs: NEEDS,
  },
  {
    name: 'no token for a forged assertion',
    request: assertion({ forged: true }),
    expect: INVALID_CLIENT,
    evidence: 'fidelity/conductorone.md §8 #16',
    confidence: 'medium',
    needs: NEEDS,
  },
  {
    name: 'no token for an assertion to somebody else',
    request: assertion({ audience: 'elsewhere.example' }),
    expect: INVALID_CLIENT,
    evidence: 'fidelity/conductorone.md §8 #16',
    confidence: 'medium',
    needs: NEEDS,
  },
  {
    name: 'no token for an assertion that has expired',
    request: assertion({ expires: -600 }),
    expect: INVALID_CLIENT,
    evidence: 'fidelity/conductorone.md §8 #16',
    confidence: 'medium',
    needs: NEEDS,
  },
  {
    name: 'no token for an assertion that lives over five minutes',
    request: assertion({ expires: 3600 }),
    expect: INVALID_CLIENT,
    evidence: 'fidelity/conductorone.md §8 #16',
    confidence: 'medium',
    needs: NEEDS,
  },
  {
    name: 'no token for a client in a Basic header',
    request: {
      ...tokenRequest({ grant_type: 'client_credentials' }),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(Object.values(STRANGER).join(':')).toString('base64')}`,
      },
    },
    expect: [status(400, 401), body({ access_token: ABSENT })],
    evidence: 'fidelity/conductorone.md §8 #17',
    confidence: 'medium',
  },
  {
    name: 'no token for a client that nobody knows: 401 invalid_client',
    request: tokenRequest({ grant_type: 'client_credentials', ...STRANGER }),
    expect: INVALID_CLIENT,
    evidence: 'fidelity/conductorone.md §1',
    confidence: 'low',
  },
  {
    name: 'no token for JSON: 400 with an error',
    request: {
      method: 'POST',
      as: 'nobody',
      path: TOKEN,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', ...STRANGER }),
    },
    expect: [status(400), body({ error: String, access_token: ABSENT })],
    evidence: 'fidelity/conductorone.md §8 #18',
    confidence: 'low',
  },
  {
    name: 'no token for a grant that does not exist: unsupported_grant_type',
    request: tokenRequest({ grant_type: 'urn:runyard:none', ...STRANGER }),
    expect: [status(400), body({ error: 'unsupported_grant_type' })],
    evidence: 'fidelity/conductorone.md §8 #18',
    confidence: 'low',
  },
  {
    name: 'no token for GET: 404 or 405',
    request: { path: TOKEN, as: 'nobody' },
    expect: [status(404, 405)],
    evidence: 'fidelity/conductorone.md §8 #18',
    confidence: 'low',
  },
]
