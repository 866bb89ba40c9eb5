import type { Difference, Fidelity } from './fidelity.ts'
import type { Json, JsonObject } from './json.ts'
import type { Random } from './random.ts'
import type { Reply } from './reply.ts'
import type { ApiRequest } from './request.ts'
import type { Filter, Next, Page, Run } from './run.ts'
import type { Secrets } from './secrets.ts'
import type { State } from './state.ts'

/**
 * One vendor's API, as pure functions: nothing in it touches HTTP, SQL, the clock or the file system.
 *
 * `World` is the standing data its runs belong to (environments, organizations); `Grant` is what a credential opens;
 * `Section` is its part of a scenario. Everything here is a method, so that a provider with types of its own stands
 * where any provider is wanted.
 */
export interface Provider<World = unknown, Grant = unknown, Section = unknown> {
  /** Folder, spec file and path prefix: `trigger`. */
  readonly name: string
  /** As people say it: `Trigger.dev`. */
  readonly title: string
  /** The vendor's hosts, `*.` for any subdomain: a `Host` header that matches belongs to this API. */
  readonly hosts: readonly string[]
  /** Path prefixes that are this API's even where its document has no operation. Its documented paths are always. */
  readonly owns: readonly string[]
  /** Whether HEAD on a GET operation answers as GET without the body (else it is a wrong method). */
  readonly servesHead: boolean
  /** How a credential is read, by the document's security scheme name. */
  readonly security: Readonly<Record<string, SecurityScheme<Grant>>>
  /** By the document's operationId. */
  readonly operations: Readonly<Record<string, Operation<World, Grant>>>
  readonly errors: ErrorCatalogue
  readonly seeds: Seeds<World, Section>
  /** The credentials of a sandbox, the same for the same world and secrets. */
  credentials(world: World, secrets: Secrets): Credentials<Grant>
  /** The run's next change, or null: the state machine of its runs. */
  next: Next
  /** How runs come in by hand, in the form in which lists show them. */
  readonly byHand: RunsByHand<World>
  /**
   * The rate limit that counts this request, or undefined for none. Asked before a wrong method or credential is
   * refused, since some services count those too; `caller` is undefined without a valid credential.
   */
  rateLimit?(request: ApiRequest, caller: Caller<Grant> | undefined): RateLimit | undefined
  /**
   * Whose a request is that nobody asks who they are, a token endpoint's say, and that carries no valid credential: what
   * it names decides in which sandbox it is answered, and opens nothing. Undefined when it names nobody.
   */
  sender?(request: ApiRequest, keys: Keyring<Grant>): Caller<Grant> | undefined
  /**
   * What this vendor's keys look like somewhere in a text, real ones too, so that none is written down. It is held
   * against texts of any length: it has to take time in proportion to them.
   */
  readonly keyShape?: RegExp
  /** Whether a 429 names the instant to wait for, which a client holds against the wall clock, and no time to wait. */
  readonly hintsAtInstants?: boolean
  /** What OPTIONS gets on a documented path; without it, OPTIONS is a wrong method. */
  preflight?(request: ApiRequest): Reply
  /** What a documented path with one slash too many gets; without it, not found. `location` has mount and query. */
  trailingSlash?(request: ApiRequest, location: string): Reply
  /** The reply as it leaves, with the headers that this vendor puts on every one. `quota`: where a limit counted it. */
  finish?(request: ApiRequest, reply: Reply, quota?: Quota): Reply
  /** What people should know of how faithful this provider is, beside what its overlays say themselves. */
  readonly differences: readonly Difference[]
}

/** Everything an API can refuse with, each in its vendor's words. */
export interface ErrorCatalogue {
  unauthorized(request: ApiRequest): Reply
  forbidden(request: ApiRequest, operationId: string): Reply
  notFound(request: ApiRequest): Reply
  /** `allow`: the methods that the document has for the path, upper case. */
  methodNotAllowed(request: ApiRequest, allow: readonly string[]): Reply
  /** `problems`: everything that breaks the document, at least one. */
  invalid(request: ApiRequest, problems: readonly Problem[]): Reply
  /** `quota.retryAfterMs`: until the caller may ask again, above 0. */
  rateLimited(request: ApiRequest, quota: Quota): Reply
  internal(request: ApiRequest): Reply
  /** 503: the service is there, and cannot answer now. */
  unavailable(request: ApiRequest): Reply
}

