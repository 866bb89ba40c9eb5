import type { Draft } from '../history/draft.ts'
import { lastOf, type Times } from './given.ts'

/** What a draft is fitted to. */
export interface Fixed {
  readonly times: Times
  /** How long (ms) it has computed at least. */
  readonly durationMs: number
  /** The present (ms) of the draft: what comes later stays as far ahead of it as it is. */
  readonly present: number
  /** How long (ms) it was delayed, where only the end of its delay is given. */
  readonly delay: number
}

/**
 * The draft with its past moved, stretched and pressed so that it goes through the instants that are given, which are in
 * order; its statuses stay the same, in the same order. Without instants it stays as it is.
 */
export function fitted(draft: Draft, { times, durationMs, present, delay }: Fixed): Draft {
  const age = present - draft.createdAt
  const past = draft.steps.filter(({ at }) => at <= age)
  const ahead = draft.steps.slice(past.length)
  const isOver = ahead.length === 0
  const isDelayed = draft.status === 'DELAYED'

  // As it is drafted: how long it queued, and then ran; what was never taken has queued all along.
  const started =
    past.find(({ status }) => status === 'EXECUTING') ?? past.find(({ status }) => status === 'DEQUEUED')
  const length = past.at(-1)?.at ?? 0
  const queued = started?.at ?? length
  const ran = length - queued
  const running = isOver && started ? Math.max(ran, durationMs) : ran

  // As it is to be: from when it queued (if that is given), when it began to run, and when something happened last.
  const last = lastOf(times)
  const isDelayOver = !isDelayed && (times.delayedUntil ?? present) <= (last ?? present)
  const delayedUntil = isDelayOver ? times.delayedUntil : undefined
  const from = delayedUntil ?? times.createdAt
  const soonest =
    times.startedAt === undefined
      ? (from ?? draft.createdAt) + queued + (from === undefined ? ran : running)
      : times.startedAt + running
  const until = Math.min(last ?? soonest, present)
  const begin = started === undefined ? until : (times.startedAt ?? beginning())
  const end = Math.max(until, begin)
  const base = from ?? begin - queued
  const createdAt = times.createdAt ?? (delayedUntil === undefined ? base : delayedUntil - delay)

  /** As late as what it computed leaves time for, and not before it queued. */
  function beginning(): number {
    const latest = (isOver ? until : present) - durationMs
    if (from === undefined) return Math.min(until - running, latest)
    const share = queued / (queued + running || 1)
    const wait = Math.min(queued, Math.floor((until - from) * share))
    return Math.max(from, Math.min(Math.max(until - running, from + wait), latest))
  }

  const placed = (at: number): number =>
    at <= queued ? base + scaled(at, queued, begin - base) : begin + scaled(at - queued, ran, end - begin)
  const first = ahead[0]?.at ?? 0
  const shift = isDelayed && times.delayedUntil !== undefined ? times.delayedUntil - present + age - first : 0
  const later = (at: number): number => present - age + at + shift

  return {
    ...draft,
    createdAt,
    steps: [
      ...past.map(({ at, status }) => ({ at: placed(at) - createdAt, status })),
      ...ahead.map(({ at, status }) => ({ at: later(at) - createdAt, status })),
    ],
  }
}

/** The place in a span of `to` ms that `at` has in one of `from`; its end where that is no span. */
function scaled(at: number, from: number, to: number): number {
  return from === 0 ? to : Math.floor((at / from) * to)
}
