import {
  type Effect,
  type Fault,
  type FaultRule,
  type Faults,
  MOST_FAULTS,
  type Strike,
  type Target,
} from '../core/fault.ts'
import type { Random } from '../core/random.ts'

/** A sandbox's faults, each with a stream of chance of its own: the same requests in the same order meet the same. */
export class SandboxFaults implements Faults {
  readonly #random: (label: string) => Random
  readonly #faults = new Map<string, Kept>()
  #made = 0

  /** `random`: the sandbox's stream for a label. */
  constructor(random: (label: string) => Random) {
    this.#random = random
  }

  get size(): number {
    return this.#faults.size
  }

  strike(target: Target, now: number): Strike | undefined {
    if (this.#faults.size === 0) return undefined
    const struck = [...this.#faults.values()].flatMap((fault) => {
      const delayMs = fault.meet(target, now)
      return delayMs === undefined ? [] : [{ id: fault.id, effect: fault.rule.effect, delayMs }]
    })
    if (struck.length === 0) return undefined
    const effects = struck.map(({ effect }) => effect)
    return {
      faults: struck.map(({ id }) => id),
      delayMs: struck.reduce((sum, { delayMs }) => sum + delayMs, 0),
      ...stacked(effects),
    }
  }

  add(rule: FaultRule, now: number): Fault {
    if (this.#faults.size >= MOST_FAULTS) throw new RangeError(`there are ${MOST_FAULTS} faults already`)
    // A number is not given out again, so that what was said of a fault is never read as said of another.
    const id = `fault-${++this.#made}`
    const fault = new Kept(id, rule, () => this.#random(`faults/${id}`))
    this.#faults.set(id, fault)
    return fault.at(now)
  }

  list(now: number): readonly Fault[] {
    return [...this.#faults.values()].map((fault) => fault.at(now))
  }

  get(id: string, now: number): Fault | undefined {
    return this.#faults.get(id)?.at(now)
  }

  remove(id: string): boolean {
    return this.#faults.delete(id)
  }

  clear(): void {
    this.#faults.clear()
  }
}

/** What all effects come to, oldest first; the delays are summed elsewhere. */
function stacked(effects: readonly Effect[]): Omit<Strike, 'faults' | 'delayMs'> {
  const forcing = effects.find(({ status }) => status !== undefined)
  const reset = effects.find((effect) => effect.reset !== undefined)?.reset
  const truncate = effects.find((effect) => effect.truncate !== undefined)?.truncate
  const slow = effects.find((effect) => effect.slow !== undefined)?.slow
  return {
    ...(forcing?.status !== undefined && { status: forcing.status }),
    ...(forcing?.retryAfterMs !== undefined && { retryAfterMs: forcing.retryAfterMs }),
    ...(reset !== undefined && { reset }),
    ...(truncate !== undefined && { truncate }),
    ...(slow !== undefined && { slowMs: slow }),
  }
}

/** One fault and its counts. */
class Kept {
  readonly id: string
  readonly rule: FaultRule
  readonly #makeRandom: () => Random
  #random: Random | undefined
  #matched = 0
  #struck = 0

  constructor(id: string, rule: FaultRule, random: () => Random) {
    this.id = id
    this.rule = rule
    this.#makeRandom = random
  }

  at(now: number): Fault {
    return {
      ...this.rule,
      id: this.id,
      state: this.#state(now),
      matched: this.#matched,
      struck: this.#struck,
    }
  }

  /** Counts a request, if it matches. For how many ms the reply is held back when the fault strikes, else undefined. */
  meet(target: Target, now: number): number | undefined {
    if (this.#state(now) !== 'active' || !this.#matches(target)) return undefined
    this.#matched++
    const { nth = 1, probability } = this.rule
    if (this.#matched < nth) return undefined
    if (probability !== undefined && !this.#chance().chance(probability)) return undefined
    this.#struck++
    const { min, max } = this.rule.effect.delay ?? { min: 0, max: 0 }
    return min === max ? min : this.#chance().int(min, max)
  }

  #state(now: number): Fault['state'] {
    const { nth, count, until } = this.rule
    if (count !== undefined ? this.#struck >= count : nth !== undefined && this.#matched >= nth)
      return 'spent'
    return until !== undefined && now >= until ? 'expired' : 'active'
  }

  #matches(target: Target): boolean {
    const { provider, operation, credential, effect } = this.rule
    return (
      (provider === undefined || provider === target.provider) &&
      (operation === undefined || operation === target.operationId) &&
      (credential === undefined || credential === target.credential) &&
      (effect.status === undefined || target.has(effect.status))
    )
  }

  /** Made when it is first needed: most faults leave nothing to chance. */
  #chance(): Random {
    this.#random ??= this.#makeRandom()
    return this.#random
  }
}
