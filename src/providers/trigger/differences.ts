import type { Difference } from '../../core/fidelity.ts'

/** What is served, beside what the overlays say themselves, and how well it is known (fidelity/trigger.md). */
export const differences: readonly Difference[] = [
  {
    topic: 'cursors',
    spec: 'run ids, as the document says; one that names no run of the environment is a 400 that names the parameter',
    live: 'opaque (base64url of instant and id), bare ids from before; none is refused: `page[after]=run_1234` gets the first page again',
    evidence: 'observed (fidelity §4); the words of the 400 are ours',
  },
  {
    topic: 'pages backwards',
    spec: 'newest first, like all pages',
    live: 'oldest first',
    evidence: 'observed on the newest version (fidelity §4); likely a regression, the cloud may differ',
  },
  {
    topic: 'time',
    spec: 'no bound unless asked for',
    live: 'without `from`, `to` or `period`, what is older than 7 days is hidden',
    evidence: 'observed (fidelity §3)',
  },
  {
    topic: '`period`',
    spec: "read by the vendor's own library; `from` and `to` count for nothing beside it; one that says nothing or 0 is no bound",
    evidence: 'observed (fidelity §3)',
  },
  {
    topic: '`from`, `to`',
    spec: 'epoch milliseconds (0 is absent), or ISO 8601',
    live: "epoch milliseconds, or whatever text JavaScript's `Date` reads, in UTC; what comes out as 0 is absent",
    evidence: 'observed (fidelity §3)',
  },
  {
    topic: 'status words in replies',
    spec: "the document's eleven; with `x-trigger-api-version: 2025-07-16` that version's",
    live: 'also DELAYED, EXPIRED and TIMED_OUT, and without the version WAITING_FOR_DEPLOY',
    evidence: 'observed (fidelity §3)',
  },
  {
    topic: 'runs put in by hand',
    spec: 'by the words of either version; DELAYED, EXPIRED and TIMED_OUT then show without it too. Times and tags are sent as they were written, where the service normalizes the one and sorts the other',
    evidence: 'ours: what was put in is what comes out',
  },
  {
    topic: 'status words in filters',
    spec: "the document's eleven, with the version five more; a word finds exactly the runs that read as it, and one that the version has given up what it used to mean",
    live: 'all sixteen always; each finds fixed states, whatever they read as: EXECUTING misses DEQUEUED, WAITING misses PAUSED',
    evidence: 'observed (fidelity §3)',
  },
  {
    topic: 'item members',
    spec: "with the `is*` booleans, costs, `depth`, `taskKind`, without which the vendor's SDK throws",
    evidence: 'observed (fidelity §6); the document lacks them',
  },
  {
    topic: 'rate limits',
    spec: 'with `--rate-limits on`, as in `live`',
    live: "a token bucket of 750, and 250 more each 10 s, per environment, and per token for public and unknown ones; `x-ratelimit-*` on each reply after it; by the sandbox's clock, so that a frozen one fills nothing",
    evidence:
      'recorded (fidelity §1.6), sizes from the source, which has 60 a minute for public tokens where the recording has 750; the cloud documents 1,500 a minute',
  },
  {
    topic: 'response headers',
    spec: 'without `Strict-Transport-Security` and compression',
    evidence:
      'the service sends both (fidelity §1.5); a hundred years of the former would outlive Runyard in a browser',
  },
]
