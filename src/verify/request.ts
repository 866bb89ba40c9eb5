import type { Account } from './contract.ts'

/** A request of a case. Nothing but GET, HEAD and OPTIONS ever carries an account's credential. */
export type Ask = Reading | Posting

interface Reading {
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS'
  /** The list's own path without one; `{name}` stands for a value of the access. */
  readonly path?: string
  /** As it leaves: not encoded any further. */
  readonly query?: string
  /** An account of the access, `nobody`, or an account of the case's own. `main` without one. */
  readonly as?: string | Account
  readonly headers?: Readonly<Record<string, string>>
}

/** For what is refused before it could do harm, and for token endpoints, whose credentials stand in the body. */
interface Posting {
  readonly method: 'POST'
  readonly as: 'nobody'
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Received {
  /** Method and target, for people: `GET /api/v1/runs?page[size]=0`. */
  readonly request: string
  /** The path as the provider's document knows it. */
  readonly path: string
  readonly status: number
  /** Lower-case names; several of one name are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown
}
