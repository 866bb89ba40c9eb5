import type { Case } from '../../contract.ts'
import { ABSENT, body, bodyIs, header, keepsToDocument, status } from '../../expect.ts'
import { publicToken } from './relations.ts'

const NO_KEY = 'No authorization header provided'
const BAD_KEY = bodyIs({ error: 'Invalid API key' })
const FORBIDDEN = bodyIs({
  error: 'Unauthorized',
  code: 'unauthorized',
  param: 'access_token',
  type: 'authorization',
})
const ORIGIN = 'https://runyard.example'

/** Who may ask, and who is refused how. */
export const callers: readonly Case[] = [
  {
    name: 'no Authorization header: 401 as problem+json, without CORS or rate limit headers',
    request: { as: 'nobody', headers: { origin: ORIGIN } },
    expect: [
      status(401),
      header('content-type', /^application\/problem\+json/),
      bodyIs({
        title: 'Unauthorized',
        status: 401,
        type: 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/401',
        detail: NO_KEY,
        error: NO_KEY,
      }),
      header('access-control-allow-origin', ABSENT),
      header('x-ratelimit-limit', ABSENT),
    ],
    evidence: 'fidelity/trigger.md §10 #1',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'no Authorization header: 401',
    request: { as: 'nobody' },
    expect: [status(401), body({ error: NO_KEY }), keepsToDocument],
    evidence: 'fidelity/trigger.md §10 #1',
    confidence: 'high',
    fidelity: 'spec',
  },
  {
    name: 'an unknown key: 401',
    request: { as: 'nobody', headers: { authorization: 'Bearer tr_prod_nope' } },
    expect: [status(401), BAD_KEY, header('content-type', /^application\/json; charset=utf-8$/i)],
    evidence: 'fidelity/trigger.md §10 #2',
    confidence: 'medium',
  },
  {
    name: 'Basic credentials: 401',
    request: { as: 'nobody', headers: { authorization: 'Basic dHJfcHJvZF9ub3BlOg==' } },
    expect: [status(401), BAD_KEY],
    evidence: 'fidelity/trigger.md §1.1',
    confidence: 'medium',
  },
  {
    name: 'the key without Bearer before it: 200',
    request: { as: 'bare' },
    expect: [status(200)],
    evidence: 'fidelity/trigger.md §1.1',
    confidence: 'medium',
  },
  {
    name: 'the key after bearer in lower case: 401',
    request: { as: 'lowerCase' },
    expect: [status(401), BAD_KEY],
    evidence: 'fidelity/trigger.md §1.1',
    confidence: 'medium',
  },
  {
    name: 'a public token without scopes: 403',
    request: { as: publicToken() },
    expect: [status(403), FORBIDDEN],
    evidence: 'fidelity/trigger.md §10 #3',
    confidence: 'high',
    needs: ['secretKey'],
  },
  {
    name: 'a public token that may write runs: 403',
    request: { as: publicToken('write:runs') },
    expect: [status(403), FORBIDDEN],
    evidence: 'fidelity/trigger.md §10 #3',
    confidence: 'high',
    needs: ['secretKey'],
  },
  {
    name: 'a public token that may read runs: 200',
    request: { as: publicToken('read:runs') },
    expect: [status(200), keepsToDocument],
    evidence: 'fidelity/trigger.md §10 #4',
    confidence: 'high',
    needs: ['secretKey'],
  },
  {
    name: 'a public token for one task, asking for two: 403',
    request: { as: publicToken('read:tasks:task-a'), query: 'filter[taskIdentifier]=task-a,task-b' },
    expect: [status(403), FORBIDDEN],
    evidence: 'fidelity/trigger.md §10 #4',
    confidence: 'high',
    needs: ['secretKey'],
  },
  {
    name: 'a public token for one task, asking for it: 200',
    request: { as: publicToken('read:tasks:task-a'), query: 'filter[taskIdentifier]=task-a' },
    expect: [status(200)],
    evidence: 'fidelity/trigger.md §1.3',
    confidence: 'high',
    needs: ['secretKey'],
  },
  {
    name: 'a public token without scopes and a bad query: 400, for the query comes first',
    request: { as: publicToken(), query: 'page[size]=0' },
    expect: [status(400), body({ error: 'Query Error' })],
    evidence: 'fidelity/trigger.md §10 #5',
    confidence: 'high',
    needs: ['secretKey'],
  },
  {
    name: 'a preview key without a branch: 401',
    request: { as: 'preview' },
    expect: [status(401), bodyIs({ error: 'x-trigger-branch header required for preview env' })],
    evidence: 'fidelity/trigger.md §10 #6',
    confidence: 'medium',
  },
  {
    name: 'a preview key with a branch that is none: 401',
    request: { as: 'preview', headers: { 'x-trigger-branch': 'runyard/no-such-branch' } },
    expect: [status(401), bodyIs({ error: 'No matching branch env' })],
    evidence: 'fidelity/trigger.md §1.2',
    confidence: 'medium',
  },
  {
    name: 'a preview key with its branch: 200',
    request: { as: 'branch' },
    expect: [status(200), keepsToDocument],
    evidence: 'fidelity/trigger.md §1.4',
    confidence: 'medium',
  },
]
