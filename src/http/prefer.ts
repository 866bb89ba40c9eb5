import { LONGEST_DELAY_MS } from '../core/fault.ts'

/** What a client's `Prefer` headers ask of Runyard. */
export interface Preferences {
  /** The status that the reply is to have. */
  readonly code?: number
  /** How long the reply is to be held back. */
  readonly delayMs?: number
  /** `Preference-Applied` for a reply of that status, or undefined where nothing was applied. */
  applied(status: number): string | undefined
}

/**
 * Reads `Prefer` (RFC 7240). What is unknown, or has a value that cannot be taken, is ignored as §2 says; of a
 * preference that comes twice, the first counts.
 */
export function readPrefer(header: string): Preferences {
  const asked = new Map<string, string>()
  for (const preference of split(header, ',')) {
    // What follows a semicolon are parameters, of which these preferences have none.
    const [text = ''] = split(preference, ';')
    const [, name = '', value = ''] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? []
    const key = name.trim().toLowerCase()
    if (!asked.has(key)) asked.set(key, unquoted(value.trim()))
  }
  const code = wholeNumber(asked.get('code'), 100, 599)
  const delayMs = wholeNumber(asked.get('delay'), 0, LONGEST_DELAY_MS)
  return {
    ...(code !== undefined && { code }),
    ...(delayMs !== undefined && { delayMs }),
    applied(status) {
      const applied = [...asked.keys()].flatMap((name) => {
        if (name === 'code' && code === status) return [`code=${code}`]
        return name === 'delay' && delayMs !== undefined ? [`delay=${delayMs}`] : []
      })
      return applied.length > 0 ? applied.join(', ') : undefined
    },
  }
}

/** The parts between separators, but for those inside quotes. In one pass, since a header may be long and hostile. */
function split(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    if (isQuoted && text[i] === '\\') i++
    else if (text[i] === '"') isQuoted = !isQuoted
    else if (!isQuoted && text[i] === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function unquoted(value: string): string {
  const [, inner] = /^"(.*)"$/s.exec(value) ?? []
  return inner === undefined ? value : inner.replace(/\\(.)/gs, '$1')
}

function wholeNumber(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined
  const number = Number(text)
  return number >= min && number <= max ? number : undefined
}
