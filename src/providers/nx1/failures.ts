import type { Random } from '../../core/random.ts'
import { TABLES } from './tables.ts'

/** How a run fails, in crewAI's words (fidelity/nx1.md §A4), and the seconds it took where the words say them. */
export function failure(random: Random, task: string): { readonly error: string; readonly seconds?: number } {
  return random.pick<(random: Random) => { error: string; seconds?: number }>([
    () => ({
      error: `Task '${task}' execution timed out after 300 seconds. Consider increasing max_execution_time or optimizing the task.`,
      seconds: 300,
    }),
    () => ({
      error: `Task execution failed: TrinoUserError(type=USER_ERROR, name=TABLE_NOT_FOUND, message="Table '${random.pick(TABLES)}_v2' does not exist")`,
    }),
    () => ({ error: 'Task execution failed: litellm.RateLimitError: RateLimitError: Error code: 429' }),
    () => ({ error: 'Invalid response from LLM call - None or empty.' }),
    () => ({
      error: 'Agent execution ended without reaching a final answer. Got AgentAction instead of AgentFinish.',
    }),
    () => ({
      error: 'Task failed guardrail validation after 3 retries. Last error: The answer cites no table.',
    }),
    () => ({
      error: `Tool 'run_query' has reached its usage limit of ${random.int(3, 10)} times and cannot be used anymore.`,
    }),
    () => ({ error: 'No valid task outputs available to create crew output.' }),
  ])(random)
}
