import { fileURLToPath } from 'node:url'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Where the package keeps what it reads: the same from `src/` and from the built `dist/`. */
export const FOLDERS = {
  providers: at('../providers'),
  specs: at('../../specs'),
  seeds: at('../../seeds'),
  package: at('../../package.json'),
}
