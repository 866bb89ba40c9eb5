import type { Case } from '../../contract.ts'
import { ABSENT, body, bodyIs, eachRun, header, keepsToDocument, someRuns, status } from '../../expect.ts'
import { at, textAt } from '../../json.ts'
import { fills, newestFirst, samePageAs, walksWith } from '../../pages.ts'
import { bothCursors, lastPageTurnsBack, pagesBack } from './relations.ts'

const JSON_UTF8 = header('content-type', /^application\/json; charset=utf-8$/i)

/** Of every item (fidelity/trigger.md §5.2): the vendor's clients throw a page away that lacks one of these. */
const FLAGS = ['isQueued', 'isExecuting', 'isWaiting', 'isCompleted', 'isSuccess', 'isFailed', 'isCancelled']

const isWhole = (run: unknown): boolean =>
  ['id', 'status', 'taskIdentifier'].every((name) => textAt(run, name) !== undefined) &&
  [...FLAGS, 'isTest'].every((name) => typeof at(run, name) === 'boolean') &&
  ['costInCents', 'baseCostInCents', 'durationMs'].every((name) => typeof at(run, name) === 'number') &&
  ['createdAt', 'updatedAt'].every((name) => /\.\d{3}Z$/.test(textAt(run, name) ?? '')) &&
  Array.isArray(at(run, 'tags')) &&
  textAt(run, 'env', 'name') !== undefined &&
  !Object.values(Object(run)).includes(null)

/** Pages, in both directions, and what stands on them. */
export const lists: readonly Case[] = [
  {
    name: 'without parameters: at most 25 runs, newest first, no page before',
    request: {},
    expect: [
      status(200),
      JSON_UTF8,
      keepsToDocument,
      body({ pagination: { previous: ABSENT } }),
      fills(25),
      newestFirst,
    ],
    evidence: 'fidelity/trigger.md §10 #11',
    confidence: 'high',
  },
  {
    name: 'every run has what the vendor’s clients require, and no null',
    request: { query: 'page[size]=100', headers: { 'x-trigger-api-version': '2025-07-16' } },
    expect: [status(200), eachRun('all members, none null', isWhole)],
    evidence: 'fidelity/trigger.md §5.2, §6',
    confidence: 'high',
  },
  {
    name: 'page[size]=5: five runs',
    request: { query: 'page[size]=5' },
    expect: [status(200), fills(5), body({ pagination: { previous: ABSENT } })],
    evidence: 'fidelity/trigger.md §10 #10',
    confidence: 'high',
    fidelity: 'live',
  },
  {
    name: 'page[size]=10: ten runs',
    request: { query: 'page[size]=10' },
    expect: [status(200), keepsToDocument, fills(10), body({ pagination: { previous: ABSENT } })],
    evidence: 'fidelity/trigger.md §10 #10',
    confidence: 'high',
  },
  {
    name: 'page[size]=0x10: sixteen, as JavaScript reads numbers',
    request: { query: 'page[size]=0x10' },
    expect: [status(200), fills(16)],
    evidence: 'fidelity/trigger.md §2',
    confidence: 'high',
  },
  {
    name: 'a parameter given twice: the last one counts',
    request: { query: 'page[size]=50&page[size]=10' },
    expect: [status(200), fills(10)],
    evidence: 'fidelity/trigger.md §10 #27',
    confidence: 'high',
  },
  {
    name: 'a parameter that does not exist is ignored',
    request: { query: 'filter[foo]=1' },
    expect: [status(200), samePageAs('')],
    evidence: 'fidelity/trigger.md §10 #27',
    confidence: 'high',
  },
  {
    name: 'an empty cursor: the first page',
    request: { query: 'page[after]=' },
    expect: [status(200), samePageAs('')],
    evidence: 'fidelity/trigger.md §4',
    confidence: 'high',
  },
  {
    name: 'forwards, ten by ten: each run once, newest first',
    request: { query: 'page[size]=10' },
    expect: [status(200), walksWith('page[size]=10')],
    evidence: 'fidelity/trigger.md §10 #20',
    confidence: 'high',
  },
  {
    name: 'the last page has no next, and its previous names its first run',
    request: { query: 'page[size]=50' },
    expect: [status(200), lastPageTurnsBack],
    evidence: 'fidelity/trigger.md §10 #20',
    confidence: 'high',
  },
  {
    name: 'back from the third page is the second, with pages on both sides; back from there the first',
    request: { query: 'page[size]=10' },
    expect: [status(200), pagesBack],
    evidence: 'fidelity/trigger.md §10 #21',
    confidence: 'high',
  },
  {
    name: 'both cursors: before wins',
    request: { query: 'page[size]=10' },
    expect: [status(200), bothCursors],
    evidence: 'fidelity/trigger.md §10 #22',
    confidence: 'high',
  },
  {
    name: 'page[after]=run_1234: the first page again, with a page before it',
    request: { query: 'page[after]=run_1234' },
    expect: [status(200), samePageAs(''), someRuns, body({ pagination: { previous: String } })],
    evidence: 'fidelity/trigger.md §10 #23',
    confidence: 'medium',
    fidelity: 'live',
  },
  {
    name: 'page[before]=run_1234: an empty page',
    request: { query: 'page[before]=run_1234' },
    expect: [status(200), bodyIs({ data: [], pagination: {} })],
    evidence: 'fidelity/trigger.md §10 #23',
    confidence: 'medium',
    fidelity: 'live',
  },
  {
    name: 'a cursor that names no run: 400',
    request: { query: 'page[after]=run_1234' },
    expect: [status(400), body({ details: [{ path: ['page[after]'] }] }), keepsToDocument],
    evidence: 'the document: cursors are run ids',
    confidence: 'low',
    fidelity: 'spec',
  },
]
