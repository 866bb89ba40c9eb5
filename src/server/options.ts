import { EARLIEST, LATEST, parseIso } from '../core/clock.ts'
import type { Fidelity } from '../core/fidelity.ts'

/** How a Runyard is started. Every member has a flag and a RUNYARD_* variable of the same meaning. */
export interface Options {
  /** The address to listen on. */
  readonly host: string
  /** The port to listen on; 0 for one that the system gives. */
  readonly port: number
  /** Whether https is served beside http; undefined: when there is a certificate. */
  readonly tls: boolean | undefined
  /** The port to serve https on; 0 for one that the system gives. */
  readonly tlsPort: number
  /** PEM files of a certificate and its private key, both or neither; a certificate is made without them. */
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** The SQLite file that keeps the data; in memory without one. */
  readonly db: string | undefined
  /** What a new default sandbox is filled with: a name in `seeds/`, or a path to a JSON file. */
  readonly scenario: string | undefined
  /** What a new default sandbox keeps to; undefined: what the file says, or `spec`. */
  readonly fidelity: Fidelity | undefined
  /** The seed of a new default sandbox's data. */
  readonly seed: number | undefined
  /** `live`, or the instant that the clock stands at, in ms. */
  readonly clock: 'live' | number
  /** Whether the vendors' rate limits hold; undefined: in `live` fidelity. */
  readonly rateLimits: boolean | undefined
  readonly checkReplies: boolean
  /** How many exchanges the journal of a sandbox keeps that was not told. */
  readonly journalSize: number
  /** How many processes answer. More than one are for the command line: no library forks the program that uses it. */
  readonly workers: number
  /** What callers of the control plane have to show; without one, it answers loopback peers only. */
  readonly adminToken: string | undefined
  readonly log: LogLevel
}

export type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** A bad option; its message names the option, the value and what would be right. */
export class OptionError extends Error {
  override name = 'OptionError'
}

interface Description<T> {
  readonly flag: string
  readonly variable: string
  /** What stands for the value in help, `<port>` say. */
  readonly value: string
  /** As text, as it would be typed; undefined for none. */
  readonly fallback: string | undefined
  /** What the flag means without a value; undefined when it takes one always. */
  readonly bare?: string
  readonly help: string
  /** The value that the text means; undefined when it means none. */
  parse(text: string): T | undefined
  /** What `parse` takes, for people. */
  readonly takes: string
}

