import type { Step, StoredRun } from '../run.ts'

/** A run that the service allows and clients do not expect. */
export interface Extreme {
  readonly tags?: readonly string[]
  readonly body?: Partial<Omit<StoredRun, 'tags'>>
  /** Its life, `at` in ms after its creation. */
  readonly steps?: readonly Step[]
}

/** The most that 32 bits of duration hold: nearly 25 days (fidelity/trigger.md §6). */
const LONGEST = 2_147_483_647

/** The longest and strangest values, for the oldest runs of an environment (limits: fidelity/trigger.md §6). */
export const EXTREMES: readonly Extreme[] = [
  {
    steps: [
      { at: 0, status: 'DEQUEUED' },
      { at: 0, status: 'EXECUTING' },
      { at: LONGEST, status: 'COMPLETED_SUCCESSFULLY' },
    ],
  },
  { tags: Array.from({ length: 10 }, (_, i) => `${i}:`.padEnd(128, 'long-tag-')) },
  {
    tags: [
      '日本語',
      'عربى',
      'e\u0301',
      'é',
      '👩‍👩‍👧‍👦',
      'Zürich',
      'zürich',
      ' padded ',
      '100% & "quoted"',
      '<b>bold</b>',
    ],
  },
  { tags: ['a', 'null', 'true', '0', '__proto__'] },
  { body: { idempotencyKey: 'k'.repeat(2_048) } },
  { body: { idempotencyKey: 'customer/42 · Größe: XXL 🎁' } },
  { body: { metadata: {} } },
  {
    body: {
      metadata: {
        ключ: 'значение',
        nested: { list: [1, null, 'two', { deep: true }], none: null },
        text: '𝄞'.repeat(256),
      },
    },
  },
  { body: { task: `${'very-long-task-identifier-'.repeat(5).slice(0, 127)}z` } },
  { body: { task: 'tâche/été_☀️.v2' } },
  { body: { ttl: '336h', depth: 12 }, tags: [] },
]
