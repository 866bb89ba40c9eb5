import type { Test } from 'tap'
import { parseIso } from '../src/core/clock.ts'
import { createRunyard, type Options, type Runyard, type SandboxView as View } from '../src/index.ts'

/** The frozen present of every test that does not say otherwise. */
export const NOW = parseIso('2026-06-01T12:00:00Z') ?? 0

export interface Got<Body> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when it is not JSON. */
  readonly json: Body
}

export interface Yard {
  readonly runyard: Runyard
  readonly url: string
  /** The default sandbox as the control plane shows it. */
  readonly sandbox: SandboxView
  get<Body = unknown>(path: string, headers?: Record<string, string>): Promise<Got<Body>>
  send<Body = unknown>(method: string, path: string, init?: RequestInit): Promise<Got<Body>>
  /** A call of the control plane, under `/_runyard`; `body` leaves as JSON. */
  control<Body = Problem>(method: string, path: string, body?: unknown): Promise<Got<Body>>
}

/** How the control plane refuses. */
export interface Problem {
  readonly title: string
  readonly detail: string
  readonly errors: { pointer: string; detail: string }[]
}

/** As the control plane shows it, with the branch that the default section has. */
export type SandboxView = View & { readonly credentials: { trigger: { preview: { branch: string } } } }

/** A Runyard that listens on a port of its own until the test ends: frozen clock, every reply checked, silent. */
export async function serve(
  t: Test,
  options: { readonly [Name in keyof Options]?: Options[Name] } = {},
): Promise<Yard> {
  const runyard = await createRunyard({ port: 0, clock: NOW, checkReplies: true, log: 'silent', ...options })
  const url = await runyard.listen()
  t.teardown(() => runyard.close())
  const send = async <Body>(method: string, path: string, init: RequestInit = {}): Promise<Got<Body>> => {
    const response = await fetch(url + path, { redirect: 'manual', ...init, method })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parse(text) as Body }
  }
  const { json: sandbox } = await send<SandboxView>('GET', '/_runyard/sandboxes/default')
  return {
    runyard,
    url,
    sandbox,
    send,
    get: (path, headers = {}) => send('GET', path, { headers }),
    control: (method, path, body) =>
      send(method, `/_runyard${path}`, {
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      }),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
