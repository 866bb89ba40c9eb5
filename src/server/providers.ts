import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Provider } from '../core/provider.ts'
import { FOLDERS } from './folders.ts'

/** Every provider that has a folder in `providers/`, or those of these names, in the order of their names. */
export async function discoverProviders(only?: readonly string[]): Promise<Provider[]> {
  const entry = FOLDERS.isBuilt ? 'provider.js' : 'provider.ts'
  const files = readdirSync(FOLDERS.providers)
    .filter((folder) => only?.includes(folder) ?? true)
    .sort()
    .map((folder) => join(FOLDERS.providers, folder, entry))
    .filter(existsSync)
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(file).href)))
  return modules.map((module: { provider: Provider }) => module.provider)
}
