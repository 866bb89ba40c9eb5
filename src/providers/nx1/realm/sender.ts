import { namedClients } from '../../../core/oauth.ts'
import type { Provider } from '../../../core/provider.ts'
import type { Grant, World } from '../world.ts'

/** Who asks the realm, which asks nobody who they are, is the client that the request names. */
export const sender: NonNullable<Provider<World, Grant>['sender']> = (request, keys) => {
  for (const id of namedClients(request)) {
    const caller = keys.find(id)
    if (caller?.grant.kind === 'client') return caller
  }
  return undefined
}
