import type { Keyring, Provider } from '../core/provider.ts'
import type { Sandbox } from '../core/sandbox.ts'
import { Keyrings } from './keyrings.ts'

/** The sandboxes that a process knows, and whose each credential is: what all `Sandboxes` answer alike. */
export class KnownSandboxes<Kind extends Sandbox> {
  protected readonly sandboxes = new Map<string, Kind>()
  protected readonly keyrings: Keyrings

  constructor(providers: readonly Provider[]) {
    this.keyrings = new Keyrings(providers)
  }

  list(): readonly Kind[] {
    return [...this.sandboxes.values()]
  }

  get(id: string): Kind | undefined {
    return this.sandboxes.get(id)
  }

  keyring(provider: string): Keyring<unknown> {
    return this.keyrings.of(provider)
  }

  holder(provider: string, name: string): string | undefined {
    return this.keyrings.holder(provider, name)
  }

  isCredential(word: string): boolean {
    return this.keyrings.has(word)
  }

  get credentialsEdition(): number {
    return this.keyrings.edition
  }
}
