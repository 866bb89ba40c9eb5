import type { Fidelity } from '../../core/fidelity.ts'
import { ApiError, type Reply } from '../../core/reply.ts'
import type { ApiRequest } from '../../core/request.ts'
import { errors } from './errors.ts'
import { naive } from './isoformat.ts'
import type { CrewRun } from './runs.ts'

/** What the service does that no document says. */
interface Quirks {
  /** How many runs the database gives for a limit that passed validation; negative for all. May throw an ApiError. */
  rows(limit: bigint, request: ApiRequest): bigint
  /** A run as it leaves. */
  shown(run: CrewRun): CrewRun
  /** The API's reply as it leaves; the realm's are Keycloak's. */
  served(reply: Reply): Reply
}

/** By fidelity; where `live` differs, its member cites where that is known from. */
export const quirks: Readonly<Record<Fidelity, Quirks>> = {
  spec: {
    rows: (limit) => limit,
    shown: (run) => run,
    served: (reply) => reply,
  },
  live: {
    // PostgreSQL's LIMIT is a bigint that must not be negative; its error is nobody's to catch (fidelity/nx1.md §A1).
    rows(limit, request) {
      if (limit < 0n || limit > INT64_MAX) throw new ApiError(errors.internal(request))
      return limit
    },
    // Whether the service's times have an offset is unknown: this is the other candidate (fidelity/nx1.md §A4).
    shown: (run) => ({
      ...run,
      created_at: naive(run.created_at),
      started_at: run.started_at && naive(run.started_at),
      completed_at: run.completed_at && naive(run.completed_at),
    }),
    // fidelity/nx1.md §A2, the first row.
    served: (reply) => ({ ...reply, headers: { ...reply.headers, server: 'uvicorn' } }),
  },
}

const INT64_MAX = 2n ** 63n - 1n
