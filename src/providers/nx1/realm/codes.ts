import type { Json } from '../../../core/json.ts'
import type { State } from '../../../core/state.ts'

/** What an authorization code stands for, until it is exchanged. */
export interface CodeData {
  readonly redirectUri: string
  readonly clientId: string
  readonly username: string
  readonly scope: string
  readonly nonce: string | null
  readonly challenge: string | null
  readonly method: string | null
  /** When the user logged in, in seconds. */
  readonly authTime: number
  /** Until when (ms) the code can be exchanged. */
  readonly expiresAt: number
}

/** The three parts of a code, `<uuid>.<session>.<client>` (fidelity/nx1.md §A5). */
export interface CodeParts {
  readonly id: string
  readonly sessionId: string
  readonly clientUuid: string
}

const CODE = 'code'
/** Keycloak's default for how long a code can be exchanged. */
const LIFETIME_MS = 60_000
/** How long a code that came too late is still known to have been one. */
const REMEMBER_MS = 600_000

/** Keeps what the code stands for, and gives the code. `wall` in ms. */
export async function keepCode(
  state: State,
  { id, sessionId, clientUuid }: CodeParts,
  data: Omit<CodeData, 'expiresAt'>,
  wall: number,
): Promise<string> {
  const kept: Json = { ...data, expiresAt: wall + LIFETIME_MS }
  await state.put(CODE, id, kept, wall + LIFETIME_MS + REMEMBER_MS)
  return `${id}.${sessionId}.${clientUuid}`
}

/** The parts of a well-formed code, or undefined. */
export function codeParts(code: string): CodeParts | undefined {
  const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
  const [, id, sessionId, clientUuid] = new RegExp(`^(${uuid})\\.(${uuid})\\.(${uuid})$`).exec(code) ?? []
  if (id === undefined || sessionId === undefined || clientUuid === undefined) return undefined
  return { id, sessionId, clientUuid }
}

/** What the code stands for, once: the second taker gets nothing. */
export async function takeCode(state: State, { id }: CodeParts): Promise<CodeData | undefined> {
  const taken = await state.take(CODE, id)
  return taken === undefined ? undefined : (taken as unknown as CodeData)
}
