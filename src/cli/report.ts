import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { REMARK_KINDS, type RemarkKind } from '../core/journal.ts'
import { FORMATS, type FormatName, failures, type SandboxReport } from '../journal/formats/format.ts'
import { summary } from '../journal/formats/text.ts'
import { OptionError } from '../server/options.ts'

const NAMES = Object.keys(FORMATS).join('|')

const HELP = `runyard report: what a client exercised of the vendors' documents, and where it broke them

Usage: runyard report [options]

  --sandbox <id>            Whose exchanges; default 'default'. Requests without a valid credential are in that one.
  --url <url>               Base URL of the running Runyard; default http://127.0.0.1:4010.
                            RUNYARD_URL
  --format <${NAMES}>
                            Default text.
  --output <file>           Where to write it; without it, to the terminal.
  --allow <kinds>           Breaches that are no failure; may be repeated, or a list with commas. There are
${lines(REMARK_KINDS)}
  --admin-token <token>     The token that the server was started with, if it was.
                            RUNYARD_ADMIN_TOKEN
  --help                    This text.

Exits 0 without breaches, 1 with any that is not allowed or when nothing was recorded, 2 for a bad option, and when there is no report to get.
`

function lines(kinds: readonly string[]): string {
  const half = Math.ceil(kinds.length / 2)
  return [kinds.slice(0, half), kinds.slice(half)]
    .map((some) => `                            ${some.join(', ')}`)
    .join(',\n')
}

/** `runyard report`: its exit code. Throws OptionError for whatever keeps it from getting or writing the report. */
export async function reportCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  say: (text: string) => void,
): Promise<number> {
  const asked = readOptions(argv, environment)
  if (asked === 'help') {
    say(HELP)
    return 0
  }
  const report = await fetched(asked)
  const written = FORMATS[asked.format](report, asked.allowed)
  if (asked.output === undefined) say(written)
  else {
    write(asked.output, written)
    say(`${summary(report, asked.allowed).join('\n')}\nWritten to ${asked.output}.\n`)
  }
  if (report.exchanges === 0) {
    process.stderr.write(`runyard: ${nothing(asked)}\n`)
    return 1
  }
  return failures(report, asked.allowed).length === 0 ? 0 : 1
}

/** A client that never came has broken nothing, and shown nothing either. */
function nothing({ sandbox, url }: Asked): string {
  return `Nothing was recorded in the sandbox '${sandbox}': did the client ask ${url.origin}, with a credential of that sandbox?`
}

interface Asked {
  readonly sandbox: string
  readonly url: URL
  readonly format: FormatName
  readonly output: string | undefined
  readonly allowed: ReadonlySet<RemarkKind>
  readonly adminToken: string | undefined
}

function readOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Asked | 'help' {
  const values = parsed(argv)
  if (values.help) return 'help'
  const { sandbox = 'default', format = 'text', output } = values
  if (sandbox === '') throw new OptionError(`--sandbox takes a sandbox's id, such as 'default', not ''.`)
  const name = values.url === undefined && environment.RUNYARD_URL !== undefined ? 'RUNYARD_URL' : '--url'
  const text = values.url ?? environment.RUNYARD_URL ?? 'http://127.0.0.1:4010'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search ||
    url.hash ||
    url.username ||
    url.password
  )
    throw new OptionError(
      `${name} takes the base URL of a Runyard, such as http://127.0.0.1:4010, not '${text}'.`,
    )
  if (!isFormat(format))
    throw new OptionError(`--format takes ${NAMES.replaceAll('|', ', ')}, not '${format}'.`)
  if (output === '') throw new OptionError(`--output takes a file, not ''.`)
  const adminToken = values['admin-token'] ?? environment.RUNYARD_ADMIN_TOKEN
  if (adminToken !== undefined && !/^[\x21-\x7e]+$/.test(adminToken))
    throw new OptionError('--admin-token takes a token: visible ASCII characters, without spaces.')
  return { sandbox, url, format, output, allowed: allowedKinds(values.allow ?? []), adminToken }
}

function isFormat(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name)
}

function allowedKinds(lists: readonly string[]): Set<RemarkKind> {
  const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim())
  return new Set(
    names.map((name) => {
      const kind = REMARK_KINDS.find((known) => known === name)
      if (kind === undefined)
        throw new OptionError(`--allow takes ${REMARK_KINDS.join(', ')}, not '${name}'.`)
      return kind
    }),
  )
}

function parsed(argv: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...argv],
      options: {
        sandbox: text,
        url: text,
        format: text,
        output: text,
        allow: { type: 'string', multiple: true },
        'admin-token': text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : error} See runyard report --help.`)
  }
}

async function fetched({ sandbox, url, adminToken }: Asked): Promise<SandboxReport> {
  const base = url.href.replace(/\/+$/, '')
  let response: Response
  let text: string
  try {
    response = await fetch(`${base}/_runyard/sandboxes/${encodeURIComponent(sandbox)}/report`, {
      headers: adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` },
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
    })
    text = await response.text()
  } catch (error) {
    throw new OptionError(
      `${base} does not answer (${causeOf(error)}). Start a Runyard there, or say with --url where it is.`,
    )
  }
  const body = parsedJson(text)
  if (response.ok && isReport(body)) return body
  const { detail } = Object(body)
  const why = typeof detail === 'string' ? detail : `It answered ${response.status}, and no report.`
  throw new OptionError(`${base} has no report of sandbox '${sandbox}'. ${why}${adviceFor(response.status)}`)
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403)
    return ' Give its admin token with --admin-token or RUNYARD_ADMIN_TOKEN.'
  return status === 404 ? ' Say with --sandbox whose report it is to be.' : ''
}

function causeOf(error: unknown): unknown {
  const { cause, message } = Object(error)
  const { code, message: deeper } = Object(cause)
  return code ?? deeper ?? message ?? error
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whatever else listens there gives something else. */
function isReport(body: unknown): body is SandboxReport {
  const { operations, breaches, coverage } = Object(body)
  return Array.isArray(operations) && Array.isArray(breaches) && typeof coverage === 'object'
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new OptionError(
      `--output takes a file that can be written: ${error instanceof Error ? error.message : error}.`,
    )
  }
}
