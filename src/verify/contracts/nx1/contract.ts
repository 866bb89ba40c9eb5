import type { Access, Account, Case, Contract } from '../../contract.ts'
import { body, bodyIs, eachRun, header, keepsToDocument, status, textIs } from '../../expect.ts'
import { at, listAt, textAt } from '../../json.ts'
import { fills, newestFirst, samePageAs } from '../../pages.ts'
import { codeWorksOnce, loginPage, tokenForm } from './login.ts'
import { adminSeesMore, ownOnly, serviceToken, statesHang } from './relations.ts'

const ALLOWS_GET = [status(405), header('allow', 'GET')]
const REFUSED = [status(401), body({ detail: String })]

/** Of every run, in this order (fidelity/nx1.md §A4). */
const MEMBERS =
  'id,correlation_id,owner_id,crew_type,crew_config,task_input,status,result,error,created_at,started_at,completed_at'

const NO_INTEGER = 'Input should be a valid integer, unable to parse string as an integer'
const TOO_LONG = 'Unable to parse input string as an integer, exceeded maximum size'
const LONG = '9'.repeat(4301)

/** Pydantic's refusal of a limit: no `url` and no `ctx`. */
const unreadable = (input: string, type = 'int_parsing', msg = NO_INTEGER) => [
  status(422),
  bodyIs({ detail: [{ type, loc: ['query', 'limit'], msg, input }] }),
  keepsToDocument,
]

