import type { JsonObject } from '../../core/json.ts'
import type { Random } from '../../core/random.ts'
import { growth, thousands } from './figures.ts'
import type { components } from './wire.ts'

type Schemas = components['schemas']

/** A crew that a user configured, what it is given and what it answers. */
interface CustomCrew {
  readonly config: Schemas['CrewConfig']
  readonly input: JsonObject
  readonly result: string
}

/** By the table they are pointed at. */
export const CUSTOM_CREWS: readonly ((random: Random, table: string) => CustomCrew)[] = [
  (random, table) => ({
    config: crew({
      agents: [
        {
          role: 'Data Quality Analyst',
          goal: `Find what is wrong with ${table} before its users do`,
          backstory: 'Ten years of reconciling ledgers left you unable to trust a total without its parts.',
          tool_categories: ['data_quality', 'trino'],
        },
        {
          role: 'Technical Writer',
          goal: 'Say what was found in half a page',
          backstory: 'You write for readers who have two minutes and a decision to make.',
          use_default_mcps: false,
        },
      ],
      tasks: [
        {
          description: `Profile ${table}: nulls, duplicates, freshness, outliers.`,
          expected_output: 'A list of findings, each with the query that shows it.',
          tools: ['profile_table'],
        },
        {
          description: 'Write the report.',
          agent_index: 1,
          expected_output: 'Markdown, at most half a page.',
        },
      ],
    }),
    input: { table, checks: ['nulls', 'duplicates', 'freshness'], threshold: random.int(1, 5) / 100 },
    result: `### Data quality: ${table}

| Check | Result | Rows |
|---|---|---:|
| nulls in \`customer_id\` | ${random.pick(['passed', 'failed'])} | ${thousands(random.int(0, 900))} |
| duplicates by \`id\` | passed | 0 |
| freshness under 24 h | passed | – |`,
  }),
  (random, table) => ({
    config: crew({
      id: 'weekly-revenue-review',
      process: 'hierarchical',
      verbose: true,
      agents: [
        {
          id: 'engineer',
          role: 'Senior Data Engineer',
          goal: 'Answer with numbers that can be traced to their rows',
          backstory: 'You built the lakehouse and know which of its tables lie.',
          allow_delegation: true,
          tool_categories: ['trino'],
        },
        {
          id: 'analyst',
          role: 'Revenue Analyst',
          goal: 'Explain why the week differs from the one before',
          backstory: 'You have sat in every Monday meeting since 2019.',
          tools: ['run_query', 'chart'],
        },
      ],
      tasks: [
        { description: `Compare last week in ${table} with the four weeks before.` },
        {
          description: 'Explain the three largest differences.',
          agent_index: 1,
          expected_output: 'Three bullet points.',
        },
      ],
    }),
    input: { table, weeks_back: random.pick([4, 6, 8]), currency: 'EUR' },
    result: `- Net revenue ${growth(random)} against the four-week mean.
- Basket size ${growth(random)}: fewer single-item orders.
- Returns ${growth(random)}, all from one campaign.`,
  }),
  (random, table) => ({
    config: crew({
      agents: [
        {
          role: 'Support Triage Agent',
          goal: 'Route each ticket to the team that can close it',
          backstory: 'You read every ticket to the end, including the signature.',
          tools: ['search_tickets', 'assign_ticket'],
        },
      ],
      tasks: [
        { description: `Triage new tickets in ${table}.`, expected_output: 'JSON: ticket, team, reason.' },
      ],
    }),
    input: { table, since_hours: random.pick([4, 12, 24]), dry_run: random.chance(0.3) },
    result: JSON.stringify(
      ['billing', 'logistics', 'accounts'].map((team) => ({
        ticket: `T-${random.int(10_000, 99_999)}`,
        team,
      })),
    ),
  }),
]

type AgentInput = Pick<Schemas['AgentConfig'], 'role' | 'goal' | 'backstory'> &
  Partial<Schemas['AgentConfig']>
type TaskInput = Pick<Schemas['TaskConfig'], 'description'> & Partial<Schemas['TaskConfig']>

/** A crew configuration as the service sends it: every default that its user left out filled in, in document order. */
export function crew(config: {
  readonly id?: string
  readonly agents: readonly AgentInput[]
  readonly tasks: readonly TaskInput[]
  readonly verbose?: boolean
  readonly process?: string
}): Schemas['CrewConfig'] {
  return {
    id: config.id ?? null,
    agents: config.agents.map((agent) => ({
      id: agent.id ?? null,
      role: agent.role,
      goal: agent.goal,
      backstory: agent.backstory,
      verbose: agent.verbose ?? false,
      allow_delegation: agent.allow_delegation ?? false,
      tools: agent.tools ?? [],
      tool_categories: agent.tool_categories ?? [],
      use_default_mcps: agent.use_default_mcps ?? true,
    })),
    tasks: config.tasks.map((task) => ({
      description: task.description,
      agent_index: task.agent_index ?? 0,
      expected_output: task.expected_output ?? '',
      tools: task.tools ?? [],
    })),
    verbose: config.verbose ?? false,
    process: config.process ?? 'sequential',
  }
}
