import type { Provider } from '../../core/provider.ts'
import { bearer } from './access-token.ts'
import { byHand } from './by-hand.ts'
import { credentials, type Grant } from './credentials.ts'
import { differences } from './differences.ts'
import { errors, trailingSlash } from './errors.ts'
import { behindGateway, mark } from './gateway.ts'
import { getLatestRun, listRuns } from './operations.ts'
import { next } from './runs.ts'
import { type Section, seeds } from './seeds.ts'
import { sender } from './sender.ts'
import { mintToken } from './token-endpoint.ts'
import type { World } from './world.ts'

const client = behindGateway(bearer)

/** ConductorOne's role mining runs and its token endpoint (fidelity/conductorone.md). */
export const provider: Provider<World, Grant, Partial<Section>> = {
  name: 'conductorone',
  title: 'ConductorOne',
  hosts: ['*.conductor.one'],
  owns: ['/api/v1/role-mining', '/auth/v1'],
  servesHead: false,
  security: { bearerAuth: client, oauth: client },
  operations: {
    'c1.api.role_mining_management.v1.RoleMiningManagementService.ListRuns': listRuns,
    'c1.api.role_mining_management.v1.RoleMiningManagementService.GetLatestRun': getLatestRun,
    mintToken,
  },
  byHand,
  errors,
  seeds,
  credentials,
  sender,
  next,
  differences,
  trailingSlash,
  finish(request, reply) {
    const marked = mark(request, reply)
    if (!request.path.startsWith('/auth/')) return marked
    // RFC 6749 §5.1: no answer of the token endpoint may be kept.
    return { ...marked, headers: { ...marked.headers, 'cache-control': 'no-store', pragma: 'no-cache' } }
  },
}
