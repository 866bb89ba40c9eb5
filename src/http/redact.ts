import { apart, BoundedMap } from '../core/bounded-map.ts'
import { Lately } from '../core/lately.ts'
import type { Provider } from '../core/provider.ts'
import { pairs } from '../core/query.ts'
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
const NO_WORD = /[^\w-]/

/** How many texts are remembered as harmless or not, and how long they may be; and how many paths, of that length too. */
const MOST_JUDGED = 5_000
const MOST_PATHS = 1_000
const LONGEST_JUDGED = 200

/** Takes out of texts what could be used as a credential, of any provider and in any sandbox. */
export interface Redactor {
  /** The text, unless there is a credential in it. */
  text(text: string): string
  /** The path without such segments. */
  path(path: string): string
  /**
   * The query without such names and values. `declared`: the parameters that a list operation of the document has,
   * whatever they are called.
   */
  search(search: string, declared: ReadonlySet<string>): string
}

/** A key that came to the wrong API is a secret too: `providers` are all there are. */
export function redactor(
  providers: readonly Provider[],
  sandboxes: Pick<Sandboxes, 'isCredential' | 'credentialsEdition'>,
): Redactor {
  const shapes = [SELF_SAID, BEARER, ...providers.flatMap(({ keyShape }) => keyShape ?? [])]
  const looksSecret = (text: string): boolean => hasJwt(text) || shapes.some((shape) => shape.test(text))
  /** Whether the text, or a word of it, is the name of a credential. */
  const hasKnown = (text: string): boolean =>
    sandboxes.isCredential(text) ||
    (NO_WORD.test(text) && (text.match(WORDS) ?? []).some((word) => sandboxes.isCredential(word)))
  // Most texts are a cursor that never comes again, or a word that always does.
  const judged = new BoundedMap<boolean>(MOST_JUDGED)
  const lately = new Lately()
  const paths = new BoundedMap<string>(MOST_PATHS)
  let edition = sandboxes.credentialsEdition
  const forgetOthers = (): void => {
    if (edition === sandboxes.credentialsEdition) return
    edition = sandboxes.credentialsEdition
    judged.clear()
    paths.clear()
  }
  const hasSecret = (text: string): boolean => {
    if (text === '') return false
    forgetOthers()
    const before = judged.get(text)
    if (before !== undefined) return before
    const answer = readings(text).some((reading) => looksSecret(reading) || hasKnown(reading))
    if (text.length <= LONGEST_JUDGED && lately.saw(text)) judged.set(apart(text), answer)
    return answer
  }
  const isSecretValue = (name: string, value: string): boolean =>
    PUBLIC.has(name) ? readings(value).some(looksSecret) : hasSecret(value)
  /** Whether a pair of a query has to hide something. */
  const hides = (name: string, value: string, declared: ReadonlySet<string>): boolean => {
    if (declared.has(name)) return isSecretValue(name, value)
    return hasSecret(name) || (value !== '' && (isSecretive(name) || isSecretValue(name, value)))
  }

  return {
    text: (text) => (hasSecret(text) ? REDACTED : text),
    path: (path) => {
      forgetOthers()
      const before = paths.get(path)
      if (before !== undefined) return before
      const isLong = path.length > LONGEST_JUDGED
      const redacted = path
        .split('/')
        .map((segment) =>
          hasSecret(isLong ? apart(decoded(segment)) : decoded(segment)) ? REDACTED : segment,
        )
        .join('/')
      if (!isLong) paths.set(path, redacted)
      return redacted
    },
    search(search, declared) {
      const found = pairs(search)
      if (!found.some(([name, value]) => hides(name, value, declared))) return search
      const each = found.values()
      return search
        .split('&')
        .map((raw) => {
          // Nothing between two `&` is no pair.
          const [name, value] = (raw === '' ? undefined : each.next().value) ?? ['', '']
          if (!hides(name, value, declared)) return raw
          return hasSecret(name) ? REDACTED : `${raw.slice(0, raw.indexOf('='))}=${REDACTED}`
        })
        .join('&')
    },
  }
}

/** Whether a parameter of that name carries a secret, whatever it looks like. */
function isSecretive(name: string): boolean {
  return SECRETIVE.test(name) && !PAGE.test(name)
}

/** Whether there is what looks like a JWT. In one pass: an expression that begins anew at each `eyJ` takes time squared. */
function hasJwt(text: string): boolean {
  if (!text.includes('eyJ')) return false
  for (const run of text.match(/[\w.-]+/g) ?? []) {
    const begins = run.indexOf('eyJ')
    const dot = begins < 0 ? -1 : run.indexOf('.', begins)
    if (dot >= 0 && run.includes('.', dot + 1)) return true
  }
  return false
}

/** The text, and as whoever decodes it once more reads it. */
function readings(text: string): readonly string[] {
  const again = decoded(text)
  return again === text ? [text] : [text, again]
}

/** Decoded as far as it can be: what is wrong with one escape is no cover for the others. */
function decoded(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}