/** Runs that a person puts into the data, in the form in which the vendor's lists show them. */
export interface RunsByHand<World> {
  /** The list operation whose items they are. */
  readonly operationId: string
  /** Where its 200 reply has the items: `['data']`; empty when the reply is the list itself. */
  readonly items: readonly string[]
  /**
   * The run that an item asks for. `item` has only members that the document declares, each valid, and may lack any:
   * what is absent is drawn from `random`, so that the run hangs together and looks like a seeded one. Without a status
   * it is a new run, whose life lies in its plan; one whose status is not its last goes on from there.
   * Throws MemberError for what only the world can refuse (an automation that it does not have), or for members that
   * contradict each other.
   */
  make(item: JsonObject, occasion: HandOccasion<World>): Run
  /** The run as lists show it. */
  show(run: Run, fidelity: Fidelity, world: World): JsonObject
}

/** In which a run is put in by hand. */
export interface HandOccasion<World> {
  readonly world: World
  readonly fidelity: Fidelity
  /** The sandbox's present, in ms. */
  readonly now: number
  readonly random: Random
}

/** A member of a run put in by hand that cannot be taken. */
export class MemberError extends Error {
  override name = 'MemberError'
  /** From the run inwards: `['env', 'name']`. */
  readonly path: readonly string[]

  /** `message`: why, and what would be right; it follows the member's name: `names no automation; there are …`. */
  constructor(path: readonly string[], message: string) {
    super(message)
    this.path = path
  }
}

/** One thing in a request that its document forbids. */
export interface Problem {
  readonly in: 'query' | 'path' | 'body'
  /** From the parameter's name inwards: `['page', 'size']`. */
  readonly path: readonly string[]
  /** The JSON Schema keyword that failed, `minimum` say. */
  readonly rule: string
  /** The keyword's own facts, as Ajv gives them: `{ limit: 10 }`. */
  readonly facts: Readonly<Record<string, unknown>>
  /** The value as it was read. */
  readonly value: unknown
  /** Ajv's words. */
  readonly message: string
  /** The schema whose keyword failed. */
  readonly schema?: unknown
}

/** What a body is told that is larger than is read. */
export const BODY_TOO_LARGE: Problem = {
  in: 'body',
  path: [],
  rule: 'size',
  facts: {},
  value: undefined,
  message: 'is larger than 1 MiB',
}

/** Finds credentials by their public name (a key, a client id), in all sandboxes: the credential decides the sandbox. */
export interface Keyring<Grant> {
  find(name: string): Caller<Grant> | undefined
}

/** Who asks, in which sandbox, and what that opens. */
export interface Caller<Grant> {
  readonly sandbox: string
  /** The credential's public name. */
  readonly name: string
  readonly grant: Grant
}

export interface SecurityScheme<Grant> {
  /**
   * The caller, or undefined when the request carries no valid credential of this scheme. Throws an ApiError where
   * the vendor has more to say than its catalogue's `unauthorized`. `wall` is the wall clock in ms; `state` is what
   * this provider remembers in a sandbox, for credentials that can be revoked. A promise only where it takes a while.
   */
  authenticate(
    request: ApiRequest,
    keys: Keyring<Grant>,
    wall: number,
    state: (sandbox: string) => State,
  ): Promise<Caller<Grant> | undefined> | Caller<Grant> | undefined
}

export type Operation<World, Grant> = ListOperation<unknown, World, Grant> | ActionOperation<World, Grant>

/** An operation that reads runs: the walk validates, queries and presents. */
export interface ListOperation<Params, World, Grant> {
  readonly kind: 'list'
  /**
   * The query parameters by name, read as the vendor's service reads them: typed where they can be, left as text
   * where they cannot, so that the document refuses those. Undeclared parameters are left out.
   */
  read(request: ApiRequest): Record<string, unknown>
  /** The query that the parameters (valid by now) ask for. Throws an ApiError for what only the world can refuse. */
  query(params: Params, context: Context<World, Grant>): PageQuery
  /**
   * The parameters that name a cursor, as a query spells them, and the direction in which each reads on; none where all
   * runs are on one page.
   */
  readonly cursors?: Readonly<Record<string, 'older' | 'newer'>>
  /** The reply that shows the page. */
  present(page: Page, params: Params, context: Context<World, Grant>): Reply
}

/** An operation that does something else, such as minting a token. */
export interface ActionOperation<World, Grant> {
  readonly kind: 'action'
  answer(context: ActionContext<World, Grant>): Promise<Reply>
}

