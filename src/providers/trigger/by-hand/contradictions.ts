import { iso } from '../../../core/clock.ts'
import { MemberError } from '../../../core/provider.ts'
import { FLAGS, flagsFor, isFinal, meaningOf, type Status, type Word } from '../status.ts'
import { type Given, lastOf, type Times, ttlOf } from './given.ts'

/** What is looked at: the members that are given, their instants, and the sandbox's present (ms). */
export interface Evidence {
  readonly given: Given
  readonly times: Times
  readonly now: number
}

/** The first may not be after the second, whatever the status. */
const IN_ORDER = [
  ['createdAt', 'delayedUntil'],
  ['createdAt', 'startedAt'],
  ['createdAt', 'finishedAt'],
  ['createdAt', 'expiredAt'],
  ['createdAt', 'updatedAt'],
  ['delayedUntil', 'startedAt'],
  ['delayedUntil', 'expiredAt'],
  ['startedAt', 'finishedAt'],
  ['startedAt', 'updatedAt'],
  ['finishedAt', 'updatedAt'],
  ['expiredAt', 'updatedAt'],
] as const

/** The longest tag, and how many a run has at most: the document says so in words. */
const LONGEST_TAG = 128
const MOST_TAGS = 10

/** What is counted or paid from 0 up. */
const AMOUNTS = ['durationMs', 'costInCents', 'baseCostInCents', 'depth'] as const

/** The most that the service counts: 32 bits, nearly 25 days (fidelity/trigger.md §6). */
const LONGEST = 2_147_483_647

/** Throws MemberError for what is true of no run, whatever its status. */
export function refuseImpossible({ given, times, now }: Evidence): void {
  const { id, tags = [], durationMs = 0 } = given
  if (id !== undefined && !/^run_./.test(id))
    throw new MemberError(['id'], 'must begin with run_; leave it out to have one drawn')
  if (tags.length > MOST_TAGS)
    throw new MemberError(['tags'], `are ${tags.length}; a run has at most ${MOST_TAGS}`)
  for (const [i, tag] of tags.entries())
    if (tag === '' || tag.length > LONGEST_TAG)
      throw new MemberError(['tags', String(i)], `must have 1 to ${LONGEST_TAG} characters`)

  for (const name of AMOUNTS) if ((given[name] ?? 0) < 0) throw new MemberError([name], 'must not be below 0')

  for (const [first, second] of IN_ORDER) {
    const [earlier, later] = [times[first], times[second]]
    if (earlier !== undefined && later !== undefined && later < earlier)
      throw new MemberError([second], `must not be before ${first}, ${iso(earlier)}`)
  }
  for (const name of ['startedAt', 'finishedAt', 'expiredAt', 'updatedAt'] as const) {
    const at = times[name]
    const latest = name === 'updatedAt' ? Math.max(now, times.createdAt ?? now) : now
    if (at !== undefined && at > latest)
      throw new MemberError([name], `must not lie ahead of the sandbox's present, ${iso(now)}`)
  }
  const most = room(times, times.finishedAt ?? now)
  if (durationMs > most) throw new MemberError(['durationMs'], tooLong(most))
}

/** How long (ms) a run can have computed that was last seen at `end`. */
function room({ startedAt, delayedUntil, createdAt }: Times, end: number): number {
  const from = startedAt ?? delayedUntil ?? createdAt
  return from === undefined ? LONGEST : Math.min(LONGEST, Math.max(0, end - from))
}

function tooLong(most: number): string {
  return `must not be more than the ${most} ms that the run can have had for it`
}

/** No worker has taken a run in one of these. */
const UNSTARTED: ReadonlySet<Status> = new Set<Status>([
  'DELAYED',
  'PENDING',
  'PENDING_VERSION',
  'WAITING_FOR_DEPLOY',
  'EXPIRED',
])

/** What a run has once a worker has taken it. */
const OF_STARTED = ['startedAt', 'durationMs', 'costInCents', 'baseCostInCents'] as const

/** Every member that does not go with a status, by its word. */
export function contradictions(word: Word, { given, times, now }: Evidence): MemberError[] {
  const { status } = meaningOf(word)
  const found: MemberError[] = []
  const object = (member: keyof Given, message: string): void => {
    found.push(new MemberError([member], message))
  }

  const flags = flagsFor(word)
  for (const flag of FLAGS)
    if (given[flag] === !flags[flag]) object(flag, `is ${flags[flag]} of a run that is ${word}; leave it out`)

  const last = lastOf(times) ?? now
  const wasDelayed = status === 'CANCELED' && (times.delayedUntil ?? last) > last
  if (UNSTARTED.has(status) || wasDelayed)
    for (const member of OF_STARTED)
      if (given[member] !== undefined && given[member] !== 0)
        object(member, `belongs to a run that has started, and one that is ${word} has not; leave it out`)
  if (status === 'DEQUEUED')
    for (const member of ['durationMs', 'costInCents'] as const)
      if ((given[member] ?? 0) > 0)
        object(
          member,
          `belongs to a run that has executed, and one that is ${word} is about to; leave it out`,
        )
  if (!isFinal(status) && given.finishedAt !== undefined)
    object(
      'finishedAt',
      `belongs to a run that is over, and one that is ${word} is not; leave it out, or give the status that it ended in`,
    )
  if (status !== 'EXPIRED' && given.expiredAt !== undefined)
    object('expiredAt', `belongs to a run that is EXPIRED, and this one is ${word}; leave it out`)

  const { createdAt, delayedUntil } = times
  if (createdAt !== undefined && createdAt > now && (!UNSTARTED.has(status) || isFinal(status)))
    object(
      'createdAt',
      `lies ahead of the sandbox's present, ${iso(now)}, and a run that is ${word} was created by then`,
    )
  if (delayedUntil !== undefined) {
    const present = Math.max(now, createdAt ?? now)
    const end = UNSTARTED.has(status) && !isFinal(status) ? now : last
    if (status === 'DELAYED' && delayedUntil <= present)
      object('delayedUntil', `must lie after ${iso(present)} while a run is DELAYED`)
    if (status !== 'DELAYED' && status !== 'CANCELED' && delayedUntil > Math.max(end, createdAt ?? end))
      object('delayedUntil', `lies after ${iso(end)}, and a run is DELAYED until then, not ${word}`)
  }
  const most = room(times, last)
  if (isFinal(status) && (given.durationMs ?? 0) > most) object('durationMs', tooLong(most))
  const over = (delayedUntil ?? createdAt ?? 0) + (ttlOf(given) ?? 0)
  if (status === 'EXPIRED' && over > last)
    object('ttl', `must be over by ${iso(last)}, since the run is ${word}`)
  return found
}