/** Every option once: parsing, help, README and environment all read this table. */
export const OPTIONS: { readonly [Name in keyof Options]: Description<Exclude<Options[Name], undefined>> } = {
  host: {
    flag: '--host',
    variable: 'RUNYARD_HOST',
    value: '<address>',
    fallback: '127.0.0.1',
    help: 'Address to listen on.',
    parse: (text) => text || undefined,
    takes: 'an address, such as 127.0.0.1 or 0.0.0.0',
  },
  port: {
    flag: '--port',
    variable: 'RUNYARD_PORT',
    value: '<port>',
    fallback: '4010',
    help: 'Port to listen on; 0 takes any free one.',
    parse: (text) => wholeNumber(text, 65_535),
    takes: 'a whole number from 0 to 65535',
  },
  tls: {
    flag: '--tls',
    variable: 'RUNYARD_TLS',
    value: '[<on|off>]',
    fallback: 'off',
    bare: 'on',
    help: 'Serve https beside http, with a certificate of its own. On with --tls-cert.',
    parse: onOff,
    takes: "'on' or 'off'",
  },
  tlsPort: {
    flag: '--tls-port',
    variable: 'RUNYARD_TLS_PORT',
    value: '<port>',
    fallback: '4443',
    help: 'Port to serve https on; 0 takes any free one.',
    parse: (text) => wholeNumber(text, 65_535),
    takes: 'a whole number from 0 to 65535',
  },
  tlsCert: {
    flag: '--tls-cert',
    variable: 'RUNYARD_TLS_CERT',
    value: '<file>',
    fallback: undefined,
    help: 'Certificate (PEM) to serve https with in place of the generated one; needs --tls-key.',
    parse: (text) => text || undefined,
    takes: 'a path to a PEM file',
  },
  tlsKey: {
    flag: '--tls-key',
    variable: 'RUNYARD_TLS_KEY',
    value: '<file>',
    fallback: undefined,
    help: 'Private key (PEM) of that certificate.',
    parse: (text) => text || undefined,
    takes: 'a path to a PEM file',
  },
  db: {
    flag: '--db',
    variable: 'RUNYARD_DB',
    value: '<file>',
    fallback: undefined,
    help: 'SQLite file that keeps the data across restarts; without it, data is in memory.',
    parse: (text) => text || undefined,
    takes: 'a path to a file',
  },
  scenario: {
    flag: '--scenario',
    variable: 'RUNYARD_SCENARIO',
    value: '<name|file>',
    fallback: 'default',
    help: 'What to fill the default sandbox with: default, empty, edge, busy, failing, large, or a JSON file of your own.',
    parse: (text) => text || undefined,
    takes: 'the name of a scenario, or a path that ends in .json',
  },
  fidelity: {
    flag: '--fidelity',
    variable: 'RUNYARD_FIDELITY',
    value: '<spec|live>',
    fallback: 'spec',
    help: "spec keeps to the vendors' documents; live does what the real services were observed to do.",
    parse: (text) => (text === 'spec' || text === 'live' ? text : undefined),
    takes: "'spec' or 'live'",
  },
  seed: {
    flag: '--seed',
    variable: 'RUNYARD_SEED',
    value: '<number>',
    fallback: '1',
    help: 'Seed of the data: same seed, clock and scenario, same bytes.',
    parse: (text) => wholeNumber(text, 4_294_967_295),
    takes: 'a whole number from 0 to 4294967295',
  },
  clock: {
    flag: '--clock',
    variable: 'RUNYARD_CLOCK',
    value: '<live|instant>',
    fallback: 'live',
    help: 'live follows the wall clock; an ISO 8601 instant stands still there.',
    parse: (text) => (text === 'live' ? text : servable(parseIso(text))),
    takes: "'live' or an ISO 8601 instant from 1970 to 9999, such as 2026-06-01T12:00:00Z",
  },
  rateLimits: {
    flag: '--rate-limits',
    variable: 'RUNYARD_RATE_LIMITS',
    value: '<on|off>',
    fallback: 'on in live fidelity',
    help: "Hold clients to the vendors' rate limits.",
    parse: onOff,
    takes: "'on' or 'off'",
  },
  checkReplies: {
    flag: '--check-replies',
    variable: 'RUNYARD_CHECK_REPLIES',
    value: '<on|off>',
    fallback: 'off',
    help: "Hold every reply against its vendor's document; one that breaks it becomes a 500 and is logged.",
    parse: onOff,
    takes: "'on' or 'off'",
  },
  journalSize: {
    flag: '--journal-size',
    variable: 'RUNYARD_JOURNAL_SIZE',
    value: '<exchanges>',
    fallback: '10000',
    help: 'How many exchanges each journal keeps; the latest stay.',
    parse: (text) => wholeNumber(text, 1_000_000) || undefined,
    takes: 'a whole number from 1 to 1000000',
  },
  workers: {
    flag: '--workers',
    variable: 'RUNYARD_WORKERS',
    value: '<number>',
    fallback: '1',
    help: 'How many processes answer, for more than one core; with more than 1, one more holds the data.',
    parse: (text) => wholeNumber(text, 64) || undefined,
    takes: 'a whole number from 1 to 64',
  },
  adminToken: {
    flag: '--admin-token',
    variable: 'RUNYARD_ADMIN_TOKEN',
    value: '<token>',
    fallback: undefined,
    help: 'What the control plane wants as bearer token, from everywhere; without it, it answers this machine only.',
    parse: (text) => (/^[\x21-\x7e]{8,}$/.test(text) ? text : undefined),
    takes: 'a token of at least 8 visible ASCII characters',
  },
  log: {
    flag: '--log',
    variable: 'RUNYARD_LOG',
    value: '<level>',
    fallback: 'warn',
    help: `Least level to log, as JSON lines: ${LOG_LEVELS.join(', ')}. Each request is a line at info.`,
    parse: (text) => LOG_LEVELS.find((level) => level === text),
    takes: `one of ${LOG_LEVELS.join(', ')}`,
  },
}

