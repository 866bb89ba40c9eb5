import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether this is the build, and not the sources. */
const isBuilt = !import.meta.url.endsWith('.ts')

/** The package's folder: the nearest above that says what package it is. How deep the build puts its files is its own affair. */
const root = (() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
})()

/** Where the package keeps what it reads: the same from `src/` and from the built `dist/`. */
export const FOLDERS = {
  isBuilt,
  /** What a thread runs that makes runs. */
  generating: isBuilt ? join(root, 'dist', 'generating.js') : join(root, 'src', 'server', 'generating.ts'),
  /** What changes with the built code. */
  build: join(root, 'dist', 'build.txt'),
  providers: join(root, isBuilt ? 'dist' : 'src', 'providers'),
  specs: join(root, 'specs'),
  seeds: join(root, 'seeds'),
  package: join(root, 'package.json'),
}
