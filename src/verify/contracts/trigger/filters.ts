import type { Case } from '../../contract.ts'
import { bodyIs, eachRun, keepsToDocument, status } from '../../expect.ts'
import { at, textAt } from '../../json.ts'
import { ALL_TIME, findsOldRuns, nothingAfterTo, spansAtMost, tagsUnite } from './relations.ts'

/** The version header of every client since 4.0: it picks the newer words for statuses (fidelity/trigger.md §3). */
const NEWER = { 'x-trigger-api-version': '2025-07-16' }

const FLAGS = ['isQueued', 'isExecuting', 'isWaiting', 'isCompleted', 'isSuccess', 'isFailed', 'isCancelled']

const custom = (name: string, message: string) => ({ code: 'custom', message, path: [name] })
const badStatus = (words: string) => custom('filter[status]', `Invalid status values: ${words}`)
const queryError = (...details: readonly object[]) => [
  status(400),
  bodyIs({ error: 'Query Error', details }),
  keepsToDocument,
]

const size = 'page[size]'
const NOT_POSITIVE = {
  code: 'too_small',
  minimum: 0,
  type: 'number',
  inclusive: false,
  exact: false,
  message: 'Number must be greater than 0',
  path: [size],
}
const BELOW_ONE = {
  ...NOT_POSITIVE,
  minimum: 1,
  inclusive: true,
  message: 'Number must be greater than or equal to 1',
}
const BELOW_TEN = { ...BELOW_ONE, minimum: 10, message: 'Number must be greater than or equal to 10' }
const ABOVE_HUNDRED = {
  code: 'too_big',
  maximum: 100,
  type: 'number',
  inclusive: true,
  exact: false,
  message: 'Number must be less than or equal to 100',
  path: [size],
}
const NO_NUMBER = {
  code: 'invalid_type',
  expected: 'number',
  received: 'nan',
  path: [size],
  message: 'Expected number, received nan',
}
const NO_INTEGER = {
  code: 'invalid_type',
  expected: 'integer',
  received: 'float',
  message: 'Expected integer, received float',
  path: [size],
}
const NO_DATE = { code: 'invalid_date', path: ['filter[createdAt][from]'], message: 'Invalid date' }

const sizes: readonly Case[] = [
  ...['0', '-1', ''].flatMap((text): Case[] => [
    {
      name: `page[size]=${text}: 400 with two details`,
      request: { query: `page[size]=${text}` },
      expect: queryError(NOT_POSITIVE, BELOW_ONE),
      evidence: 'fidelity/trigger.md §10 #7, §2',
      confidence: 'high',
      fidelity: 'live',
    },
    {
      name: `page[size]=${text}: 400`,
      request: { query: `page[size]=${text}` },
      expect: queryError(BELOW_TEN),
      evidence: 'the document: the minimum is 10',
      confidence: 'high',
      fidelity: 'spec',
    },
  ]),
  {
    name: 'page[size]=101: 400',
    request: { query: 'page[size]=101' },
    expect: queryError(ABOVE_HUNDRED),
    evidence: 'fidelity/trigger.md §10 #8',
    confidence: 'high',
  },
  {
    name: 'page[size]=abc: 400',
    request: { query: 'page[size]=abc' },
    expect: queryError(NO_NUMBER),
    evidence: 'fidelity/trigger.md §10 #9',
    confidence: 'high',
  },
  {
    name: 'page[size]=10.5: 400',
    request: { query: 'page[size]=10.5' },
    expect: queryError(NO_INTEGER),
    evidence: 'fidelity/trigger.md §2',
    confidence: 'high',
  },
  {
    name: 'page[size]=Infinity: 400 with two details',
    request: { query: 'page[size]=Infinity' },
    expect: queryError(NO_INTEGER, ABOVE_HUNDRED),
    evidence: 'fidelity/trigger.md §2',
    confidence: 'high',
  },
]

const refused: readonly Case[] = [
  {
    name: 'status words that are none: 400 that names them',
    request: { query: 'filter[status]=FOOBAR,COMPLETED,BAZ' },
    expect: queryError(badStatus('FOOBAR, BAZ')),
    evidence: 'fidelity/trigger.md §10 #12',
    confidence: 'high',
  },
  {
    name: 'a status word in lower case: 400',
    request: { query: 'filter[status]=completed' },
    expect: queryError(badStatus('completed')),
    evidence: 'fidelity/trigger.md §10 #13',
    confidence: 'high',
  },
  {
    name: 'a comma too many: 400',
    request: { query: 'filter[status]=COMPLETED,' },
    expect: queryError(badStatus('')),
    evidence: 'fidelity/trigger.md §10 #13',
    confidence: 'high',
  },
  {
    name: 'filter[isTest]=maybe: 400',
    request: { query: 'filter[isTest]=maybe' },
    expect: queryError(custom('filter[isTest]', 'Invalid value for isTest: maybe')),
    evidence: 'fidelity/trigger.md §10 #14',
    confidence: 'high',
  },
  {
    name: 'a date that is none: 400',
    request: { query: 'filter[createdAt][from]=notadate' },
    expect: queryError(NO_DATE),
    evidence: 'fidelity/trigger.md §10 #15',
    confidence: 'high',
  },
  {
    name: 'filter[machine] with machines that are none: 400 that names them',
    request: { query: 'filter[machine]=small-1x,huge,tiny' },
    expect: queryError(custom('filter[machine]', 'Invalid machine values: huge, tiny')),
    evidence: 'fidelity/trigger.md §2',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'everything wrong at once: 400 with six details, in order',
    request: {
      query: `page[size]=0&filter[status]=NOPE&filter[isTest]=maybe&filter[createdAt][from]=x&filter[machine]=y`,
    },
    expect: queryError(
      NOT_POSITIVE,
      BELOW_ONE,
      badStatus('NOPE'),
      custom('filter[isTest]', 'Invalid value for isTest: maybe'),
      NO_DATE,
      custom('filter[machine]', 'Invalid machine values: y'),
    ),
    evidence: 'fidelity/trigger.md §10 #16',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'everything wrong at once: 400 with a detail for each, in order',
    request: { query: `page[size]=0&filter[status]=NOPE&filter[isTest]=maybe&filter[createdAt][from]=x` },
    expect: queryError(
      BELOW_TEN,
      badStatus('NOPE'),
      custom('filter[isTest]', 'Invalid value for isTest: maybe'),
      NO_DATE,
    ),
    evidence: 'fidelity/trigger.md §10 #16',
    confidence: 'high',
    fidelity: 'spec',
  },
  {
    name: 'a malformed bulk action: 500, for an id is read where nobody catches',
    request: { query: 'filter[bulkAction]=bulk_a_b' },
    expect: [status(500), bodyIs({ error: 'Internal Server Error' })],
    evidence: 'fidelity/trigger.md §2',
    confidence: 'medium',
    fidelity: 'live',
  },
]

