import type { Provider } from '../core/provider.ts'
import type { Served } from '../http/address.ts'
import { Api } from '../spec/api.ts'
import { controlDocument, servedDocuments } from '../spec/served.ts'
import { FOLDERS } from './folders.ts'

export { discoverProviders } from './providers.ts'

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
  const { spec, live } = await servedDocuments(FOLDERS.specs, provider.name)
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
  control ??= controlDocument(FOLDERS.specs).then((document) => Api.of(document, 'by document'))
  return control
}

let control: Promise<Api> | undefined
