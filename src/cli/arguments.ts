import { OPTION_NAMES, OPTIONS, OptionError, type Options, parseOptions } from '../server/options.ts'

export type Command =
  | { readonly run: 'serve'; readonly options: Options }
  | { readonly run: 'help' | 'version' }

/** What the command line and the environment ask for; a flag wins over its variable. Throws OptionError. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = readFlags(argv)
  if (flags.has('--help')) return { run: 'help' }
  if (flags.has('--version')) return { run: 'version' }
  const known = new Set(OPTION_NAMES.map((name) => OPTIONS[name].variable))
  const unknown = Object.keys(environment).find(
    // Where a report is to come from, which this server may be: for runyard report alone.
    (name) => name.startsWith('RUNYARD_') && name !== 'RUNYARD_URL' && !known.has(name),
  )
  if (unknown !== undefined)
    throw new OptionError(`There is no variable ${unknown}. There are ${[...known].join(', ')}.`)
  const texts: Partial<Record<keyof Options, string>> = {}
  for (const name of OPTION_NAMES) {
    const text = flags.get(OPTIONS[name].flag) ?? environment[OPTIONS[name].variable]
    if (text !== undefined) texts[name] = text
  }
  const spelled = (name: keyof Options): string =>
    flags.has(OPTIONS[name].flag) ? OPTIONS[name].flag : OPTIONS[name].variable
  return { run: 'serve', options: parseOptions(texts, spelled) }
}

/** `--flag value` and `--flag=value`, the last one winning; a flag that may stand alone does before another flag. */
function readFlags(argv: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>()
  const bareValues = new Map(OPTION_NAMES.map((name) => [OPTIONS[name].flag, OPTIONS[name].bare]))
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const [flag = '', ...rest] = word.split('=')
    if (flag === '--help' || flag === '-h') flags.set('--help', '')
    else if (flag === '--version') flags.set('--version', '')
    else if (!bareValues.has(flag)) throw new OptionError(`There is no option ${word}. See --help.`)
    else {
      const alone = argv[i + 1]?.startsWith('-') ?? true
      const bare = alone ? bareValues.get(flag) : undefined
      const value = word.includes('=') ? rest.join('=') : (bare ?? argv[++i])
      if (value === undefined) throw new OptionError(`${flag} takes a value. See --help.`)
      flags.set(flag, value)
    }
  }
  return flags
}

/** The text of `--help`. */
export function helpText(): string {
  const rows = OPTION_NAMES.map((name) => {
    const { flag, value, help, variable, fallback } = OPTIONS[name]
    const left = `  ${flag} ${value}`.padEnd(28)
    return `${left}${help}\n${' '.repeat(28)}${variable}${fallback === undefined ? '' : `, default ${fallback}`}`
  })
  return `runyard: a local stand-in for the run-history APIs of ConductorOne, Trigger.dev, Nx1 and Basedash

Usage: runyard [options]
       runyard verify --target <url>    Hold a service to what is known of it: see runyard verify --help.
       runyard report [options]         What clients exercised, and what they broke: see runyard report --help.

${rows.join('\n')}
  --help                    This text.
  --version                 The version.
`
}
