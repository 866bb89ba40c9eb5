import type { Access, Case, Contract } from '../../contract.ts'
import { ABSENT, body, eachRun, header, keepsToDocument, status } from '../../expect.ts'
import { at, listAt, textAt } from '../../json.ts'
import { newestFirst, samePageAs, walksWith } from '../../pages.ts'
import { emptyLatest, isTheNewest, minted, traced } from './relations.ts'
import { tokens } from './tokens.ts'

const LATEST = '/api/v1/role-mining/runs/latest'
const SERVICE = 'c1\\.api\\.role_mining_management\\.v1\\.RoleMiningManagementService'
const JSON_ONLY = header('content-type', 'application/json')
const UNAUTHENTICATED = [
  status(401),
  JSON_ONLY,
  body({ code: 16, message: String, list: ABSENT, run: ABSENT }),
  traced,
]
const RUN = /^[0-9A-Za-z]{27}$/

const who: readonly Case[] = [
  {
    name: 'no token: 401, code 16',
    request: { as: 'nobody' },
    expect: UNAUTHENTICATED,
    evidence: 'fidelity/conductorone.md §8 #5',
    confidence: 'high',
  },
  {
    name: 'no token for the latest run: 401, code 16',
    request: { path: LATEST, as: 'nobody' },
    expect: UNAUTHENTICATED,
    evidence: 'fidelity/conductorone.md §8 #5',
    confidence: 'high',
  },
  ...['Bearer', 'Bearer ', 'Basic eDp5'].map(
    (authorization): Case => ({
      name: `Authorization: ${authorization}${authorization.endsWith(' ') ? '(a space)' : ''}: 401`,
      request: { as: 'nobody', headers: { authorization } },
      expect: UNAUTHENTICATED,
      evidence: 'fidelity/conductorone.md §8 #6',
      confidence: 'medium',
    }),
  ),
  {
    name: 'bearer in lower case: 200',
    request: { as: 'lowerCase' },
    expect: [status(200)],
    evidence: 'fidelity/conductorone.md §8 #6',
    confidence: 'low',
  },
  {
    name: 'an unknown token: 401, code 16',
    request: {
      as: 'nobody',
      headers: { authorization: 'Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJub2JvZHkifQ.c2ln' },
    },
    expect: UNAUTHENTICATED,
    evidence: 'fidelity/conductorone.md §8 #7',
    confidence: 'high',
  },
  {
    name: 'a token without the role: 403, code 7, naming the permission',
    request: { as: 'basic' },
    expect: [
      status(403),
      body({ code: 7, message: new RegExp(`missing permission/${SERVICE}\\.ListRuns`) }),
      traced,
    ],
    evidence: 'fidelity/conductorone.md §8 #8',
    confidence: 'medium',
  },
  {
    name: 'a token without the role, for the latest run: 403, naming that permission',
    request: { path: LATEST, as: 'basic' },
    expect: [
      status(403),
      body({ code: 7, message: new RegExp(`missing permission/${SERVICE}\\.GetLatestRun`) }),
      traced,
    ],
    evidence: 'fidelity/conductorone.md §8 #8',
    confidence: 'medium',
  },
]

const lists: readonly Case[] = [
  {
    name: 'the list: a page that keeps to the document',
    request: {},
    expect: [status(200), JSON_ONLY, body({ nextPageToken: String }), keepsToDocument],
    evidence: 'fidelity/conductorone.md §8 #1',
    confidence: 'high',
  },
  {
    name: 'the list: newest first',
    request: {},
    expect: [status(200), newestFirst],
    evidence: 'fidelity/conductorone.md §8 #1',
    confidence: 'high',
  },
  {
    name: 'each run: an id in base62, counts as numbers, no error without a failure',
    request: {},
    expect: [
      status(200),
      eachRun(
        'id, counts and errorMessage',
        (run) =>
          RUN.test(textAt(run, 'id') ?? '') &&
          ['totalUsers', 'cohortsAnalyzed', 'suggestionsGenerated'].every(
            (name) => typeof at(run, name) === 'number',
          ) &&
          (at(run, 'status') === 'RUN_STATUS_FAILED' || at(run, 'errorMessage') === ''),
      ),
    ],
    evidence: 'fidelity/conductorone.md §3, §6',
    confidence: 'medium',
  },
  {
    name: 'a run that is not over has no completedAt',
    request: {},
    expect: [
      status(200),
      eachRun(
        'completedAt when it is over, and not there before',
        (run) => isOver(run) === (at(run, 'completedAt') !== undefined),
      ),
    ],
    evidence: 'fidelity/conductorone.md §8 #21',
    confidence: 'high',
    fidelity: 'spec',
  },
  {
    name: 'a run that is not over has completedAt: null',
    request: {},
    expect: [
      status(200),
      eachRun(
        'completedAt when it is over, and null before',
        (run) => isOver(run) === (at(run, 'completedAt') !== null),
      ),
    ],
    evidence: 'fidelity/conductorone.md §8 #21, §0.1',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'the latest run is the first of the list',
    request: { path: LATEST },
    expect: [status(200), JSON_ONLY, keepsToDocument, isTheNewest],
    evidence: 'fidelity/conductorone.md §8 #2',
    confidence: 'high',
  },
  {
    name: 'a tenant without runs: an empty list, and no latest run',
    request: {},
    expect: [status(200), emptyLatest({ spec: {}, live: { run: null } })],
    evidence: 'fidelity/conductorone.md §8 #3, #4',
    confidence: 'medium',
  },
  {
    name: 'unknown parameters are ignored',
    request: { query: 'foo=1&state=x' },
    expect: [status(200), samePageAs('')],
    evidence: 'fidelity/conductorone.md §8 #9',
    confidence: 'high',
  },
  {
    name: 'an empty page_token: the first page',
    request: { query: 'page_token=' },
    expect: [status(200), samePageAs('')],
    evidence: 'fidelity/conductorone.md §8 #12',
    confidence: 'high',
  },
  {
    name: 'page_size=abc is not read: 200',
    request: { query: 'page_size=abc' },
    expect: [status(200), samePageAs('')],
    evidence: 'fidelity/conductorone.md §8 #10',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'page_size and page_token are not read: all runs on one page',
    request: { query: 'page_size=10&page_token=nope' },
    expect: [status(200), body({ nextPageToken: '' }), samePageAs('')],
    evidence: 'fidelity/conductorone.md §0.3, §5',
    confidence: 'medium',
    fidelity: 'live',
  },
  {
    name: 'page_size=abc: 400, code 3',
    request: { query: 'page_size=abc' },
    expect: [
      status(400),
      body({ code: 3, message: /^pageSize is not a valid int: strconv.ParseInt: parsing "abc"/ }),
    ],
    evidence: 'fidelity/conductorone.md §8 #10, §4',
    confidence: 'medium',
    fidelity: 'spec',
  },
  {
    name: 'ten by ten: each run once, newest first',
    request: { query: 'page_size=10' },
    expect: [status(200), walksWith('page_size=10')],
    evidence: 'fidelity/conductorone.md §8 #11',
    confidence: 'medium',
    fidelity: 'spec',
  },
]

