import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** The licences of everything that has gone into what was built, which most of them want to come with it. */
export function licences(root: string, made: readonly Metafile[]): string {
  // Whose words are in the code (src/core/words.ts).
  const packages = new Set(['node_modules/@faker-js/faker'])
  for (const path of made.flatMap(({ inputs }) => Object.keys(inputs))) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []
    if (folder !== undefined) packages.add(folder)
  }
  return [...packages]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
      const file = readdirSync(join(root, folder)).find((file) => /^(licen[cs]e|copying)/i.test(file))
      const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8')
      return `${name} ${version} (${license})\n\n${text.trim()}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}