const time: readonly Case[] = [
  {
    name: 'no time filter: nothing older than seven days',
    request: { query: 'page[size]=100' },
    expect: [status(200), spansAtMost(7), findsOldRuns('', false)],
    evidence: 'fidelity/trigger.md §10 #17, §3',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'a period that cannot be read: no bound at all',
    request: { query: ALL_TIME },
    expect: [status(200), findsOldRuns(ALL_TIME, true)],
    evidence: 'fidelity/trigger.md §10 #17',
    confidence: 'medium',
  },
  {
    name: 'a period beside from: from counts for nothing',
    request: { query: 'page[size]=100&filter[createdAt][period]=1d&filter[createdAt][from]=2020-01-01' },
    expect: [
      status(200),
      spansAtMost(1),
      findsOldRuns('filter[createdAt][period]=1d&filter[createdAt][from]=2020-01-01', false),
    ],
    evidence: 'fidelity/trigger.md §10 #18',
    confidence: 'high',
  },
  {
    name: 'to without from: no lower bound',
    request: {},
    expect: [status(200), nothingAfterTo],
    evidence: 'fidelity/trigger.md §10 #19',
    confidence: 'high',
  },
]

const words: readonly Case[] = [
  {
    name: 'a waiting run, without a version: FROZEN, and executing',
    request: { query: 'filter[status]=FROZEN' },
    expect: [
      status(200),
      eachRun(
        'FROZEN and executing',
        (run) => textAt(run, 'status') === 'FROZEN' && at(run, 'isExecuting') === true,
      ),
    ],
    evidence: 'fidelity/trigger.md §10 #24',
    confidence: 'high',
  },
  {
    name: 'a waiting run, with the version of today: WAITING, and not executing',
    request: { query: 'filter[status]=WAITING', headers: NEWER },
    expect: [
      status(200),
      eachRun(
        'WAITING, waiting, not executing',
        (run) =>
          textAt(run, 'status') === 'WAITING' &&
          at(run, 'isWaiting') === true &&
          at(run, 'isExecuting') === false,
      ),
    ],
    evidence: 'fidelity/trigger.md §10 #24',
    confidence: 'high',
  },
  {
    name: 'DEQUEUED may be asked for without a version, and reads EXECUTING',
    request: { query: 'filter[status]=DEQUEUED' },
    expect: [status(200), eachRun('EXECUTING', (run) => textAt(run, 'status') === 'EXECUTING')],
    evidence: 'fidelity/trigger.md §3',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'a word that the document does not have is refused without a version',
    request: { query: 'filter[status]=DEQUEUED' },
    expect: queryError(badStatus('DEQUEUED')),
    evidence: 'the document: eleven words',
    confidence: 'high',
    fidelity: 'spec',
  },
  {
    name: 'a run that timed out or expired: finished, and none of the seven booleans',
    request: { query: `${ALL_TIME}&filter[status]=TIMED_OUT,EXPIRED`, headers: NEWER },
    expect: [
      status(200),
      eachRun(
        'all seven false, finishedAt there',
        (run) => FLAGS.every((flag) => at(run, flag) === false) && textAt(run, 'finishedAt') !== undefined,
      ),
    ],
    evidence: 'fidelity/trigger.md §10 #26',
    confidence: 'high',
  },
  {
    name: 'filter[status] given twice: the last one counts',
    request: { query: 'filter[status]=COMPLETED&filter[status]=FAILED' },
    expect: [status(200), eachRun('FAILED', (run) => textAt(run, 'status') === 'FAILED')],
    evidence: 'fidelity/trigger.md §10 #27',
    confidence: 'high',
  },
  {
    name: 'filter[tag]=a,b: either, and tags are sorted',
    request: { query: 'page[size]=100' },
    expect: [status(200), tagsUnite],
    evidence: 'fidelity/trigger.md §10 #25',
    confidence: 'high',
  },
  {
    name: 'a schedule that does not exist: an empty list',
    request: { query: 'filter[schedule]=sched_runyardnosuchschedule' },
    expect: [status(200), bodyIs({ data: [], pagination: {} })],
    evidence: 'fidelity/trigger.md §3',
    confidence: 'high',
  },
  {
    name: 'a batch that does not exist: an empty list',
    request: { query: 'filter[batch]=batch_runyardnosuchbatch' },
    expect: [status(200), bodyIs({ data: [], pagination: {} })],
    evidence: 'fidelity/trigger.md §3',
    confidence: 'high',
    fidelity: 'live',
  },
]

/** What `page` and `filter` may say, and what they find. */
export const filters: readonly Case[] = [...sizes, ...refused, ...time, ...words]
