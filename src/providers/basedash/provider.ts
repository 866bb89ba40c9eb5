import type { Provider } from '../../core/provider.ts'
import { byHand } from './by-hand.ts'
import { bearerAuth, credentials, type Grant } from './credentials.ts'
import { differences } from './differences.ts'
import { errors } from './errors.ts'
import { listAutomationRuns } from './list.ts'
import { quirks } from './quirks.ts'
import { next } from './runs.ts'
import type { Section } from './section.ts'
import { seeds } from './seeds.ts'
import type { World } from './world.ts'

/** Basedash's public API, as far as its runs of automations go (fidelity/basedash.md). */
export const provider: Provider<World, Grant, Section> = {
  name: 'basedash',
  title: 'Basedash',
  hosts: ['charts.basedash.com'],
  owns: ['/api/public'],
  // The vendor's web framework answers HEAD by the same loader as GET (§B0).
  servesHead: true,
  security: { bearerAuth },
  operations: { listAutomationRuns },
  errors,
  byHand,
  seeds,
  credentials,
  keyShape: /bd_key_\w{8}/,
  next,
  rateLimit: ({ fidelity }, caller) =>
    caller && {
      kind: 'window',
      bucket: caller.name,
      max: quirks[fidelity].requestsPerMinute,
      windowMs: 60_000,
    },
  differences,
}
