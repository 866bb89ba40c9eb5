import { apart } from '../core/bounded-map.ts'

/** What a client sends may be as long as headers may be (256 KiB); what is kept of it is not. */
export const MOST_KEPT = 2_048

/** The text, or its beginning and `…`: as a text of its own. */
export function clipped(text: string, most: number): string {
  return text.length <= most ? apart(text) : apart(`${text.slice(0, most)}…`)
}

/** A value of a client's in a message: quoted, and not at any length. */
export function quoted(text: string): string {
  return `'${clipped(text, 60)}'`
}

/** A few of many names, for a message. */
export function some(names: readonly string[]): string {
  const most = 8
  return names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}
