import type { Deployments } from './history/deployments.ts'

/** One of a project's environments: what a key opens and what runs belong to. */
export interface Environment {
  /** Also the scope of its runs, and the `sub` of its public tokens. */
  readonly id: string
  readonly kind: EnvironmentKind
  /** As items name it: the slug, `stg` for staging, `preview-<slug>` for a branch (fidelity/trigger.md §6). */
  readonly name: string
  /** The git branch, for a branch of preview. */
  readonly branch?: string
  /** Whose machine a dev environment is. */
  readonly user?: string
  /** Its schedules, with the task that each one triggers. */
  readonly schedules: readonly { readonly id: string; readonly task: string }[]
  /** The bulk actions that were run on it. */
  readonly bulkActions: readonly string[]
  /** Which version of the project takes its runs. */
  readonly deployments: Deployments
}

export type EnvironmentKind = 'dev' | 'staging' | 'prod' | 'preview'

/** The standing data of one project. */
export interface World {
  readonly dev: Environment
  readonly staging: Environment
  readonly prod: Environment
  /** The parent of the branches, which has the key and no runs of its own. */
  readonly preview: Environment
  readonly branches: readonly Environment[]
}

/** The environments that have runs. */
export function environmentsOf({ dev, staging, prod, branches }: World): readonly Environment[] {
  return [dev, staging, prod, ...branches]
}
