import type { JsonObject } from '../core/json.ts'

/** What the terminal shows once the server listens: where, what, and with which credentials. */
export function banner(version: string, sandbox: JsonObject): string {
  const { baseUrl, scenario, seed, clock, counts, env } = sandbox
  const rows = (value: unknown): [string, unknown][] => Object.entries(Object(value))
  const runs = rows(counts).map(([provider, count]) => `${count} ${provider}`)
  const variables = rows(env).map(([name, value]) => `  ${name}=${value}`)
  return `Runyard ${version} on ${baseUrl}

  runs         ${runs.join(', ')} (scenario ${scenario}, seed ${seed}, clock ${rows(clock).some(([name, frozen]) => name === 'frozen' && frozen === true) ? 'frozen' : 'live'})
  reference    ${baseUrl}/docs
  credentials  ${baseUrl}/_runyard/sandboxes/default

${variables.join('\n')}
`
}