/** What a list operation asks of the store. */
export interface PageQuery {
  readonly scope: string
  readonly filters?: readonly Filter[]
  /** Inclusive bounds of `createdAt`, in ms. */
  readonly since?: number | undefined
  readonly until?: number | undefined
  /** Where to read on from. */
  readonly cursor?: Cursor | undefined
  /** How many at most; negative for no bound. */
  readonly limit: number
}

/** A place to read on from: a key, or the id of a run whose key the walk looks up inside the scope. */
export type Cursor = { readonly direction: 'older' | 'newer' } & (
  | { readonly key: { readonly createdAt: number; readonly id: string } }
  /** `unknown`: what an id that names no run in the scope gets. */
  | { readonly id: string; readonly unknown: 'empty page' | (() => Reply) }
)

export interface Context<World, Grant> {
  readonly request: ApiRequest
  readonly operationId: string
  readonly caller: Caller<Grant>
  readonly world: World
  readonly secrets: Secrets
  /** The sandbox's present, in ms. To be read only where it counts: an answer made with it is not given again later. */
  readonly now: number
}

export interface ActionContext<World, Grant> {
  readonly request: ApiRequest
  readonly keys: Keyring<Grant>
  /** The wall clock in ms: credentials live on it always. */
  readonly wall: number
  /** A fresh unguessable text of `bytes` random bytes as hex: the only chance that is not seeded. */
  readonly nonce: (bytes: number) => string
  /** What this provider remembers in that sandbox. */
  state(sandbox: string): State
  world(sandbox: string): World
}

/** How requests are counted, on the sandbox's clock. */
export type RateLimit = {
  /** Who shares the count, a credential's name say. */
  readonly bucket: string
  readonly max: number
} & (
  | /** `max` in each window, the first of which begins with the first request. */ {
      readonly kind: 'window'
      readonly windowMs: number
    }
  | /** A token bucket: `max` to begin with, and `refill` more each `everyMs`. */ {
      readonly kind: 'bucket'
      readonly refill: number
      readonly everyMs: number
    }
)

/** What a limit makes of one request. */
export interface Quota {
  readonly max: number
  /** How many more may come; below 0 by how many were too many. */
  readonly remaining: number
  /** When the window ends or the bucket is filled next, in ms on the sandbox's clock. */
  readonly resetAt: number
  /** From now until then, above 0. */
  readonly retryAfterMs: number
}

export interface Credentials<Grant> {
  /** What each credential opens, by its public name. */
  readonly grants: ReadonlyMap<string, Grant>
  /** What people call each credential, by its public name: `prod`. Several names may share a label. */
  readonly labels: ReadonlyMap<string, string>
  /** The credentials as the control plane shows them. `runs`: how many runs a scope holds. */
  view(server: string, runs: (scope: string) => number): JsonObject
  /** What a client of this vendor expects in its environment. `server`: the base URL without trailing slash. */
  env(server: string): Record<string, string>
  /** What the reference page fills in, so that "try it" works there. */
  readonly tryIt?: {
    /** A credential by security scheme name. */
    readonly schemes: Readonly<Record<string, string>>
    /** An example by parameter name. */
    readonly parameters?: Readonly<Record<string, Json>>
  }
}

export interface Seeds<World, Section> {
  /** JSON Schema (2020-12) of this provider's section in a scenario. An absent section is `{}`: no runs. */
  readonly schema: JsonObject
  /**
   * The world and its runs, each as it is at the moment of its creation; the store lets time pass over them. The world is
   * there at once, the runs are drawn as they are read.
   */
  build(request: SeedRequest<Section>): { readonly world: World; readonly runs: Iterable<Run> }
  /**
   * The texts in a world that follow from the secrets and occur in its runs, each one found nowhere else by chance, and in
   * the same order for every world of the same section: so runs can be copied from one sandbox to another. None where the
   * runs know nothing of the secrets.
   */
  ids?(world: World): readonly string[]
  /** About how many runs a section asks for, to come or not: many are made in a thread of their own. None by default. */
  size?(section: Section): number
}

export interface SeedRequest<Section> {
  readonly section: Section
  /** For what only the observed service has: states that the document has no word for, say. */
  readonly fidelity: Fidelity
  /** The sandbox's start, in ms. */
  readonly start: number
  /** Days of history before it. */
  readonly days: number
  readonly random: Random
  /** For what must stay the same whatever the seed: ids that a client is configured with. */
  readonly secrets: Secrets
}
