import type { Difference } from '../../core/fidelity.ts'

/** What the overlays cannot say, and how well it is known. Sections are those of fidelity/basedash.md. */
export const differences: readonly Difference[] = [
  {
    topic: 'bad `limit`',
    spec: "400 `ValidationError`; `detail` is `limit: ` and the broken rule in zod's words",
    live: "zod's own issues: a whole number beyond 2^53 breaks two rules, which `; ` joins",
    evidence: 'title: docs (§B1); words: measured on zod 4.6.7 (§B2); how the vendor puts them is unknown',
  },
  {
    topic: '404',
    spec: 'one body for unknown, foreign and not admin; unknown paths have their own `NotFound`',
    evidence: "the document's rule; words inferred (§B1)",
  },
  {
    topic: 'cursor that names no run here',
    spec: "an empty page, for another automation's run too",
    evidence: "the database layer's documentation; on another automation's run reports differ (§B3)",
  },
  {
    topic: '429',
    spec: '`retryAfterMs` until the window ends; no `Retry-After`',
    evidence: 'the document; other headers are unknown (§B1)',
  },
  {
    topic: '503',
    spec: '`ServiceUnavailable`, when a fault asks for it',
    evidence: 'inference, after the other titles (§B1)',
  },
]
