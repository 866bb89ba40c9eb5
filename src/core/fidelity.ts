/** `spec`: the vendor's document and what it needs to be served. `live`: with what was observed of the real service. */
export type Fidelity = 'spec' | 'live'

/**
 * One point in which a person should know what is served: where the document and the observed service part, or where
 * neither speaks and Runyard had to choose. README and reference page show them as one table.
 */
export interface Difference {
  readonly topic: string
  /** What `spec` fidelity does. */
  readonly spec: string
  /** What `live` fidelity does; absent when it does the same. */
  readonly live?: string
  /** Where it is known from: a section of the fidelity pages, a document, or a plain "inference". */
  readonly evidence: string
}
