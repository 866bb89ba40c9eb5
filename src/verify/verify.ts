import { wallNow } from '../core/clock.ts'
import type { Fidelity } from '../core/fidelity.ts'
import { Api } from '../spec/api.ts'
import { servedDocuments } from '../spec/served.ts'
import { Client } from './client.ts'
import { type Access, type Case, type Contract, Departure, NotApplicable } from './contract.ts'
import { Session } from './session.ts'

export interface VerifyOptions {
  /** The base URL of the service. Its path goes before every path. */
  readonly target: URL
  /** The folder of the documents. */
  readonly specs: string
  readonly fidelity: Fidelity
  readonly subjects: readonly Subject[]
  /** Between two requests, in ms. */
  readonly delayMs: number
  /** How long a request may take, in ms; 10 s without one. */
  readonly timeoutMs?: number
}

/** A contract, and what to hold the service to it with; undefined when there are no credentials. */
export interface Subject {
  readonly contract: Contract
  readonly access: Access | undefined
}

/** What became of one case. No text in it holds a credential. */
export interface Outcome {
  readonly provider: string
  readonly name: string
  readonly evidence?: string
  readonly confidence?: Case['confidence']
  /** How long it took, waiting included. */
  readonly ms: number
  readonly verdict:
    | { readonly kind: 'passed' }
    | { readonly kind: 'skipped'; readonly reason: string }
    | ({ readonly kind: 'failed' } & Failure)
}

export interface Failure {
  /** The last request that was answered, and its answer; absent when there was none. */
  readonly request?: string
  readonly reply?: string
  readonly expected: string
  readonly came: string
}

/** The cases of a contract that describe this fidelity. */
export function casesOf({ cases }: Contract, fidelity: Fidelity): Case[] {
  return cases.filter((row) => row.fidelity === undefined || row.fidelity === fidelity)
}

/** How many outcomes there will be: one for each case, and one for each subject without credentials. */
export function planned({ subjects, fidelity }: VerifyOptions): number {
  return subjects.reduce(
    (sum, { contract, access }) => sum + (access === undefined ? 1 : casesOf(contract, fidelity).length),
    0,
  )
}

/** Holds the service to each contract, one request after the other, and never throws for what the service does. */
export async function* verify(options: VerifyOptions): AsyncGenerator<Outcome> {
  const { target, specs, fidelity, subjects, delayMs, timeoutMs = 10_000 } = options
  const client = new Client({ target, delayMs, timeoutMs })
  for (const { contract, access } of subjects) {
    const { provider, variables } = contract
    if (access === undefined) {
      const reason = `no credentials: set ${variables}, or give --credentials`
      yield { provider, name: 'all cases', ms: 0, verdict: { kind: 'skipped', reason } }
      continue
    }
    const documents = await servedDocuments(specs, provider)
    const api = await Api.of(documents[fidelity])
    const session = new Session({ contract, access, fidelity, api, client })
    for (const row of casesOf(contract, fidelity)) {
      const { name, evidence, confidence } = row
      const began = wallNow()
      const verdict = await judge(row, session)
      yield { provider, name, evidence, confidence, ms: wallNow() - began, verdict }
    }
  }
}

async function judge(row: Case, session: Session): Promise<Outcome['verdict']> {
  let expected = 'a reply'
  session.last = undefined
  try {
    session.require(row.needs ?? [])
    const { request } = row
    const reply = await session.ask(typeof request === 'function' ? await request(session) : request)
    for (const { says, check } of row.expect) {
      expected = says
      const came = await check(reply, session)
      if (came !== undefined) return failed(session, expected, came)
    }
    return { kind: 'passed' }
  } catch (error) {
    if (error instanceof NotApplicable) return { kind: 'skipped', reason: session.redacted(error.message) }
    if (error instanceof Departure) return failed(session, expected, error.message)
    // A service that is not what anybody thought of must not end the run.
    return failed(session, expected, `what could not be read: ${error}`)
  }
}

/** The most characters of a body, or of a difference, that a report quotes. */
const QUOTED = 600

function failed(session: Session, expected: string, came: string): Outcome['verdict'] {
  const { last } = session
  // Redacted before it is cut, or half a credential could stay.
  const quoted = (text: string): string => {
    const redacted = session.redacted(text)
    return redacted.length > QUOTED
      ? `${redacted.slice(0, QUOTED)}… (${redacted.length} characters)`
      : redacted
  }
  return {
    kind: 'failed',
    ...(last && { request: quoted(last.request), reply: quoted(`${last.status} ${last.text}`) }),
    expected: quoted(expected),
    came:
      quoted(came) + (last?.status === 429 ? ' (too many requests: wait, and choose a longer --delay)' : ''),
  }
}
