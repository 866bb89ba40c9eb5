import type { Fidelity } from '../core/fidelity.ts'
import type { Api } from '../spec/api.ts'
import type { Client } from './client.ts'
import { type Access, type Account, type Contract, type Headers, NotApplicable } from './contract.ts'
import type { Ask, Received } from './request.ts'

export interface SessionParts {
  readonly contract: Contract
  readonly access: Access
  readonly fidelity: Fidelity
  /** The provider's document of that fidelity. */
  readonly api: Api
  readonly client: Client
}

/** One provider being verified: who asks, what is known of it by now, and the last thing that came. */
export class Session {
  readonly contract: Contract
  readonly fidelity: Fidelity
  readonly api: Api
  /** The latest reply, for the report of a failure. */
  last: Received | undefined
  readonly #access: Access
  readonly #client: Client
  readonly #secrets: Set<string>
  readonly #known = new Map<unknown, Promise<unknown>>()

  constructor({ contract, access, fidelity, api, client }: SessionParts) {
    this.contract = contract
    this.fidelity = fidelity
    this.api = api
    this.#access = access
    this.#client = client
    this.#secrets = new Set(access.secrets)
  }

  /** The name that the service is reached by, without a port. */
  get host(): string {
    return this.#client.target.hostname
  }

  /** The path of a URL on the target. Throws NotApplicable for one that is elsewhere: nothing is asked there. */
  pathOn(url: string): string {
    const base = this.#client.target.href.replace(/\/$/, '')
    if (!url.startsWith(`${base}/`)) throw new NotApplicable(`${url} is not on the target`)
    return url.slice(base.length)
  }

  async ask(ask: Ask): Promise<Received> {
    const { method = 'GET', path = this.contract.path, as = 'main', headers } = ask
    const query = ask.query === undefined ? '' : `?${ask.query}`
    const account = typeof as === 'string' ? await this.#account(as) : await this.#headers(as)
    const filled = this.filled(path)
    this.last = undefined
    const reply = await this.#client.send({
      method,
      target: filled + query,
      headers: { ...account, ...headers },
      body: 'body' in ask ? ask.body : undefined,
    })
    this.last = { ...reply, path: filled }
    return this.last
  }

  /** The text with each `{name}` replaced by that value of the access. Throws NotApplicable for one that is not given. */
  filled(text: string): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(this.value(name)))
  }

  /** A value of the access. Throws NotApplicable when it is not given. */
  value(name: string): string {
    const value = this.#access.values[name]
    if (value === undefined) throw new NotApplicable(`no ${this.contract.provider} ${name} was given`)
    return value
  }

  /** Throws NotApplicable when one of the accounts or values is not given. */
  require(names: readonly string[]): void {
    for (const name of names) if (!(name in this.#access.accounts)) this.value(name)
  }

  /** What `make` finds out, found out once for all cases. The cast: each key has one kind of value. */
  remember<T>(what: unknown, make: () => Promise<T>): Promise<T> {
    const known = (this.#known.get(what) as Promise<T> | undefined) ?? make()
    this.#known.set(what, known)
    return known
  }

  /** Keeps a credential that was made on the way out of the report, and returns it. */
  secret(text: string): string {
    this.#secrets.add(text)
    return text
  }

  /** The text without any credential. */
  redacted(text: string): string {
    // The longest first, since one may hold another.
    const secrets = [...this.#secrets].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
    return secrets.reduce(
      (redacted, secret) =>
        redacted.replaceAll(secret, '[redacted]').replaceAll(encodeURIComponent(secret), '[redacted]'),
      text,
    )
  }

  async #account(name: string): Promise<Headers> {
    if (name === 'nobody') return {}
    const account = this.#access.accounts[name]
    if (account === undefined)
      throw new NotApplicable(`no ${this.contract.provider} credential ${name} was given`)
    return this.#headers(account)
  }

  #headers(account: Account): Promise<Headers> {
    return typeof account === 'function'
      ? this.remember(account, () => account(this))
      : Promise.resolve(account)
  }
}
