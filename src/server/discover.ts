import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Provider } from '../core/provider.ts'
import type { Served } from '../http/address.ts'
import { Api } from '../spec/api.ts'
import { effectiveDocuments, vendorDocument } from '../spec/document.ts'
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

/**
 * The provider with its documents at work: read and compiled once for all Runyards of a process, which do not change them.
 * Throws when they and it do not have the same operations.
 */
export function serve(provider: Provider): Promise<Served> {
  const served = atWork.get(provider) ?? putToWork(provider)
  atWork.set(provider, served)
  return served
}

const atWork = new Map<Provider, Promise<Served>>()

async function putToWork(provider: Provider): Promise<Served> {
  const { spec, live } = effectiveDocuments(FOLDERS.specs, provider.name)
  const apis = { spec: await Api.of(spec), live: await Api.of(live) }
  const implemented = Object.keys(provider.operations).sort().join(', ')
  for (const [fidelity, api] of Object.entries(apis)) {
    const documented = api.operationIds.sort().join(', ')
    if (implemented === documented) continue
    throw new Error(`${provider.name} implements ${implemented}, its ${fidelity} document has ${documented}`)
  }
  const beginnings = apis.spec.paths
    .map((template) => template.replace(/\{.*$/, ''))
    .filter((path) => path !== '/')
  return { provider, apis, prefixes: [...provider.owns, ...beginnings] }
}

/** The control plane's own document at work, for all Runyards of a process. */
export function controlApi(): Promise<Api> {
  control ??= Api.of(vendorDocument(FOLDERS.specs, 'control'), 'by document')
  return control
}

let control: Promise<Api> | undefined
