import type { Exchange } from '../core/journal.ts'
import type { Problem, Provider } from '../core/provider.ts'
import type { Api, DocumentedOperation } from '../spec/api.ts'

/**
 * What a document forbids in a request that was refused for it: found as the walk finds it, with the provider's own
 * reading of the query, since a parameter that the service tolerates is not why it refused another.
 */
export function refusedParameters(
  provider: Provider,
  api: Api,
  documented: DocumentedOperation,
  { method, path, search, headers, fidelity }: Exchange,
): Problem[] {
  const operation = provider.operations[documented.operationId]
  if (operation?.kind !== 'list') return []
  const match = api.match(documented.routed.method.toUpperCase(), path)
  const params = operation.read({
    method,
    path,
    params: match.found === 'operation' ? match.params : {},
    search,
    header: (name) => headers[name],
    body: '',
    scheme: 'http',
    host: '',
    fidelity,
    mount: '',
  })
  return api.problems(documented, path, params)
}