/** The options by their names, in the order that help lists them. */
export const OPTION_NAMES = Object.keys(OPTIONS) as (keyof Options)[]

/**
 * Options from texts, by option name; the texts come from the command line or the environment. An option whose absence
 * has a meaning of its own (db, scenario, seed) stays undefined without a text. Throws OptionError; `spelled` says how
 * the user wrote the option's name.
 */
export function parseOptions(
  texts: Readonly<Partial<Record<keyof Options, string>>>,
  spelled: (name: keyof Options) => string = (name) => OPTIONS[name].flag,
): Options {
  const read = <Name extends keyof Options>(name: Name): Exclude<Options[Name], undefined> | undefined => {
    const text = texts[name]
    if (text === undefined) return undefined
    const value = OPTIONS[name].parse(text)
    if (value === undefined) {
      const not = name === 'adminToken' ? '' : `, not '${text}'`
      throw new OptionError(`${spelled(name)} takes ${OPTIONS[name].takes}${not}.`)
    }
    return value
  }
  const given = Object.fromEntries(OPTION_NAMES.map((name) => [name, read(name)]))
  return withDefaults(given as Partial<Options>)
}

/** The options whose default depends on others: on what the file was filled with, the fidelity, or a certificate. */
const LEFT_OPEN: readonly (keyof Options)[] = ['scenario', 'seed', 'fidelity', 'rateLimits', 'tls']

/** A value as it would be typed. */
function typed(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
}

/** Options with every default filled in. Throws OptionError for a name or a value that is none. */
export function withDefaults(
  given: { readonly [Name in keyof Options]?: Options[Name] | undefined },
): Options {
  const unknown = Object.keys(given).find((name) => !(name in OPTIONS))
  if (unknown !== undefined) {
    throw new OptionError(`There is no option '${unknown}'. There are ${OPTION_NAMES.join(', ')}.`)
  }
  for (const name of OPTION_NAMES) {
    const value = given[name]
    if (value === undefined || OPTIONS[name].parse(typed(value)) === value) continue
    if (name === 'clock' && typeof value === 'number' && isInstant(value)) continue
    const takes = name === 'clock' ? "'live' or an instant in ms, from 1970 to 9999" : OPTIONS[name].takes
    const not = name === 'adminToken' ? '' : `, not ${JSON.stringify(value)}`
    throw new OptionError(`The option ${name} takes ${takes}${not}.`)
  }
  const filled = OPTION_NAMES.map((name) => {
    const { fallback, parse } = OPTIONS[name]
    if (given[name] !== undefined || fallback === undefined || LEFT_OPEN.includes(name))
      return [name, given[name]]
    return [name, parse(fallback)]
  })
  // The table's type says that each default parses to its option's type.
  return Object.freeze(Object.fromEntries(filled) as unknown as Options)
}

function wholeNumber(text: string, max: number): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= max ? Number(text) : undefined
}

/** Whether a sandbox's clock can read it, in ms. */
function isInstant(value: number): boolean {
  return Number.isInteger(value) && value >= EARLIEST && value <= LATEST
}

function servable(instant: number | undefined): number | undefined {
  return instant !== undefined && isInstant(instant) ? instant : undefined
}

function onOff(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined
}
