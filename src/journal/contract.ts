import type { Fidelity } from '../core/fidelity.ts'
import type { Exchange, Remark } from '../core/journal.ts'
import type { Provider } from '../core/provider.ts'
import type { Api } from '../spec/api.ts'
import { clipped } from './bounds.ts'
import { nearest } from './nearest.ts'
import { Terms } from './terms.ts'

/** One vendor's document, as clients are held to it. Made once per server: it is shared by all sandboxes. */
export interface Contract {
  readonly provider: string
  /** The terms of every operation, in the document's order. */
  operations(fidelity: Fidelity): readonly Terms[]
  /** Undefined for none of the document's. */
  terms(operationId: string, fidelity: Fidelity): Terms | undefined
  /** What is wrong with a path or method that the document does not have; undefined when nothing is. */
  undocumented(exchange: Exchange): Remark | undefined
}

/**
 * The contract that a vendor's document is: with what Runyard adds to it, without what was observed. What the observed
 * service takes beyond it is a remark in `live` fidelity too, since nobody has promised it.
 */
export function contractOf(provider: Provider, apis: Readonly<Record<Fidelity, Api>>): Contract {
  const made: Partial<Record<Fidelity, ReadonlyMap<string, Terms>>> = {}
  // Made when the fidelity is first used, which most never are.
  const termsOf = (fidelity: Fidelity): ReadonlyMap<string, Terms> => {
    made[fidelity] ??= new Map(
      apis.spec.operationIds.map((id) => [id, new Terms(provider, apis, id, fidelity)]),
    )
    return made[fidelity]
  }
  return {
    provider: provider.name,
    operations: (fidelity) => [...termsOf(fidelity).values()],
    terms: (operationId, fidelity) => termsOf(fidelity).get(operationId),
    undocumented: (exchange) => undocumented(apis.spec, exchange),
  }
}

function undocumented(api: Api, { method, path }: Exchange): Remark | undefined {
  const match = api.match(method, path)
  if (match.found === 'operation') return undefined
  // What a browser asks before it asks is not the client's doing.
  if (match.found === 'path' && method === 'OPTIONS') return undefined
  const remark = (message: string): Remark => ({
    kind: 'undocumented-operation',
    subject: clipped(`${method} ${path}`, 200),
    message,
  })
  if (match.found === 'path')
    return remark(`The document has no ${clipped(method, 20)} here, only ${match.allow.join(', ')}.`)
  if (path.endsWith('/') && api.match(method, path.slice(0, -1)).found !== 'nothing')
    return remark('The document has this path without a slash at its end.')
  const meant = nearest(path, api.paths)
  return remark(
    `The document does not have this path${meant === undefined ? '' : `: ${meant} may be meant`}.`,
  )
}