const transport: readonly Case[] = [
  {
    name: 'a slash too many: 301 to the path without it',
    request: { path: '/api/v1/role-mining/runs/' },
    expect: [status(301), header('location', /\/api\/v1\/role-mining\/runs$/)],
    evidence: 'fidelity/conductorone.md §8 #13',
    confidence: 'medium',
  },
  {
    name: 'an unknown path: 404, code 5',
    request: { path: '/api/v1/role-mining/runs/nosuch' },
    expect: [status(404), JSON_ONLY, body({ code: 5, message: String })],
    evidence: 'fidelity/conductorone.md §8 #14',
    confidence: 'low',
  },
  {
    name: 'POST without a token: 404, for the gateway knows no 405',
    request: { method: 'POST', as: 'nobody' },
    expect: [status(404)],
    evidence: 'fidelity/conductorone.md §8 #14',
    confidence: 'low',
  },
  {
    name: 'an empty cookie header, as the vendor’s SDK sends one: 200',
    request: { headers: { cookie: '', 'accept-language': '*' } },
    expect: [status(200), keepsToDocument],
    evidence: 'fidelity/conductorone.md §8 #24',
    confidence: 'high',
  },
]

function isOver(run: unknown): boolean {
  return at(run, 'status') === 'RUN_STATUS_COMPLETED' || at(run, 'status') === 'RUN_STATUS_FAILED'
}

/** ConductorOne's role mining runs and token endpoint: the black-box table of fidelity/conductorone.md §8. */
export const conductorone: Contract = {
  provider: 'conductorone',
  title: 'ConductorOne',
  path: '/api/v1/role-mining/runs',
  variables: 'CONDUCTORONE_ACCESS_TOKEN, or CONDUCTORONE_CLIENT_ID and CONDUCTORONE_CLIENT_SECRET',
  fromEnvironment: (environment) => ({
    admin: {
      bearer: environment.CONDUCTORONE_ACCESS_TOKEN,
      clientId: environment.CONDUCTORONE_CLIENT_ID,
      clientSecret: environment.CONDUCTORONE_CLIENT_SECRET,
    },
  }),
  access,
  list: {
    runs: (page) => listAt(page, 'list'),
    createdAt: 'createdAt',
    next(page) {
      const token = textAt(page, 'nextPageToken')
      return token && `page_token=${encodeURIComponent(token)}`
    },
  },
  cases: [...who, ...lists, ...tokens, ...transport],
}

/** A token that was given, or else one minted with the client's secret. */
function access(credentials: unknown): Access | undefined {
  const bearer = textAt(credentials, 'admin', 'bearer')
  const clientId = textAt(credentials, 'admin', 'clientId')
  const clientSecret = textAt(credentials, 'admin', 'clientSecret')
  const basic = textAt(credentials, 'basic', 'bearer')
  const client = clientId !== undefined && clientSecret !== undefined && { clientId, clientSecret }
  if (bearer === undefined && !client) return undefined
  return {
    accounts: {
      main: bearer === undefined ? minted : { authorization: `Bearer ${bearer}` },
      ...(bearer !== undefined && { lowerCase: { authorization: `bearer ${bearer}` } }),
      ...(basic !== undefined && { basic: { authorization: `Bearer ${basic}` } }),
    },
    values: client || {},
    secrets: [bearer, clientSecret, basic].filter((secret) => secret !== undefined),
  }
}
