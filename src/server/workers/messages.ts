import type { Going } from '../../core/clock.ts'
import type { Exchange } from '../../core/journal.ts'
import type { Place } from '../../core/run.ts'
import type { Delivery } from '../../http/deliver.ts'
import type { Arrived } from '../../http/receive.ts'
import type { Identity } from '../certificates.ts'
import type { Options } from '../options.ts'
import type { SandboxRecord } from '../sandbox.ts'

/** What the leader says to a worker. Everything here is data that JSON can tell, and arrives in the order it was sent in. */
export type ToWorker =
  | Start
  /** To be answered with `done` once it is known. */
  | { readonly kind: 'news'; readonly number: number; readonly news: readonly News[] }
  /** To be answered with `done`, after all exchanges there are. */
  | { readonly kind: 'gather'; readonly number: number }
  /** The answer to an `ask`. */
  | { readonly kind: 'answer'; readonly number: number; readonly sent: Sent }
  /** Answer what is in flight, and end. */
  | { readonly kind: 'drain' }

/** What a worker says to the leader. */
export type ToLeader =
  /** It is there, and wants to be told how to start. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'listening'; readonly port: number; readonly tlsPort: number }
  /** It cannot listen. */
  | { readonly kind: 'failed'; readonly error: Failure }
  /** A request that it cannot answer itself. */
  | { readonly kind: 'ask'; readonly number: number; readonly arrived: Arrived; readonly peer: string }
  | { readonly kind: 'exchanges'; readonly exchanges: readonly Recorded[] }
  | { readonly kind: 'done'; readonly number: number }

/** What a worker needs to answer. */
export interface Start {
  readonly kind: 'start'
  readonly options: Options
  /** The file that the leader writes. */
  readonly file: string
  readonly identity: Identity | undefined
  readonly sandboxes: readonly SandboxNews[]
}

export type News = SandboxNews | GoneNews | RowsNews

/** A sandbox is gone. */
export interface GoneNews {
  readonly id: string
  readonly life: number
  readonly gone: true
}

/** Rows have come, gone or changed. */
export interface RowsNews {
  readonly sandbox: string
  readonly provider: string
  /** Whose; absent: any. */
  readonly runs?: readonly Place[]
}

/** How a sandbox is. */
export interface SandboxNews {
  readonly id: string
  /** One that is made again after another of its id has another number. */
  readonly life: number
  /** Absent when the worker knows it: it never changes. */
  readonly record?: SandboxRecord
  readonly going: Going
  /** Whether workers may answer for it: nothing is about to change it, and no fault counts its requests. */
  readonly isPlain: boolean
}

/** An exchange for the leader's journals. */
export interface Recorded {
  readonly sandbox: string
  readonly life: number
  readonly exchange: Exchange
  /** On the sandbox's clock and on the wall clock, in ms. */
  readonly at: number
  readonly wall: number
  /** In µs, as `ticks` gives them: exchanges are recorded in this order. */
  readonly tick: number
}

/** A reply on its way between processes; undefined when there was an error instead. */
export type Sent =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      /** As text; absent when there is none. */
      readonly body?: string
      readonly delivery?: Delivery
    }
  | undefined

/** A system's error as data. */
export interface Failure {
  readonly message: string
  readonly code?: string
  readonly syscall?: string
  readonly port?: number
}
