import { readFileSync } from 'node:fs'
import { ScenarioError } from '../core/scenario-error.ts'
import { FOLDERS } from '../server/folders.ts'
import { OptionError } from '../server/options.ts'
import { DatabaseError } from '../store/database.ts'
import { helpText, readArguments } from './arguments.ts'
import { banner } from './banner.ts'
import { progressOn } from './progress.ts'

/** Serves until SIGTERM or SIGINT. Exits 1 with a sentence on stderr when it cannot start, 2 for a bad option. */
export async function main(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  let tlsPort: number | undefined
  let isEnding = false
  try {
    // Who reads the output may stop reading, as head does: a server goes on, a report has nobody left to go to.
    process.stdout.on('error', () => {
      if (argv[0] === 'verify') process.exit(1)
    })
    if (argv[0] === 'verify') {
      const { verifyCommand } = await import('./verify.ts')
      process.exitCode = await verifyCommand(argv.slice(1), environment, say)
      return
    }
    if (argv[0] === 'report') {
      const { reportCommand } = await import('./report.ts')
      process.exitCode = await reportCommand(argv.slice(1), environment, say)
      return
    }
    // What a leader starts its workers with, and nobody else has a channel to say more on.
    if (argv[0] === 'worker' && process.connected) {
      const { work } = await import('../server/workers/worker.ts')
      return work()
    }
    const command = readArguments(argv, environment)
    const { version } = JSON.parse(readFileSync(FOLDERS.package, 'utf8')) as { version: string }
    if (command.run !== 'serve') return say(command.run === 'help' ? helpText() : `${version}\n`)
    const { options } = command
    tlsPort = options.tlsPort
    const onProgress = progressOn(process.stderr)
    // Loaded when it is needed: help and a bad option have no use for a server.
    const { runyard, describe } =
      options.workers > 1
        ? await (await import('../server/workers/leader.ts')).leader(options, onProgress)
        : await (await import('../server/runyard.ts')).openRunyard(options, onProgress)
    const end = (): void => {
      isEnding = true
      void runyard.close()
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end)
    await runyard.listen()
    say(banner(version, await describe()))
  } catch (error) {
    // It was told to end while it started.
    if (isEnding) return
    const told = explanation(error, tlsPort)
    if (told === undefined) throw error
    process.stderr.write(`runyard: ${told}\n`)
    process.exitCode = error instanceof OptionError ? 2 : 1
  }
}

function say(text: string): void {
  process.stdout.write(text)
}

/** What a person can do something about, in a sentence; undefined for an error of Runyard's own. */
function explanation(error: unknown, tlsPort: number | undefined): string | undefined {
  if (error instanceof OptionError || error instanceof DatabaseError || error instanceof ScenarioError)
    return error.message
  if (!(error instanceof Error) || !('code' in error)) return undefined
  if (error.code === 'EADDRINUSE') {
    const flag = 'port' in error && error.port === tlsPort ? '--tls-port' : '--port'
    return `${error.message}. Something listens there already: choose another ${flag}.`
  }
  if (!('syscall' in error) || (error.syscall !== 'listen' && error.syscall !== 'getaddrinfo'))
    return undefined
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `${error.message}. Choose another --host or --port.`
  }
  return undefined
}
