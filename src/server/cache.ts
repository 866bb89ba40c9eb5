import { renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { randomHex } from '../core/nonce.ts'

/** `$XDG_CACHE_HOME/runyard`, or `~/.cache/runyard`: where a platform's tools agree to keep such things. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: cache = '' } = process.env
  return join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'runyard')
}

/** Puts the file there whole, in place of what is there. Throws the file system's error. */
export function replace(file: string, text: string, mode: number): void {
  const whole = `${file}.${randomHex(4)}`
  writeFileSync(whole, text, { mode })
  renameSync(whole, file)
}
