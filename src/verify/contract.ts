import type { Fidelity } from '../core/fidelity.ts'
import type { Ask, Received } from './request.ts'
import type { Session } from './session.ts'

/** What is known of one API, as cases that whoever holds credentials can check from outside. */
export interface Contract {
  /** As the documents in `specs/` are named: `trigger`. */
  readonly provider: string
  /** As people say it. */
  readonly title: string
  /** The list of runs; `{name}` stands for a value of the access. */
  readonly path: string
  /** The environment variables that its credentials come from, for people. */
  readonly variables: string
  /** Those variables, in the shape of a sandbox's `credentials.<provider>`. */
  fromEnvironment(environment: Environment): unknown
  /** What the credentials open, or undefined when they hold nothing to ask with. */
  access(credentials: unknown): Access | undefined
  readonly list: List
  readonly cases: readonly Case[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** One row: what is asked, what has to come, and where that is known from. */
export interface Case {
  readonly name: string
  /** What is asked, or how to come by it. */
  readonly request: Ask | ((session: Session) => Ask | Promise<Ask>)
  /** All must hold; the first that does not is reported. */
  readonly expect: readonly Expectation[]
  /** A row of a black-box table or a section: `fidelity/trigger.md §10 #7`. */
  readonly evidence: string
  /** How likely the real service agrees, as the page has it. A failure of a low one is news about the page. */
  readonly confidence: 'high' | 'medium' | 'low'
  /** Where the two differ: the one that this row describes. */
  readonly fidelity?: Fidelity
  /** Accounts and values without which nothing can be asked, beside the request's own. */
  readonly needs?: readonly string[]
}

export interface Expectation {
  /** What is expected, for people: `status 401`. */
  readonly says: string
  /** What came instead, or undefined. Throws NotApplicable where the service's data shows nothing either way. */
  check(reply: Received, session: Session): Finding | Promise<Finding>
}

export type Finding = string | undefined

/** A case that the service's data, or the credentials, cannot decide. The message says why. */
export class NotApplicable extends Error {
  override name = 'NotApplicable'
}

/** An expectation that did not hold on the way to another. The message says what came. */
export class Departure extends Error {
  override name = 'Departure'
}

/** Who asks: the headers that say so, or how to come by them. */
export type Account = Headers | ((session: Session) => Promise<Headers>)
export type Headers = Readonly<Record<string, string>>

/** What a provider's credentials open. */
export interface Access {
  /** `main` is who asks where a case does not say. */
  readonly accounts: Readonly<Record<string, Account>>
  /** What paths and bodies are filled with: ids, client secrets. */
  readonly values: Readonly<Record<string, string>>
  /** Whatever must not be printed. */
  readonly secrets: readonly string[]
}

/** How the vendor's list reads. */
export interface List {
  runs(body: unknown): unknown[]
  /** The member that holds when a run was created. */
  readonly createdAt: string
  /** The query of the page after this one, or undefined on the last. */
  next(body: unknown): string | undefined
  /** The query of a longer page, for a list that has no next one to tell by whether it showed all. */
  readonly longest?: string
}
