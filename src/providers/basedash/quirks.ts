import type { Fidelity } from '../../core/fidelity.ts'
import type { Problem } from '../../core/provider.ts'

/** What the service does that no document says. */
interface Quirks {
  /** For each key, in a fixed window that begins with the first. */
  readonly requestsPerMinute: number
  /** What is said of a query that the document forbids, sentence by sentence. */
  sentences(problems: readonly Problem[]): string[]
}

/** By fidelity; where `live` differs, its member cites where that is known from. */
export const quirks: Readonly<Record<Fidelity, Quirks>> = {
  spec: {
    // The vendor's number is not public: this is ours, high enough for a test suite.
    requestsPerMinute: 600,
    sentences: (problems) => problems.map(sentence),
  },
  live: {
    // Nor is it here: the upper end of the range in fidelity/basedash.md §B1.
    requestsPerMinute: 100,
    sentences: zodIssues,
  },
}

/** A problem in zod 4's words, since the vendor validates with zod; how it joins them is not known (§B0, §B2). */
function sentence({ path, rule, facts, value, message }: Problem): string {
  const name = path.join('.')
  if (rule === 'minimum') return `${name}: Too small: expected number to be >=${facts.limit}`
  if (rule === 'maximum') return `${name}: Too big: expected number to be <=${facts.limit}`
  if (rule !== 'type') return `${name}: ${message}`
  if (typeof value === 'number') return `${name}: Invalid input: expected int, received number`
  return `${name}: Invalid input: expected number, received ${Number(value)}`
}

/**
 * The issues that zod finds itself, in its order (§B2; compared with zod 4.6.7): it looks no further once a value is no
 * whole number, and bounds whole numbers of its own accord.
 */
function zodIssues(problems: readonly Problem[]): string[] {
  const wrongType = problems.find(({ rule }) => rule === 'type')
  if (wrongType !== undefined) return [sentence(wrongType)]
  return problems.flatMap((problem) => [...beyondSafe(problem), sentence(problem)])
}

function beyondSafe({ path, value }: Problem): string[] {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return []
  const bound =
    value > 0
      ? `Too big: expected int to be <=${Number.MAX_SAFE_INTEGER}`
      : `Too small: expected int to be >=${Number.MIN_SAFE_INTEGER}`
  return [`${path.join('.')}: ${bound}`]
}
