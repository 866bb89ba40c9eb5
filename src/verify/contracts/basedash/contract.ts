import type { Access, Case, Contract } from '../../contract.ts'
import { ABSENT, body, eachRun, header, keepsToDocument, status } from '../../expect.ts'
import { at, listAt, textAt } from '../../json.ts'
import { fills, newestFirst, walksWith } from '../../pages.ts'
import { afterTheOldest, echoesThePath, exactlyAPage, nextIsTheLast, sameRefusal } from './relations.ts'

const RUNS = '/api/public/organizations/{organizationId}/automations/{automationId}/runs'
const UNKNOWN = '/api/public/organizations/{organizationId}/automations/runyardnosuchautomation/runs'

const refused = (code: number, title: string) => [
  status(code),
  header('content-type', /^application\/json/),
  body({ data: ABSENT, error: { title, detail: String } }),
]
const NOT_FOUND = refused(404, 'NotFound')
const EMPTY = body({ data: [], pagination: { nextCursor: null, hasMore: false } })

/** Of every run, and nothing else: the document's nine. */
const MEMBERS = 'automationId,createdAt,id,isManualRun,memberId,name,organizationId,status,updatedAt'

const who: readonly Case[] = [
  {
    name: 'no key: 401',
    request: { as: 'nobody' },
    expect: [...refused(401, 'Unauthorized'), keepsToDocument],
    evidence: 'fidelity/basedash.md §B7 B2, B3',
    confidence: 'high',
  },
  ...['Basic eDp5', 'Bearer', 'Bearer bd_key_00000000000000000000000000000000'].map(
    (authorization): Case => ({
      name: `Authorization: ${authorization}: 401`,
      request: { as: 'nobody', headers: { authorization } },
      expect: refused(401, 'Unauthorized'),
      evidence: 'fidelity/basedash.md §B7 B2',
      confidence: 'high',
    }),
  ),
  {
    name: 'an automation that does not exist: 404',
    request: { path: UNKNOWN },
    expect: NOT_FOUND,
    evidence: 'fidelity/basedash.md §B7 B4',
    confidence: 'high',
  },
  {
    name: 'a member who is no admin: the 404 of an automation that does not exist',
    request: { as: 'member' },
    expect: [...NOT_FOUND, sameRefusal(UNKNOWN)],
    evidence: 'fidelity/basedash.md §B7 B5',
    confidence: 'high',
  },
  {
    name: 'another organization’s automation: 404',
    request: { path: '/api/public/organizations/{organizationId}/automations/{otherAutomationId}/runs' },
    expect: NOT_FOUND,
    evidence: 'fidelity/basedash.md §B7 B6',
    confidence: 'high',
  },
  {
    name: 'an organization that does not exist: 404',
    request: { path: '/api/public/organizations/runyardnosuchorganization/automations/{automationId}/runs' },
    expect: NOT_FOUND,
    evidence: 'fidelity/basedash.md §B7 B7',
    confidence: 'high',
  },
]

