import parseDuration from 'parse-duration'
import { parseIso } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import { MemberError } from '../../../core/provider.ts'
import type { ListRunItem } from '../item.ts'

/** A run put in by hand, as far as it is given. */
export type Given = Readonly<Partial<Omit<ListRunItem, 'env'>>> & {
  readonly env?: Readonly<Partial<ListRunItem['env']>>
}

/** The item's members, which the document has found valid. */
export function givenOf(item: JsonObject): Given {
  return item as Given
}

const TIMES = ['createdAt', 'updatedAt', 'startedAt', 'finishedAt', 'delayedUntil', 'expiredAt'] as const

/** The instants of an item, in ms. */
export type Times = { readonly [Time in (typeof TIMES)[number]]?: number }

/** The instants that are given. Throws MemberError for a text that the document takes and no clock can show. */
export function timesOf(given: Given): Times {
  return Object.fromEntries(
    TIMES.flatMap((name) => {
      const text = given[name]
      if (text === undefined) return []
      const at = parseIso(text)
      if (at === undefined)
        throw new MemberError([name], 'is no instant that is read here; 2026-06-01T12:00:00.000Z is one')
      return [[name, at]]
    }),
  )
}

/** When something happened to the run last (ms), if that is given; where it is over, its end. */
export function lastOf({ finishedAt, expiredAt, updatedAt }: Times): number | undefined {
  return finishedAt ?? expiredAt ?? updatedAt
}

/** Longer than anything is kept: a hundred years, in ms. */
const FOREVER = 3_155_760_000_000

/** How long (ms) a run may queue, or undefined without a time to live that says so. */
export function ttlOf({ ttl }: Given): number | undefined {
  const ms = typeof ttl === 'number' ? ttl * 1000 : ttl === undefined ? 0 : (parseDuration(ttl) ?? 0)
  return ms > 0 ? Math.min(Math.ceil(ms), FOREVER) : undefined
}
