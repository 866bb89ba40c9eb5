/** Builds `dist/`: the code in a few files, the documents as JSON with their validators compiled, and the types. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'
import { prepareDocuments } from './documents.ts'
import { licences } from './licences.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
// Put in place when all of it is there, so that what is served from `dist/` is never half of a build.
const fresh = join(root, `.dist-${process.pid}`)
const stale = `${fresh}-old`

try {
  mkdirSync(fresh)
  const typed = types()
  const written = [bundle(root, fresh), prepareDocuments(root, join(fresh, 'documents'))]
  // All of them, since what still writes would be in the way of what clears up.
  await Promise.allSettled([typed, ...written])
  await typed
  writeFileSync(join(fresh, 'THIRD-PARTY.txt'), licences(root, await Promise.all(written)))
  if (existsSync(dist)) renameSync(dist, stale)
  renameSync(fresh, dist)
} finally {
  rmSync(fresh, { recursive: true, force: true })
  rmSync(stale, { recursive: true, force: true })
}

/** What TypeScript knows of the package, for whoever imports it. */
async function types(): Promise<void> {
  const compiler = join(root, 'node_modules/typescript7/bin/tsc')
  const only = ['--declaration', '--emitDeclarationOnly', '--sourceMap', 'false', '--outDir', fresh]
  const child = spawn(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), ...only], {
    stdio: 'inherit',
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`tsc ended with ${code}`)
}
