import type { Keyring, Provider } from '../core/provider.ts'
import type { Sandboxes } from '../core/sandbox.ts'

/** What stands in the journal for what could be used as a credential. */
export const REDACTED = '[redacted]'

/** Names of parameters that carry secrets; `code_challenge` and `login_hint` do not, nor does a page's token. */
const SECRETIVE =
  /token|secret|passw|assertion|credential|session|signature|^auth|^code$|verifier|(^|[-_.[])(api)?keys?\b/i
const PAGE = /^page[-_]?token$|^next[-_]?(page[-_]?)?token$/i
/** A client's id stands in the keyring and is no secret. */
const PUBLIC = new Set(['client_id'])
/** A secret that says it is one (RFC 8959), perhaps encoded once more than it is decoded here. */
const SELF_SAID = /secret-token(?::|%3a)/i
/** What is sent as `Authorization`, whoever's key it is. */
const BEARER = /^bearer\s+\S+$/i
/** What a key may be one of, in a text that has more than the key. */
const WORDS = /[\w-]+/g

/** Takes out of texts what could be used as a credential, of any provider and in any sandbox. */
export interface Redactor {
  /** The text, unless there is a credential in it. */
  text(text: string): Promise<string>
  /** The path without such segments. */
  path(path: string): Promise<string>
  /**
   * The query without such names and values. `declared`: the parameters that a list operation of the document has,
   * whatever they are called.
   */
  search(search: string, declared: ReadonlySet<string>): Promise<string>
}

/** For one request. A key that came to the wrong API is a secret too: `providers` are all there are. */
export function redactor(providers: readonly Provider[], sandboxes: Pick<Sandboxes, 'keyring'>): Redactor {
  const keyrings = providers.map(({ name }) => sandboxes.keyring(name))
  const shapes = [SELF_SAID, BEARER, ...providers.flatMap(({ keyShape }) => keyShape ?? [])]
  const looksSecret = (text: string): boolean => hasJwt(text) || shapes.some((shape) => shape.test(text))
  const seen = new Map<string, boolean>()
  const hasSecret = async (text: string): Promise<boolean> => {
    if (text === '') return false
    let answer = seen.get(text)
    if (answer === undefined) {
      answer = readings(text).some(looksSecret) || (await hasKnown(text, keyrings))
      seen.set(text, answer)
    }
    return answer
  }

  return {
    text: async (text) => ((await hasSecret(text)) ? REDACTED : text),
    async path(path) {
      const segments: string[] = []
      for (const segment of path.split('/'))
        segments.push((await hasSecret(decoded(segment))) ? REDACTED : segment)
      return segments.join('/')
    },
    async search(search, declared) {
      if (search === '') return search
      const pairs: string[] = []
      for (const pair of search.split('&')) {
        const equals = pair.indexOf('=')
        const name = formDecoded(equals < 0 ? pair : pair.slice(0, equals))
        const value = equals < 0 ? '' : formDecoded(pair.slice(equals + 1))
        const isSecretive = !declared.has(name) && SECRETIVE.test(name) && !PAGE.test(name)
        if (await hasSecret(name)) pairs.push(REDACTED)
        else if (value !== '' && (isSecretive || (await isSecretValue(name, value))))
          pairs.push(`${pair.slice(0, equals)}=${REDACTED}`)
        else pairs.push(pair)
      }
      return pairs.join('&')
    },
  }

  async function isSecretValue(name: string, value: string): Promise<boolean> {
    return PUBLIC.has(name) ? readings(value).some(looksSecret) : hasSecret(value)
  }
}

/** Whether the text, or a word of it, is the name of a credential. */
async function hasKnown(text: string, keyrings: readonly Keyring<unknown>[]): Promise<boolean> {
  for (const reading of readings(text)) {
    for (const word of new Set([reading, ...(reading.match(WORDS) ?? [])])) {
      for (const keys of keyrings) if ((await keys.find(word)) !== undefined) return true
    }
  }
  return false
}

/** Whether there is what looks like a JWT. In one pass: an expression that begins anew at each `eyJ` takes time squared. */
function hasJwt(text: string): boolean {
  for (const run of text.match(/[\w.-]+/g) ?? []) {
    const begins = run.indexOf('eyJ')
    const dot = begins < 0 ? -1 : run.indexOf('.', begins)
    if (dot >= 0 && run.includes('.', dot + 1)) return true
  }
  return false
}

/** The text, and as whoever decodes it once more reads it. */
function readings(text: string): readonly string[] {
  const again = text.includes('%') ? decoded(text) : text
  return again === text ? [text] : [text, again]
}

function formDecoded(text: string): string {
  return decoded(text.replaceAll('+', ' '))
}

/** Decoded as far as it can be: what is wrong with one escape is no cover for the others. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}
