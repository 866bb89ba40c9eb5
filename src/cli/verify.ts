import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Fidelity } from '../core/fidelity.ts'
import { FOLDERS } from '../server/folders.ts'
import { OptionError } from '../server/options.ts'
import type { Environment } from '../verify/contract.ts'
import { CONTRACTS } from '../verify/contracts.ts'
import { at } from '../verify/json.ts'
import { type Format, REPORTS } from '../verify/reports/report.ts'
import { planned, type Subject, verify } from '../verify/verify.ts'

const HELP = `runyard verify: holds a service to what is known of it: the real one, a Runyard, or another mock

Usage: runyard verify --target <url> [options]

  --target <url>            Base URL of the service. Its path goes before every path.
  --provider <names>        Which of ${CONTRACTS.map(({ provider }) => provider).join(', ')}; may be repeated, or a list with
                            commas. A target that is not on this machine gets no other provider's credentials.
  --credentials <file>      JSON in the shape of a sandbox (GET /_runyard/sandboxes/default), or of its credentials.
                            Without it: a Runyard on this machine is asked for its own, else the environment has them.
${CONTRACTS.map(({ provider, variables }) => `                              ${provider}: ${variables}`).join('\n')}
  --fidelity <spec|live>    What to expect where document and service differ; default live, or what a Runyard says.
  --delay <ms>              Wait between two requests; default 1000.
  --format <tap|junit>      Default tap.
  --help                    This text.

It reads only: GET, HEAD, OPTIONS, and POSTs that are refused; tokens are minted for clients that were given.
Exits 0 when every case passes, 1 when one does not, 2 for a bad option.
`

/** `runyard verify`: its exit code. Throws OptionError. */
export async function verifyCommand(
  argv: readonly string[],
  environment: Environment,
  say: (text: string) => void,
): Promise<number> {
  const options = readOptions(argv)
  if (options === 'help') {
    say(HELP)
    return 0
  }
  const { target, providers, delayMs, format } = options
  const given = await givenCredentials(target, options.credentials, environment)
  const subjects = CONTRACTS.filter(({ provider }) => providers.includes(provider)).map(
    (contract): Subject => ({ contract, access: contract.access(given.of(contract.provider)) }),
  )
  if (subjects.every(({ access }) => access === undefined)) {
    const wanted = subjects.map(({ contract }) => `${contract.variables} (${contract.provider})`).join('; ')
    throw new OptionError(`There are no credentials${given.note}. Give --credentials, or set ${wanted}.`)
  }
  const fidelity = options.fidelity ?? given.fidelity ?? 'live'
  const work = { target, specs: FOLDERS.specs, fidelity, subjects, delayMs }
  const report = REPORTS[format]({ target: target.href, fidelity, planned: planned(work) }, say)
  let failures = 0
  for await (const outcome of verify(work)) {
    if (outcome.verdict.kind === 'failed') failures++
    say(report.outcome(outcome))
  }
  say(report.end())
  return failures === 0 ? 0 : 1
}

interface Asked {
  readonly target: URL
  readonly providers: readonly string[]
  readonly credentials: string | undefined
  readonly fidelity: Fidelity | undefined
  readonly delayMs: number
  readonly format: Format
}

function readOptions(argv: readonly string[]): Asked | 'help' {
  const values = parsed(argv)
  if (values.help) return 'help'
  const { target: url = '', fidelity, delay = '1000', format = 'tap' } = values
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol) || target.search || target.hash)
    throw new OptionError(`--target takes a base URL, such as https://api.trigger.dev, not '${url}'.`)
  if (target.username || target.password) throw new OptionError('--target takes no user or password.')
  const all = CONTRACTS.map(({ provider }) => provider)
  const providers = values.provider?.flatMap((names) => names.split(',')).map((name) => name.trim())
  for (const name of providers ?? [])
    if (!all.includes(name)) throw new OptionError(`--provider takes ${all.join(', ')}, not '${name}'.`)
  if (providers === undefined && !isHere(target))
    throw new OptionError(
      `${target.host} is not this machine: say with --provider whose service it is, so that nobody gets another's credentials.`,
    )
  if (fidelity !== undefined && fidelity !== 'spec' && fidelity !== 'live')
    throw new OptionError(`--fidelity takes 'spec' or 'live', not '${fidelity}'.`)
  if (!/^\d{1,6}$/.test(delay))
    throw new OptionError(`--delay takes milliseconds, a whole number up to 999999, not '${delay}'.`)
  if (format !== 'tap' && format !== 'junit')
    throw new OptionError(`--format takes 'tap' or 'junit', not '${format}'.`)
  return {
    target,
    providers: providers ?? all,
    credentials: values.credentials,
    fidelity,
    delayMs: Number(delay),
    format,
  }
}

function parsed(argv: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...argv],
      options: {
        target: text,
        provider: { type: 'string', multiple: true },
        credentials: text,
        fidelity: text,
        delay: text,
        format: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : error} See runyard verify --help.`)
  }
}

/** Whether the target is this machine: then it may see every credential that is given. */
function isHere({ hostname }: URL): boolean {
  return /^(127(\.\d+){3}|\[::1\]|localhost|.+\.localhost)$/.test(hostname)
}

interface Given {
  /** A provider's, in the shape of a sandbox's. */
  of(provider: string): unknown
  readonly fidelity?: Fidelity
  /** Why there may be none, for people; begins with a comma. */
  readonly note: string
}

/** From the file, from the Runyard that the target is, or from the environment. */
async function givenCredentials(
  target: URL,
  file: string | undefined,
  environment: Environment,
): Promise<Given> {
  // The file says who asks; a Runyard, whose it may not be, still says what it serves.
  const filed = file === undefined ? undefined : fromSandbox(readJson(file), `, as far as ${file} says`)
  if (filed?.fidelity !== undefined) return filed
  let note = ''
  if (isHere(target)) {
    try {
      const own = await fetch(new URL('/_runyard/sandboxes/default', target), {
        redirect: 'error',
        signal: AbortSignal.timeout(10_000),
      })
      const sandbox: unknown = own.ok ? await own.json() : undefined
      if (at(sandbox, 'credentials') !== undefined) return { ...fromSandbox(sandbox, ''), ...filed }
    } catch (error) {
      note = `, and ${target.origin} did not give its own (${at(error, 'cause') ?? error})`
    }
  }
  if (filed !== undefined) return filed
  return {
    of: (provider) =>
      CONTRACTS.find((contract) => contract.provider === provider)?.fromEnvironment(environment),
    note,
  }
}

function fromSandbox(json: unknown, note: string): Given {
  const credentials = at(json, 'credentials') ?? json
  const fidelity = at(json, 'fidelity')
  return {
    of: (provider) => at(credentials, provider),
    ...((fidelity === 'spec' || fidelity === 'live') && { fidelity }),
    note,
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    // What a parser quotes of the file could be a credential.
    const why =
      error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : error
    throw new OptionError(`--credentials takes a JSON file, and ${file} cannot be read: ${why}.`)
  }
}
