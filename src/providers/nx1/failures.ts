import type { Random } from '../../core/random.ts'
import { TABLES } from './tables.ts'

/** How long (ms) a task may take. */
export const TIME_LIMIT = 300_000

/**
 * How a run fails, in crewAI's words (fidelity/nx1.md §A4), and the seconds it took where the words say them.
 * `timesOut`: whether it may be for having taken too long.
 */
export function failure(
  random: Random,
  task: string,
  timesOut = true,
): { readonly error: string; readonly seconds?: number } {
  const { seconds, error } = random.pick(timesOut ? [TIME_OUT, ...FAILURES] : FAILURES)
  return { error: error(random, task), ...(seconds !== undefined && { seconds }) }
}

interface Failure {
  readonly seconds?: number
  error(random: Random, task: string): string
}

const TIME_OUT: Failure = {
  seconds: TIME_LIMIT / 1000,
  error: (_random, task) =>
    `Task '${task}' execution timed out after 300 seconds. Consider increasing max_execution_time or optimizing the task.`,
}

const FAILURES: readonly Failure[] = [
  {
    error: (random) =>
      `Task execution failed: TrinoUserError(type=USER_ERROR, name=TABLE_NOT_FOUND, message="Table '${random.pick(TABLES)}_v2' does not exist")`,
  },
  { error: () => 'Task execution failed: litellm.RateLimitError: RateLimitError: Error code: 429' },
  { error: () => 'Invalid response from LLM call - None or empty.' },
  {
    error: () =>
      'Agent execution ended without reaching a final answer. Got AgentAction instead of AgentFinish.',
  },
  {
    error: () => 'Task failed guardrail validation after 3 retries. Last error: The answer cites no table.',
  },
  {
    error: (random) =>
      `Tool 'run_query' has reached its usage limit of ${random.int(3, 10)} times and cannot be used anymore.`,
  },
  { error: () => 'No valid task outputs available to create crew output.' },
]
