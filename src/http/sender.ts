import type { Caller, Keyring, Provider } from '../core/provider.ts'
import { ApiError } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { State } from '../core/state.ts'

/**
 * Who a request is likely from that nobody asks who they are, a token endpoint's say: what it names decides in which
 * sandbox it is answered, and opens nothing. A valid credential counts first, then what its provider makes of it.
 */
export async function senderOf(
  provider: Provider,
  request: ApiRequest,
  keys: Keyring<unknown>,
  wall: number,
  state: (sandbox: string) => State,
): Promise<Caller<unknown> | undefined> {
  for (const scheme of Object.values(provider.security)) {
    const caller = await unlessRefused(() => scheme.authenticate(request, keys, wall, state))
    if (caller !== undefined) return caller
  }
  return provider.sender?.(request, keys)
}

async function unlessRefused<Value>(ask: () => Promise<Value> | Value): Promise<Value | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}
