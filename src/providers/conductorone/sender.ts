import { namedClients } from '../../core/oauth.ts'
import type { Provider } from '../../core/provider.ts'
import type { Grant } from './credentials.ts'
import type { World } from './world.ts'

/** Who asks for a token is the client that the request names: by its name, at whatever host it says it is. */
export const sender: NonNullable<Provider<World, Grant>['sender']> = (request, keys) => {
  for (const id of namedClients(request)) {
    const client = keys.find(id.replace(/@.*$/s, ''))
    if (client !== undefined) return client
  }
  return undefined
}
