import type { JsonObject } from '../../../core/json.ts'
import { countryCode, domainName } from '../../../core/names.ts'
import type { Random } from '../../../core/random.ts'
import type { Machine } from './machines.ts'

/** Bounds in ms, both inclusive. */
export type Span = readonly [least: number, most: number]

/** A task of the seeded project, and how its runs behave. */
export interface Task {
  readonly id: string
  readonly kind: 'STANDARD' | 'SCHEDULED' | 'AGENT'
  /** How often it runs beside the others. */
  readonly weight: number
  readonly machine: Machine
  /** The queue it shares; without one it has its own. */
  readonly queue?: string
  /** How long one attempt computes. */
  readonly busy: Span
  /** The share of runs that fail before they succeed, and how often a run is tried at most. */
  readonly flaky: number
  readonly attempts: number
  /** How long it waits before it tries again. */
  readonly backoff: Span
  /** How long it is suspended halfway. */
  readonly waits?: Span
  /** How long after its creation it is to start, for a share of its runs. */
  readonly delay?: Span
  /** What its runs are tagged with. */
  readonly tags: readonly ('org' | 'user' | 'plan' | 'invoice')[]
  readonly ttl?: string
  /** Whether its runs carry idempotency keys. */
  readonly keyed?: boolean
  /** When its schedule triggers it: each so many ms, so late after the full hour or day. */
  readonly schedule?: { readonly every: number; readonly offset: number }
  /** The task that it runs in batches, and waits for. */
  readonly fansOut?: string
  /** Only ever run by a parent. */
  readonly isChild?: boolean
  readonly errors: readonly string[]
  metadata?(random: Random): JsonObject
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SOON: Span = [SECOND, 10 * SECOND]

/** The background work of a small billing product. */
export const TASKS: readonly Task[] = [
  {
    id: 'send-welcome-email',
    kind: 'STANDARD',
    weight: 16,
    machine: 'micro',
    queue: 'emails',
    busy: [180, 1_400],
    flaky: 0.04,
    attempts: 3,
    backoff: SOON,
    tags: ['user', 'org'],
    ttl: '1h',
    errors: ['ResendError: 429 rate_limit_exceeded', 'ResendError: 422 invalid_to_address'],
    metadata: (random) => ({ template: 'welcome-v3', locale: random.pick(['en', 'de', 'fr', 'ja']) }),
  },
  {
    id: 'deliver-webhook',
    kind: 'STANDARD',
    weight: 18,
    machine: 'micro',
    queue: 'webhooks',
    busy: [90, 4_000],
    flaky: 0.18,
    attempts: 5,
    backoff: [MINUTE, 12 * MINUTE],
    tags: ['org'],
    keyed: true,
    errors: ['FetchError: 503 Service Unavailable', 'FetchError: connect ETIMEDOUT', 'FetchError: 410 Gone'],
    metadata: (random) => ({
      event: random.pick([
        'invoice.paid',
        'invoice.payment_failed',
        'subscription.updated',
        'usage.threshold',
      ]),
      endpoint: `https://${domainName(random)}/hooks/billing`,
    }),
  },
  {
    id: 'charge-invoice',
    kind: 'STANDARD',
    weight: 12,
    machine: 'small-1x',
    busy: [700, 6_500],
    flaky: 0.06,
    attempts: 3,
    backoff: [5 * SECOND, 40 * SECOND],
    tags: ['org', 'invoice', 'plan'],
    keyed: true,
    errors: ['StripeCardError: card_declined', 'StripeCardError: insufficient_funds'],
  },
  {
    id: 'render-invoice-pdf',
    kind: 'STANDARD',
    weight: 9,
    machine: 'small-2x',
    busy: [1_800, 14_000],
    flaky: 0.03,
    attempts: 3,
    backoff: SOON,
    tags: ['org', 'invoice'],
    errors: ['TimeoutError: page.pdf() exceeded 30000 ms'],
    metadata: (random) => ({ pages: random.int(1, 12), paper: random.pick(['A4', 'Letter']) }),
  },
  {
    id: 'import-usage-csv',
    kind: 'STANDARD',
    weight: 4,
    machine: 'medium-1x',
    busy: [4_000, 45_000],
    flaky: 0.03,
    attempts: 2,
    backoff: SOON,
    tags: ['org', 'user'],
    fansOut: 'import-usage-rows',
    errors: ['CsvError: Invalid Record Length: columns length is 9, got 11'],
    metadata: (random) => ({
      file: `usage-${countryCode(random).toLowerCase()}-${random.int(1, 12)}.csv`,
      rows: random.int(1_200, 96_000),
    }),
  },
  {
    id: 'import-usage-rows',
    kind: 'STANDARD',
    weight: 0,
    isChild: true,
    machine: 'small-1x',
    queue: 'imports',
    busy: [900, 9_000],
    flaky: 0.05,
    attempts: 3,
    backoff: SOON,
    tags: ['org'],
    errors: ['PostgresError: deadlock detected'],
  },
  {
    id: 'aggregate-usage',
    kind: 'SCHEDULED',
    weight: 14,
    machine: 'medium-1x',
    busy: [6_000, 80_000],
    flaky: 0.02,
    attempts: 2,
    backoff: SOON,
    tags: [],
    schedule: { every: HOUR, offset: 5 * MINUTE },
    errors: ['ClickHouseError: Memory limit (for query) exceeded'],
  },
  {
    id: 'close-billing-period',
    kind: 'SCHEDULED',
    weight: 3,
    machine: 'medium-2x',
    busy: [3 * MINUTE, 22 * MINUTE],
    flaky: 0.02,
    attempts: 2,
    backoff: [30 * SECOND, 2 * MINUTE],
    tags: [],
    schedule: { every: DAY, offset: 30 * MINUTE },
    errors: ['AssertionError: ledger does not balance'],
    metadata: (random) => ({ accounts: random.int(180, 420), dryRun: false }),
  },
  {
    id: 'score-churn-risk',
    kind: 'STANDARD',
    weight: 5,
    machine: 'large-1x',
    busy: [2 * MINUTE, 16 * MINUTE],
    flaky: 0.04,
    attempts: 2,
    backoff: [10 * SECOND, MINUTE],
    tags: ['plan'],
    errors: ['Error: CUDA out of memory', 'HTTPError: model endpoint returned 502'],
    metadata: (random) => ({ model: 'churn-2026-04', batch: random.int(64, 512) }),
  },
  {
    id: 'support-agent',
    kind: 'AGENT',
    weight: 8,
    machine: 'small-2x',
    busy: [4_000, 70_000],
    flaky: 0.05,
    attempts: 3,
    backoff: SOON,
    waits: [4 * MINUTE, 5 * HOUR],
    tags: ['user', 'org', 'plan'],
    errors: ['AI_APICallError: overloaded_error', 'ToolError: lookup_invoice returned no rows'],
    metadata: (random) => ({
      channel: random.pick(['email', 'chat']),
      subject: random.pick([
        'Where is my receipt?',
        'Charged twice in May',
        'Change of VAT number',
        'Cannot add a second seat',
      ]),
    }),
  },
  {
    id: 'trial-reminder',
    kind: 'STANDARD',
    weight: 6,
    machine: 'micro',
    queue: 'emails',
    busy: [200, 1_600],
    flaky: 0.03,
    attempts: 3,
    backoff: SOON,
    delay: [6 * HOUR, 2 * DAY],
    tags: ['user', 'plan'],
    ttl: '14d',
    keyed: true,
    errors: ['ResendError: 429 rate_limit_exceeded'],
  },
  {
    id: 'offboard-customer',
    kind: 'STANDARD',
    weight: 3,
    machine: 'small-1x',
    busy: [3_000, 30_000],
    flaky: 0.05,
    attempts: 3,
    backoff: SOON,
    waits: [6 * HOUR, 3 * DAY],
    tags: ['org', 'plan'],
    errors: ['S3ServiceException: AccessDenied'],
    metadata: (random) => ({
      reason: random.pick(['too expensive', 'missing feature', 'acquired', 'unpaid']),
    }),
  },
]
