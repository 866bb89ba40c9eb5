import type { Provider } from '../../core/provider.ts'
import { secretKey } from './authentication.ts'
import { byHand } from './by-hand/by-hand.ts'
import { preflight, trailingSlash } from './cors.ts'
import { credentials, type Grant } from './credentials.ts'
import { differences } from './differences.ts'
import { errors } from './errors.ts'
import { finish } from './finish.ts'
import { next } from './lifecycle.ts'
import { rateLimit } from './limit.ts'
import { listRuns } from './list.ts'
import type { Section } from './section.ts'
import { seeds } from './seeds.ts'
import type { World } from './world.ts'

/** Trigger.dev's `GET /api/v1/runs`: the runs of one environment. */
export const provider: Provider<World, Grant, Section> = {
  name: 'trigger',
  title: 'Trigger.dev',
  hosts: ['api.trigger.dev'],
  owns: ['/api/v1/runs'],
  servesHead: true,
  security: { secretKey },
  operations: { list_runs_v1: listRuns },
  errors,
  seeds,
  credentials,
  // Secret keys, and access tokens of people and organizations (fidelity/trigger.md §1.1); public tokens are JWTs.
  keyShape: /tr_(?:dev|stg|prod|preview|pat|oat|uat)_\w{12}/,
  next,
  byHand,
  rateLimit,
  hintsAtInstants: true,
  differences,
  preflight,
  trailingSlash,
  finish,
}
