import { parseIso } from '../../../core/clock.ts'
import { type Account, Departure, type Expectation, NotApplicable } from '../../contract.ts'
import { at, textAt } from '../../json.ts'
import type { Session } from '../../session.ts'
import { tokenForm } from './login.ts'

/** A token of the realm for the service client that was given, minted once (fidelity/nx1.md §A5). */
export function serviceToken(scheme: string): Account {
  return async (session) => {
    const token = await session.remember('service token', () => mint(session))
    return { authorization: `${scheme} ${token}` }
  }
}

async function mint(session: Session): Promise<string> {
  const reply = await session.ask(
    tokenForm(session, {
      grant_type: 'client_credentials',
      client_id: session.value('serviceId'),
      client_secret: session.value('serviceSecret'),
    }),
  )
  const token = textAt(reply.json, 'access_token')
  if (token === undefined) throw new Departure(`${reply.request}: no token, status ${reply.status}`)
  return session.secret(token)
}

function owners(session: Session, body: unknown): Set<unknown> {
  return new Set(session.contract.list.runs(body).map((run) => at(run, 'owner_id')))
}

export const ownOnly: Expectation = {
  says: 'runs of one owner',
  check({ json }, session) {
    const seen = owners(session, json)
    if (seen.size === 0) throw new NotApplicable('the user has no runs')
    return seen.size === 1 ? undefined : `runs of ${[...seen].join(', ')}`
  },
}

export const adminSeesMore: Expectation = {
  says: 'runs of more owners than the user sees, and of the user too',
  async check({ json }, session) {
    const all = owners(session, json)
    const user = await session.ask({ as: 'user' })
    const [own] = owners(session, user.json)
    if (own === undefined || (all.size === 1 && all.has(own)))
      throw new NotApplicable('there are no runs of a user and of somebody else')
    return all.size > 1 && all.has(own) ? undefined : `runs of ${[...all].join(', ')}`
  },
}

const ISOFORMAT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(\+00:00)?$/

/** What is wrong with one run, or undefined (fidelity/nx1.md §A4, State shape and Datetimes). */
function fault(run: unknown): string | undefined {
  const state = textAt(run, 'status') ?? ''
  const [created, started, completed] = ['created_at', 'started_at', 'completed_at'].map((name) =>
    textAt(run, name),
  )
  const filled = (name: string): boolean => at(run, name) !== null && at(run, name) !== undefined
  const expected: Record<string, readonly boolean[]> = {
    // started_at, completed_at, result, error
    pending: [false, false, false, false],
    running: [true, false, false, false],
    completed: [true, true, true, false],
    failed: [filled('started_at'), true, false, true],
  }
  const shape = ['started_at', 'completed_at', 'result', 'error'].map(filled)
  if (expected[state]?.join() !== shape.join())
    return `${state}, with started, completed, result, error: ${shape}`
  const times = [created, started, completed].filter((time) => time !== undefined)
  const odd = times.find((time) => !ISOFORMAT.test(time))
  if (odd !== undefined) return `a time ${odd}`
  const order = times.map((time) => parseIso(time) ?? Number.NaN)
  return order.every((ms, i) => i === 0 || ms >= (order[i - 1] ?? ms))
    ? undefined
    : `times out of order: ${times}`
}

export const statesHang: Expectation = {
  says: 'each run: a state of the four, its times in order and in Python’s isoformat, result or error where it is over',
  check({ json }, session) {
    const runs = session.contract.list.runs(json)
    if (runs.length === 0) throw new NotApplicable('the service lists no run to look at')
    for (const run of runs) {
      const found = fault(run)
      if (found !== undefined) return `run ${at(run, 'id')}: ${found}`
    }
    return undefined
  },
}
