import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Provider } from '../core/provider.ts'
import type { Served } from '../http/address.ts'
import { Api } from '../spec/api.ts'
import { effectiveDocument } from '../spec/document.ts'
import { FOLDERS } from './folders.ts'

/** Every provider that has a folder in `providers/`, in the order of their names. */
export async function discoverProviders(): Promise<Provider[]> {
  const entry = import.meta.url.endsWith('.ts') ? 'provider.ts' : 'provider.js'
  const files = readdirSync(FOLDERS.providers)
    .sort()
    .map((folder) => join(FOLDERS.providers, folder, entry))
    .filter(existsSync)
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(file).href)))
  return modules.map((module: { provider: Provider }) => module.provider)
}

/** The provider with its document at work. Throws when the two do not have the same operations. */
export async function serve(provider: Provider): Promise<Served> {
  const api = await Api.of(effectiveDocument(FOLDERS.specs, provider.name))
  const implemented = Object.keys(provider.operations).sort().join(', ')
  const documented = api.operationIds.sort().join(', ')
  if (implemented !== documented) {
    throw new Error(`${provider.name} implements ${implemented}, its document has ${documented}`)
  }
  const beginnings = api.paths.map((template) => template.replace(/\{.*$/, '')).filter((path) => path !== '/')
  return { provider, api, prefixes: [...provider.owns, ...beginnings] }
}
