import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Whether the server has a core of its own, and the load the other. */
export const IS_PINNED = availableParallelism() >= 2 && has('taskset')
const SERVER_CORE = '0'
const LOAD_CORE = '1'
/** Ends the server when the benchmark is killed in a way that it cannot tell anybody. */
const dying = has('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : []

/** Moves this process, and what it starts from here on, to the core of the load. */
export function moveToLoadCore() {
  if (IS_PINNED) execFileSync('taskset', ['-a', '-cp', LOAD_CORE, String(process.pid)], { stdio: 'ignore' })
}

/** The command that runs Node on the server's core; on both for what is measured without a load beside it. */
export function onServerCore(argv, { both = false } = {}) {
  const cores = both ? `${SERVER_CORE},${LOAD_CORE}` : SERVER_CORE
  return [...dying, ...(IS_PINNED ? ['taskset', '-c', cores] : []), process.execPath, ...argv]
}
