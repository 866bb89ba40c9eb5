import type { Caller, Keyring, Provider } from '../core/provider.ts'
import type { Sandbox } from '../core/sandbox.ts'

/** What has credentials. */
type Holder = Pick<Sandbox, 'id' | 'credentials'>

const EMPTY: Keyring<unknown> = { find: () => undefined }

/** The credentials of all sandboxes, by provider. */
export class Keyrings {
  readonly #callers = new Map<string, Map<string, Caller<unknown>>>()
  readonly #keyrings = new Map<string, Keyring<unknown>>()
  #edition = 0

  constructor(providers: readonly Provider[]) {
    for (const { name } of providers) {
      const callers = new Map<string, Caller<unknown>>()
      this.#callers.set(name, callers)
      this.#keyrings.set(name, { find: (key) => callers.get(key) })
    }
  }

  /** Changes with the credentials that there are. */
  get edition(): number {
    return this.#edition
  }

  of(provider: string): Keyring<unknown> {
    return this.#keyrings.get(provider) ?? EMPTY
  }

  /** The id of the sandbox that has the credential. */
  holder(provider: string, name: string): string | undefined {
    return this.#callers.get(provider)?.get(name)?.sandbox
  }

  /** Whether the word is the name of a credential, of any provider. */
  has(word: string): boolean {
    for (const callers of this.#callers.values()) if (callers.has(word)) return true
    return false
  }

  /** Whether nobody else has any credential of the sandbox. */
  areNew(sandbox: Holder): boolean {
    return [...this.#callers].every(([provider, callers]) =>
      [...sandbox.credentials(provider).grants.keys()].every((name) => !callers.has(name)),
    )
  }

  add(sandbox: Holder): void {
    this.#edition++
    for (const [provider, callers] of this.#callers) {
      for (const [name, grant] of sandbox.credentials(provider).grants) {
        callers.set(name, { sandbox: sandbox.id, name, grant })
      }
    }
  }

  remove(sandbox: Holder): void {
    this.#edition++
    for (const [provider, callers] of this.#callers) {
      for (const name of sandbox.credentials(provider).grants.keys()) callers.delete(name)
    }
  }
}
