import type { Caller, Keyring, Provider } from '../core/provider.ts'
import { firstValues } from '../core/query.ts'
import { ApiError } from '../core/reply.ts'
import type { ApiRequest } from '../core/request.ts'
import type { State } from '../core/state.ts'

/**
 * Who a request is likely from that nobody asks who they are, a token endpoint's say: what it names decides in which
 * sandbox it is answered, and opens nothing. A valid credential counts first, then an OAuth client by its id, in any of
 * the ways of RFC 6749 §2.3.1; nobody proves here that it is theirs.
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
  for (const id of clientIds(request)) {
    // An id may say after an `@` where it belongs.
    const caller = (await keys.find(id)) ?? (await keys.find(id.replace(/@.*$/s, '')))
    if (caller !== undefined) return caller
  }
  return undefined
}

async function unlessRefused<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}

function clientIds({ search, body, header }: ApiRequest): string[] {
  const [, basic = ''] = /^basic +(\S+)$/i.exec(header('authorization') ?? '') ?? []
  const [user = ''] = Buffer.from(basic, 'base64').toString().split(':')
  const named = [decoded(user), firstValues(body).get('client_id'), firstValues(search).get('client_id')]
  return named.flatMap((id) => id || [])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