const lists: readonly Case[] = [
  {
    name: 'the list: a page that keeps to the document',
    request: {},
    expect: [status(200), keepsToDocument],
    evidence: 'fidelity/basedash.md §B7 B1',
    confidence: 'high',
  },
  {
    name: 'every run has exactly the nine members',
    request: {},
    expect: [status(200), eachRun(MEMBERS, (run) => Object.keys(Object(run)).sort().join() === MEMBERS)],
    evidence: 'fidelity/basedash.md §B7 B1',
    confidence: 'high',
  },
  {
    name: 'every run: a state of the three, times in JavaScript’s form, the ids of the path',
    request: {},
    expect: [
      status(200),
      eachRun(
        'GENERATING, FINISHED or null; milliseconds and Z',
        (run) =>
          [null, 'GENERATING', 'FINISHED'].some((state) => at(run, 'status') === state) &&
          ['createdAt', 'updatedAt'].every((name) => /T.*\.\d{3}Z$/.test(textAt(run, name) ?? '')),
      ),
      echoesThePath,
    ],
    evidence: 'fidelity/basedash.md §B7 B18',
    confidence: 'medium',
  },
  {
    name: 'a run that nobody started has no member',
    request: { query: 'limit=100' },
    expect: [
      status(200),
      eachRun(
        'memberId: null unless isManualRun',
        (run) => at(run, 'isManualRun') === true || at(run, 'memberId') === null,
      ),
    ],
    evidence: 'fidelity/basedash.md §B7 B19',
    confidence: 'medium',
  },
  {
    name: 'without a limit: fifty, and the cursor is the last one’s id',
    request: {},
    expect: [status(200), fills(50), nextIsTheLast],
    evidence: 'fidelity/basedash.md §B7 B8',
    confidence: 'high',
  },
  {
    name: 'newest first',
    request: { query: 'limit=100' },
    expect: [status(200), newestFirst],
    evidence: 'fidelity/basedash.md §B7 B10',
    confidence: 'high',
  },
  {
    name: 'by the cursor: each run once, newest first, across pages',
    request: { query: 'limit=20' },
    expect: [status(200), walksWith('limit=20')],
    evidence: 'fidelity/basedash.md §B7 B9, B10',
    confidence: 'high',
  },
  {
    name: 'limit=1: one',
    request: { query: 'limit=1' },
    expect: [status(200), fills(1), nextIsTheLast],
    evidence: 'fidelity/basedash.md §B7 B11',
    confidence: 'high',
  },
  {
    name: 'limit=100: a hundred',
    request: { query: 'limit=100' },
    expect: [status(200), fills(100), nextIsTheLast],
    evidence: 'fidelity/basedash.md §B7 B11',
    confidence: 'high',
  },
  ...Object.entries({ '5.0': 5, '%205%20': 5, '1e1': 10, '0x10': 16 }).map(
    ([text, count]): Case => ({
      name: `limit=${text}: ${count}, as zod reads numbers`,
      request: { query: `limit=${text}` },
      expect: [status(200), fills(count)],
      evidence: 'fidelity/basedash.md §B2',
      confidence: 'medium',
    }),
  ),
  ...['0', '101', '-1', 'abc', '1.5', ''].map(
    (text): Case => ({
      name: `limit=${text}: 400`,
      request: { query: `limit=${text}` },
      expect: refused(400, 'ValidationError'),
      evidence: text === '' ? 'fidelity/basedash.md §B2' : 'fidelity/basedash.md §B7 B12',
      confidence: 'medium',
    }),
  ),
  {
    name: 'exactly as many as are left: no more, and no cursor',
    request: { query: 'limit=20' },
    expect: [status(200), exactlyAPage],
    evidence: 'fidelity/basedash.md §B7 B13',
    confidence: 'high',
  },
  {
    name: 'after the oldest run: an empty page',
    request: { query: 'limit=20' },
    expect: [status(200), afterTheOldest],
    evidence: 'fidelity/basedash.md §B7 B14',
    confidence: 'high',
  },
  {
    name: 'a cursor that is no run: an empty page',
    request: { query: 'cursor=runyardnosuchrun' },
    expect: [status(200), EMPTY],
    evidence: 'fidelity/basedash.md §B7 B15',
    confidence: 'medium',
  },
  {
    name: 'an automation without runs: an empty page',
    request: { path: '/api/public/organizations/{organizationId}/automations/{emptyAutomationId}/runs' },
    expect: [status(200), EMPTY, keepsToDocument],
    evidence: 'fidelity/basedash.md §B7 B16',
    confidence: 'high',
  },
]

/** Basedash's runs of an automation: the black-box table of fidelity/basedash.md §B7. POST would start a run. */
export const basedash: Contract = {
  provider: 'basedash',
  title: 'Basedash',
  path: RUNS,
  variables: 'BASEDASH_API_KEY, BASEDASH_ORGANIZATION_ID and BASEDASH_AUTOMATION_ID',
  fromEnvironment: (environment) => ({
    admin: { apiKey: environment.BASEDASH_API_KEY },
    organizationId: environment.BASEDASH_ORGANIZATION_ID,
    automations: [{ id: environment.BASEDASH_AUTOMATION_ID }],
  }),
  access,
  list: {
    runs: (page) => listAt(page, 'data'),
    createdAt: 'createdAt',
    next(page) {
      const cursor = textAt(page, 'pagination', 'nextCursor')
      return cursor && `cursor=${encodeURIComponent(cursor)}`
    },
  },
  cases: [...who, ...lists],
}

/** The automation with the most runs is the one that is asked for; one that has none shows an empty page. */
function access(credentials: unknown): Access | undefined {
  const key = textAt(credentials, 'admin', 'apiKey')
  const member = textAt(credentials, 'member', 'apiKey')
  const organizationId = textAt(credentials, 'organizationId')
  const automations = listAt(credentials, 'automations')
  const runs = (automation: unknown): number => Number(at(automation, 'runs') ?? 0)
  const automationId = textAt([...automations].sort((a, b) => runs(b) - runs(a))[0], 'id')
  if (key === undefined || organizationId === undefined || automationId === undefined) return undefined
  const emptyAutomationId = textAt(
    automations.find((automation) => at(automation, 'runs') === 0),
    'id',
  )
  const otherAutomationId = textAt(credentials, 'otherAutomations', 0, 'id')
  return {
    accounts: {
      main: { authorization: `Bearer ${key}` },
      ...(member !== undefined && { member: { authorization: `Bearer ${member}` } }),
    },
    values: {
      organizationId,
      automationId,
      ...(emptyAutomationId !== undefined && { emptyAutomationId }),
      ...(otherAutomationId !== undefined && { otherAutomationId }),
    },
    secrets: [key, member, textAt(credentials, 'otherAdmin', 'apiKey')].filter(
      (secret) => secret !== undefined,
    ),
  }
}
