import type { Provider } from '../../core/provider.ts'
import { security } from './access.ts'
import { byHand } from './by-hand.ts'
import { credentials } from './credentials.ts'
import { differences } from './differences.ts'
import { errors, trailingSlash } from './errors.ts'
import { quirks } from './quirks.ts'
import { finishRealm, preflight } from './realm/cors.ts'
import { isRealmPath } from './realm/errors.ts'
import { realmOperations } from './realm/operations.ts'
import { sender } from './realm/sender.ts'
import { listRuns, next } from './runs.ts'
import { type Section, seeds } from './seeds.ts'
import type { Grant, World } from './world.ts'

/** Nx1's crew run history, and the Keycloak realm that signs its users in. */
export const provider: Provider<World, Grant, Section> = {
  name: 'nx1',
  title: 'Nx1',
  hosts: ['*.nx1cloud.com'],
  owns: ['/api/crew', '/realms/'],
  servesHead: false,
  security,
  operations: { list_runs_api_crew_runs_get: listRuns, ...realmOperations },
  errors,
  byHand,
  seeds,
  credentials,
  sender,
  // The vendor publishes no format: as its SDK's docstrings and the keys here have it (fidelity/nx1.md §A3).
  keyShape: /psk_[a-z]+_\w{5}/,
  next,
  differences,
  preflight: (request) =>
    isRealmPath(request.path) ? preflight(request) : errors.methodNotAllowed(request, ['GET']),
  trailingSlash,
  finish: (request, reply) =>
    isRealmPath(request.path) ? finishRealm(request, reply) : quirks[request.fidelity].served(reply),
}
