/** What pydantic v2 makes of the text of an integer parameter, or its name for why it makes nothing of it. */
export type ReadInteger =
  | { readonly value: bigint }
  | { readonly refusal: 'int_parsing' | 'int_parsing_size' }

/** Rust's White_Space, which `str::trim` takes away; JavaScript's `trim` differs in U+0085 and U+FEFF. */
const BLANK = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const BLANK_ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, 'g')
/** CPython's bound on the digits of an integer that it reads from text; the sign counts as one here. */
const MAX_LENGTH = 4300

/**
 * Reads an integer as pydantic v2 reads it from text (fidelity/nx1.md §A1; compared with pydantic 2.13.5 over
 * 200,000 texts): an integer of any size.
 */
export function readInteger(text: string): ReadInteger {
  // The text is first taken as it stands, which is the only time that too many digits are called by that name.
  if (leadingInteger(text).length > MAX_LENGTH) return { refusal: 'int_parsing_size' }
  const digits = cleaned(text)
  if (digits === undefined || digits.length > MAX_LENGTH) return { refusal: 'int_parsing' }
  return { value: BigInt(digits) }
}

/** The integer as a number; what a number cannot hold as the largest or smallest safe integer. */
export function nearestNumber(value: bigint): number {
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
}

function leadingInteger(text: string): string {
  return /^-?(?:0|[1-9]\d*)/.exec(text)?.[0] ?? ''
}

/** The plain digits, with a sign, that pydantic-core's `clean_int_str` leaves of the text; undefined for none. */
function cleaned(text: string): string | undefined {
  const unsigned = text.replace(BLANK_ENDS, '').replace(/^\+(?!-)/, '')
  const sign = unsigned.startsWith('-') ? '-' : ''
  const magnitude = unsigned.slice(sign.length)
  if (!/^\d/.test(magnitude)) return undefined
  const significant = magnitude
    // Zeros in front go, and any underscores among them; the last one stays when nothing else is left.
    .replace(/^0[0_]*(?=[0_](?:\.|$)|[^0_.])/, '')
    .replace(/\.0+$/, '')
  if (/^_|_$|__/.test(significant)) return undefined
  const digits = sign + significant.replaceAll('_', '')
  return /^-?(?:0|[1-9]\d*)$/.test(digits) ? digits : undefined
}
