import type { Run } from '../../core/run.ts'
import type { Behaviour } from './fidelity/behaviour.ts'
import { stored } from './run.ts'
import { flagsFor, type Status, type Vocabulary, type Word } from './status.ts'
import type { components } from './wire.ts'
import type { Environment } from './world.ts'

/** An item with every member stated. JSON leaves out those that are undefined, as the service leaves out what a run lacks. */
export type Item = {
  readonly [Member in keyof Required<ListRunItem>]: ListRunItem[Member] | undefined
}

/** An item of the document, in either fidelity. */
export type ListRunItem = Omit<components['schemas']['ListRunItem'], 'status'> & { readonly status: Word }

/** Runs as a list shows them in these words. Whoever gets an item again gets the same object. */
export function itemsOf(
  runs: readonly Run[],
  environment: Environment,
  behaviour: Pick<Behaviour, 'wordFor'>,
  vocabulary: Vocabulary,
): Item[] {
  return runs.map((run) => {
    const before = shown.get(run)
    if (
      before?.environment === environment &&
      before.behaviour === behaviour &&
      before.vocabulary === vocabulary
    )
      return before.item
    const item = itemOf(run, environment, (status) => behaviour.wordFor(status, vocabulary))
    shown.set(run, { environment, behaviour, vocabulary, item })
    return item
  })
}

/** An item, and what it was made for. */
interface Shown {
  readonly environment: Environment
  readonly behaviour: Pick<Behaviour, 'wordFor'>
  readonly vocabulary: Vocabulary
  readonly item: Item
}

const shown = new WeakMap<Run, Shown>()

/** A run as a list shows it, members in the service's order (fidelity/trigger.md §6). */
export function itemOf(run: Run, { id, name, user }: Environment, wordFor: (status: Status) => Word): Item {
  const body = stored(run)
  const status = wordFor(body.status)
  const flags = flagsFor(status)
  return {
    id: run.id,
    status,
    taskIdentifier: body.task,
    idempotencyKey: body.idempotencyKey,
    version: body.version,
    createdAt: body.createdAt,
    updatedAt: body.updatedAt,
    startedAt: body.startedAt ?? body.lockedAt,
    finishedAt: body.completedAt,
    delayedUntil: body.delayUntil,
    isTest: body.isTest,
    ttl: body.ttl,
    expiredAt: body.expiredAt,
    env: user === undefined ? { id, name } : { id, name, user },
    tags: body.tags,
    costInCents: body.costInCents,
    baseCostInCents: body.baseCostInCents,
    durationMs: body.durationMs,
    depth: body.depth,
    metadata: body.metadata,
    taskKind: body.kind,
    region: body.region,
    isQueued: flags.isQueued,
    isExecuting: flags.isExecuting,
    isCompleted: flags.isCompleted,
    isFailed: flags.isFailed,
    isSuccess: flags.isSuccess,
    isCancelled: flags.isCancelled,
    isWaiting: flags.isWaiting,
  }
}
