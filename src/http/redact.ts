import type { Keyring } from '../core/provider.ts'

/** What stands in the journal for what could be used as a credential. */
export const REDACTED = '[redacted]'

/** Names of parameters that carry secrets; `code_challenge` and `login_hint` do not, nor does a page's token. */
const SECRETIVE =
  /token|secret|passw|assertion|credential|session|signature|^auth|^code$|verifier|(^|[-_.[])(api)?keys?\b/i
const PAGE = /^page[-_]?token$|^next[-_]?(page[-_]?)?token$/i
/** A client's id stands in the keyring and is no secret. */
const PUBLIC = new Set(['client_id'])
/** A JWT, or a secret that says it is one (RFC 8959). */
const SECRET = /\beyJ[\w-]+\.[\w-]+\.|^secret-token:/i

/**
 * The query without values that could be used as credentials. `declared`: the parameters that a list operation of the
 * document has, whatever they are called.
 */
export async function redactedSearch(
  search: string,
  declared: ReadonlySet<string>,
  keys: Keyring<unknown>,
): Promise<string> {
  if (search === '') return search
  const pairs: string[] = []
  for (const pair of search.split('&')) {
    const equals = pair.indexOf('=')
    const name = formDecoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : formDecoded(pair.slice(equals + 1))
    const isSecret = !declared.has(name) && SECRETIVE.test(name) && !PAGE.test(name)
    if (value !== '' && (isSecret || (!PUBLIC.has(name) && (await isCredential(value, keys)))))
      pairs.push(`${pair.slice(0, equals)}=${REDACTED}`)
    else if (await isCredential(name, keys)) pairs.push(REDACTED)
    else pairs.push(pair)
  }
  return pairs.join('&')
}

/** The path without segments that could be used as credentials. */
export async function redactedPath(path: string, keys: Keyring<unknown>): Promise<string> {
  const segments: string[] = []
  for (const segment of path.split('/'))
    segments.push((await isCredential(decoded(segment), keys)) ? REDACTED : segment)
  return segments.join('/')
}

async function isCredential(text: string, keys: Keyring<unknown>): Promise<boolean> {
  return text !== '' && (SECRET.test(text) || (await keys.find(text)) !== undefined)
}

function formDecoded(text: string): string {
  return decoded(text.replaceAll('+', ' '))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
