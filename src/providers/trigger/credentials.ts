import type { JsonObject } from '../../core/json.ts'
import type { Credentials } from '../../core/provider.ts'
import { ALNUM } from '../../core/random.ts'
import type { Secrets } from '../../core/secrets.ts'
import type { Environment, EnvironmentKind, World } from './world.ts'

/** What a credential opens: one environment. */
export interface Grant {
  readonly environment: Environment
  /** The environment's secret key, which also signs its public tokens; a branch has its parent's. */
  readonly secretKey: string
  /** What the branch header can lead to. */
  readonly branches: readonly Environment[]
  /** A public token's scopes; absent for a secret key, which may do anything. */
  readonly scopes?: readonly string[]
}

/** As keys and slugs spell the kinds of environment (fidelity/trigger.md §1.1, §6). */
export const SLUGS: Readonly<Record<EnvironmentKind, string>> = {
  dev: 'dev',
  staging: 'stg',
  prod: 'prod',
  preview: 'preview',
}

/**
 * The secret key of each environment, and beside them every environment by its id: a public token names the
 * environment that it belongs to, and not the key that signs it.
 */
export function credentials(world: World, secrets: Secrets): Credentials<Grant> {
  const { dev, staging, prod, preview, branches } = world
  const keyOf = ({ kind }: Environment): string =>
    `tr_${SLUGS[kind]}_${secrets.text(`trigger/key/${kind}`, ALNUM, 24)}`

  const grants = new Map<string, Grant>()
  const labels = new Map<string, string>()
  for (const environment of [dev, staging, prod, preview]) {
    const grant = {
      environment,
      secretKey: keyOf(environment),
      branches: environment === preview ? branches : [],
    }
    grants.set(grant.secretKey, grant).set(environment.id, grant)
    labels.set(grant.secretKey, environment.kind).set(environment.id, environment.kind)
  }
  for (const environment of branches) {
    grants.set(environment.id, { environment, secretKey: keyOf(preview), branches: [] })
    labels.set(environment.id, environment.kind)
  }

  return {
    grants,
    labels,
    view: (_server, runs) => ({
      dev: view(keyOf(dev), dev, runs(dev.id)),
      staging: view(keyOf(staging), staging, runs(staging.id)),
      prod: view(keyOf(prod), prod, runs(prod.id)),
      preview: { secretKey: keyOf(preview), ...(branches[0]?.branch && { branch: branches[0].branch }) },
    }),
    env: (server) => ({ TRIGGER_API_URL: server, TRIGGER_SECRET_KEY: keyOf(prod) }),
    tryIt: {
      schemes: { secretKey: keyOf(prod) },
      parameters: { page: { size: 10 }, filter: { status: 'COMPLETED,FAILED' } },
    },
  }
}

/** The key, and the ids that no list item shows but filters ask for, where there are runs to find by them. */
function view(secretKey: string, { schedules, bulkActions }: Environment, runs: number): JsonObject {
  if (runs === 0) return { secretKey }
  return {
    secretKey,
    ...(schedules.length > 0 && { schedules: schedules.map((schedule) => ({ ...schedule })) }),
    ...(bulkActions.length > 0 && { bulkActions: [...bulkActions] }),
  }
}
