import type { State } from '../../../core/state.ts'

const ENDED = 'ended session'
/** Longer than any token of a session lives (offline ones apart, which never die of age). */
const REMEMBER_MS = 365 * 86_400_000

/**
 * Ends a session: its tokens are refused from now on. Tokens carry all else about their session, so that only the
 * end of one has to be remembered. `wall` in ms.
 */
export async function endSession(state: State, sessionId: string, wall: number): Promise<void> {
  await state.put(ENDED, sessionId, true, wall + REMEMBER_MS)
}

/** Whether the session has been ended; a token without one (a service account's) has none to end. */
export async function hasEnded(state: State, sessionId: string | undefined): Promise<boolean> {
  return sessionId !== undefined && (await state.get(ENDED, sessionId)) !== undefined
}