const who: readonly Case[] = [
  {
    name: 'no credential: 401',
    request: { as: 'nobody' },
    expect: REFUSED,
    evidence: 'fidelity/nx1.md §A7 A3',
    confidence: 'high',
  },
  {
    name: 'a wrong key: 401',
    request: { as: 'nobody', headers: { 'authorization-psk': 'psk_prod_runyardnobody' } },
    expect: REFUSED,
    evidence: 'fidelity/nx1.md §A7 A4',
    confidence: 'medium',
  },
  {
    name: 'a token that nobody signed: 401',
    request: {
      as: 'nobody',
      headers: { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2ln' },
    },
    expect: REFUSED,
    evidence: 'fidelity/nx1.md §A7 A4',
    confidence: 'medium',
  },
  {
    name: 'no credential and a bad limit: 401, for who asks comes first',
    request: { as: 'nobody', query: 'limit=abc' },
    expect: REFUSED,
    evidence: 'fidelity/nx1.md §A7 A5',
    confidence: 'high',
  },
  {
    name: 'an OAuth token: 200',
    request: { as: 'bearer' },
    expect: [status(200), keepsToDocument],
    evidence: 'fidelity/nx1.md §A7 A2',
    confidence: 'high',
  },
  {
    name: 'an OAuth token after bearer in lower case: 200',
    request: { as: 'lowerCase' },
    expect: [status(200), keepsToDocument],
    evidence: 'fidelity/nx1.md §A7 A2',
    confidence: 'high',
  },
  {
    name: 'a user sees their own runs',
    request: { as: 'user' },
    expect: [status(200), ownOnly],
    evidence: 'fidelity/nx1.md §A7 A18',
    confidence: 'high',
  },
  {
    name: 'an admin sees the runs of all',
    request: { as: 'admin', query: 'limit=1000' },
    expect: [status(200), adminSeesMore],
    evidence: 'fidelity/nx1.md §A7 A18',
    confidence: 'high',
    needs: ['user'],
  },
]

const lists: readonly Case[] = [
  {
    name: 'the list: runs that keep to the document, as JSON without a charset',
    request: {},
    expect: [status(200), header('content-type', 'application/json'), keepsToDocument],
    evidence: 'fidelity/nx1.md §A7 A1',
    confidence: 'high',
  },
  {
    name: 'every run has all twelve members, in order',
    request: {},
    expect: [status(200), eachRun(MEMBERS, (run) => Object.keys(Object(run)).join() === MEMBERS)],
    evidence: 'fidelity/nx1.md §A7 A1',
    confidence: 'high',
  },
  {
    name: 'newest first',
    request: {},
    expect: [status(200), newestFirst],
    evidence: 'fidelity/nx1.md §A7 A19',
    confidence: 'medium',
  },
  {
    name: 'a run’s state, times, result and error hang together',
    request: { query: 'limit=1000' },
    expect: [status(200), statesHang],
    evidence: 'fidelity/nx1.md §A7 A20',
    confidence: 'medium',
  },
  {
    name: 'without a limit: a hundred',
    request: {},
    expect: [status(200), fills(100)],
    evidence: 'fidelity/nx1.md §A7 A11',
    confidence: 'high',
  },
  {
    name: 'limit=150: no maximum',
    request: { query: 'limit=150' },
    expect: [status(200), fills(150)],
    evidence: 'fidelity/nx1.md §A7 A11',
    confidence: 'high',
  },
  ...['%205', '+5', '%2B5', '5.0', '005', '5%20'].map(
    (text): Case => ({
      name: `limit=${text}: five`,
      request: { query: `limit=${text}` },
      expect: [status(200), fills(5)],
      evidence: 'fidelity/nx1.md §A7 A8, §A1',
      confidence: 'high',
    }),
  ),
  {
    name: 'limit=1_000: a thousand',
    request: { query: 'limit=1_000' },
    expect: [status(200), fills(1000)],
    evidence: 'fidelity/nx1.md §A7 A9',
    confidence: 'high',
  },
  {
    name: 'a limit given twice: the last one counts',
    request: { query: 'limit=5&limit=2' },
    expect: [status(200), fills(2)],
    evidence: 'fidelity/nx1.md §A7 A10',
    confidence: 'high',
  },
  {
    name: 'limit=0: none',
    request: { query: 'limit=0' },
    expect: [status(200), bodyIs([])],
    evidence: 'fidelity/nx1.md §A7 A12',
    confidence: 'medium',
  },
  ...['-1', '99999999999999999999'].map(
    (text): Case => ({
      name: `limit=${text} is an integer: no 422`,
      request: { query: `limit=${text}` },
      expect: [status(200, 500)],
      evidence: 'fidelity/nx1.md §A7 A13',
      confidence: 'high',
    }),
  ),
  {
    name: 'parameters that do not exist are ignored, and names have a case',
    request: { query: 'foo=1&Limit=abc' },
    expect: [status(200), samePageAs('')],
    evidence: 'fidelity/nx1.md §A7 A21',
    confidence: 'high',
  },
]

const refused: readonly Case[] = [
  ...['abc', '1.5', '', '1e3', 'true'].map(
    (text): Case => ({
      name: `limit=${text}: 422 in pydantic's words`,
      request: { query: `limit=${text}` },
      expect: unreadable(text),
      evidence: `fidelity/nx1.md §A7 ${text === 'abc' ? 'A6' : 'A7'}`,
      confidence: 'high',
    }),
  ),
  {
    name: 'a limit given twice, the last one bad: 422',
    request: { query: 'limit=2&limit=x' },
    expect: unreadable('x'),
    evidence: 'fidelity/nx1.md §A7 A10',
    confidence: 'high',
  },
  {
    name: 'a limit of 4301 digits: 422 that says it is too long',
    request: { query: `limit=${LONG}` },
    expect: unreadable(LONG, 'int_parsing_size', TOO_LONG),
    evidence: 'fidelity/nx1.md §A7 A14',
    confidence: 'high',
  },
]

const transport: readonly Case[] = [
  {
    name: 'POST without a credential: 405, for the method comes first',
    request: { method: 'POST', as: 'nobody', body: '{}' },
    expect: [...ALLOWS_GET, bodyIs({ detail: 'Method Not Allowed' })],
    evidence: 'fidelity/nx1.md §A7 A15',
    confidence: 'high',
  },
  {
    name: 'HEAD: 405',
    request: { method: 'HEAD', as: 'nobody' },
    expect: [...ALLOWS_GET, textIs('')],
    evidence: 'fidelity/nx1.md §A7 A15',
    confidence: 'high',
  },
  {
    name: 'OPTIONS: 405, unless there is CORS in front',
    request: { method: 'OPTIONS', as: 'nobody' },
    expect: ALLOWS_GET,
    evidence: 'fidelity/nx1.md §A7 A15',
    confidence: 'medium',
  },
  {
    name: 'a slash too many: 307 to the path without it, query kept',
    request: { path: '/api/crew-runs/', query: 'limit=2', as: 'nobody' },
    expect: [status(307), header('location', /^https?:\/\/[^/]+\/(.+\/)?api\/crew-runs\?limit=2$/)],
    evidence: 'fidelity/nx1.md §A7 A16',
    confidence: 'high',
  },
  {
    name: 'an unknown path: 404',
    request: { path: '/api/crew-run', as: 'nobody' },
    expect: [status(404), bodyIs({ detail: 'Not Found' })],
    evidence: 'fidelity/nx1.md §A7 A17',
    confidence: 'high',
  },
  {
    name: 'a code that was never given: 400 invalid_grant',
    request: (session) =>
      tokenForm(session, {
        grant_type: 'authorization_code',
        client_id: session.value('clientId'),
        code: 'runyard.no.code',
        redirect_uri: session.value('redirectUri'),
      }),
    expect: [status(400), bodyIs({ error: 'invalid_grant', error_description: 'Code not valid' })],
    evidence: 'fidelity/nx1.md §A7 A22, §A5',
    confidence: 'high',
  },
  {
    name: 'the authorization code flow with PKCE: the token opens the list, and the code works once',
    request: loginPage,
    expect: [status(200), codeWorksOnce],
    evidence: 'fidelity/nx1.md §A7 A22',
    confidence: 'high',
    needs: ['username', 'password'],
  },
]

/** Nx1's crew run history: the black-box table of fidelity/nx1.md §A7. */
export const nx1: Contract = {
  provider: 'nx1',
  title: 'Nx1',
  path: '/api/crew-runs',
  variables: 'NX1_API_KEY',
  fromEnvironment: ({ NX1_API_KEY: key }) => ({ psk: { general: key } }),
  access,
  list: {
    runs: (page) => listAt(page),
    createdAt: 'created_at',
    next: () => undefined,
    longest: 'limit=2000',
  },
  cases: [...who, ...lists, ...refused, ...transport],
}

/** The key that sees most is who asks; the first user that is no admin is the user. */
function access(credentials: unknown): Access | undefined {
  const keys = Object.entries(Object(at(credentials, 'psk'))).flatMap(([holder, key]) =>
    typeof key === 'string' && key !== '' ? [{ holder, key }] : [],
  )
  const keyOf = (wanted: string): string | undefined => keys.find(({ holder }) => holder === wanted)?.key
  const admin = keyOf('admin')
  const main = admin ?? keyOf('general') ?? keys[0]?.key
  const user = keys.find(({ holder }) => holder !== 'admin' && holder !== 'general')?.key
  const token = textAt(credentials, 'oauth', 'accessToken')
  const password = textAt(credentials, 'oauth', 'users', 0, 'password')
  // A password that is the user's name is no secret, and a word that a report needs.
  const isSecret = password !== textAt(credentials, 'oauth', 'users', 0, 'username')
  const values = {
    issuer: textAt(credentials, 'oauth', 'issuer'),
    clientId: textAt(credentials, 'oauth', 'clientId'),
    redirectUri: textAt(credentials, 'oauth', 'redirectUri') ?? 'http://127.0.0.1/',
    username: textAt(credentials, 'oauth', 'users', 0, 'username'),
    password,
    serviceId: textAt(credentials, 'oauth', 'service', 'clientId'),
    serviceSecret: textAt(credentials, 'oauth', 'service', 'clientSecret'),
  }
  const bearer: Account | undefined =
    token === undefined
      ? values.serviceSecret === undefined
        ? undefined
        : serviceToken('Bearer')
      : { authorization: `Bearer ${token}` }
  if (main === undefined) return undefined
  const asKey = (key: string): Account => ({ 'authorization-psk': key })
  return {
    accounts: {
      main: asKey(main),
      ...(admin !== undefined && { admin: asKey(admin) }),
      ...(user !== undefined && { user: asKey(user) }),
      ...(bearer !== undefined && { bearer }),
      ...(bearer !== undefined && {
        lowerCase: token === undefined ? serviceToken('bearer') : { authorization: `bearer ${token}` },
      }),
    },
    values: Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    secrets: [
      ...keys.map(({ key }) => key),
      token,
      values.serviceSecret,
      isSecret ? password : undefined,
    ].filter((secret) => secret !== undefined),
  }
}
