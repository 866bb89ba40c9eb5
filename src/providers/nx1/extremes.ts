import { crew } from './custom-crews.ts'
import type { CrewRun, Plan } from './runs.ts'

/** A run at an edge of what the API can show: what it differs in from an ordinary run, and how it goes. */
export interface Extreme {
  readonly run: Partial<CrewRun>
  readonly outcome: Plan['outcome']
  /** Whether it is created, started and completed in the same whole second, so that its times have no fraction. */
  readonly instant?: boolean
}

/** Unicode, the longest and the shortest values, nulls and empty lists. */
export const EXTREMES: readonly Extreme[] = [
  {
    run: {
      crew_type: 'ask',
      crew_config: null,
      task_input: {
        question: '売上が最も伸びた地域は？ 🗾 مرحبا שלום é (é) 👩‍👩‍👧‍👦',
        'ключ "x"\\': ['\u2028', '\t', '<b>'],
      },
      correlation_id: 'Ünïcode-корреляция-相関',
    },
    outcome: {
      result: '関東: ¥1,200,000 📈\n"quotes" \\ back\\slash \u0001 \u200f <script>alert(1)</script> 𝒳',
    },
  },
  {
    run: {
      crew_type: null,
      crew_config: crew({
        id: 'c'.repeat(255),
        agents: Array.from({ length: 20 }, (_, index) => ({
          role: `Agent ${index + 1} ${'of a long title '.repeat(12)}`,
          goal: 'Reach the goal. '.repeat(100),
          backstory: 'It was a long and dusty road. '.repeat(100),
          tools: Array.from({ length: 50 }, (_, tool) => `tool_${tool}`),
        })),
        tasks: Array.from({ length: 20 }, (_, index) => ({
          description: 'Do the next step with care. '.repeat(50),
          agent_index: index,
        })),
      }),
      task_input: { depth: { of: { nesting: { goes: { on: [[[[[]]]]] } } } }, text: 'x'.repeat(10_000) },
      correlation_id: 'r'.repeat(255),
    },
    outcome: {
      result: '| row | value |\n|---|---|\n'.concat('| 1 | 99999999999999999999.999999 |\n'.repeat(3_000)),
    },
  },
  {
    run: { crew_type: null, crew_config: null, task_input: null, correlation_id: '' },
    outcome: { result: '' },
    instant: true,
  },
  {
    run: { crew_type: null, crew_config: crew({ agents: [], tasks: [] }), task_input: {} },
    outcome: { error: '' },
    instant: true,
  },
  {
    run: {
      crew_type: 'a_type_added_later',
      crew_config: null,
      task_input: { null: null, zero: 0, big: 1e21, tiny: 5e-7 },
    },
    outcome: { error: `Task execution failed: ${'Traceback (most recent call last):\n  …\n'.repeat(200)}` },
  },
]
