import type { Case } from '../../contract.ts'
import { ABSENT, body, header, status, textIs } from '../../expect.ts'

const ORIGIN = 'https://runyard.example'
const WHOLE = /^\d+$/

/** Headers, other methods, other paths. */
export const transport: readonly Case[] = [
  {
    name: 'a reply after the limiter carries its numbers',
    request: { query: 'page[size]=10' },
    expect: ['limit', 'remaining', 'reset'].map((name) => header(`x-ratelimit-${name}`, WHOLE)),
    evidence: 'fidelity/trigger.md §1.5',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'a 401 for an unknown key carries them too',
    request: { as: 'nobody', headers: { authorization: 'Bearer tr_prod_nope' } },
    expect: [status(401), header('x-ratelimit-limit', WHOLE), header('x-ratelimit-remaining', WHOLE)],
    evidence: 'fidelity/trigger.md §1.5',
    confidence: 'medium',
    fidelity: 'live',
  },
  {
    name: 'a request from a browser is told its origin',
    request: { query: 'page[size]=10', headers: { origin: ORIGIN } },
    expect: [
      header('access-control-allow-origin', ORIGIN),
      header('access-control-expose-headers', 'x-trigger-jwt,x-trigger-jwt-claims'),
    ],
    evidence: 'fidelity/trigger.md §1.5',
    confidence: 'medium',
  },
  {
    name: 'a preflight needs no key, and echoes what it is asked for',
    request: {
      method: 'OPTIONS',
      as: 'nobody',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,x-trigger-branch',
      },
    },
    expect: [
      status(200),
      textIs('{}'),
      header('access-control-allow-origin', ORIGIN),
      header('access-control-allow-methods', 'GET,HEAD,PUT,PATCH,POST,DELETE'),
      header('access-control-allow-headers', 'authorization,x-trigger-branch'),
      header('access-control-max-age', '300'),
    ],
    evidence: 'fidelity/trigger.md §10 #28',
    confidence: 'medium',
  },
  {
    name: 'POST with a key that is none: 405, for the method comes first',
    request: { method: 'POST', as: 'nobody', headers: { authorization: 'Bearer tr_prod_nope' }, body: '{}' },
    expect: [status(405), body({ message: 'Unexpected Server Error' })],
    evidence: 'fidelity/trigger.md §10 #29',
    confidence: 'medium',
  },
  {
    name: 'HEAD: 200 without a body',
    request: { method: 'HEAD' },
    expect: [status(200), textIs('')],
    evidence: 'fidelity/trigger.md §1.2',
    confidence: 'medium',
  },
  {
    name: 'a slash too many: 301 to the path without it, query kept',
    request: { path: '/api/v1/runs/', query: 'page[size]=10', as: 'nobody' },
    expect: [
      status(301),
      header('location', /\/api\/v1\/runs\?page(\[|%5B)size(\]|%5D)=10$/i),
      header('x-ratelimit-limit', ABSENT),
    ],
    evidence: 'fidelity/trigger.md §1.2',
    confidence: 'medium',
  },
]
