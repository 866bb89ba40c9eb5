import type { Test } from 'tap'
import { parseIso } from '../src/core/clock.ts'
import { createRunyard, type Options, type Runyard } from '../src/index.ts'

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
}

export interface SandboxView {
  readonly id: string
  readonly counts: Record<string, number>
  readonly clock: { now: string; frozen: boolean }
  readonly baseUrl: string
  readonly env: Record<string, string>
  readonly credentials: {
    conductorone: Record<'admin' | 'basic', { bearer: string; clientId: string; clientSecret: string }>
    trigger: Record<'dev' | 'staging' | 'prod', { secretKey: string }> & {
      preview: { secretKey: string; branch: string }
    }
    nx1: {
      psk: Record<'general' | 'admin' | 'alice' | 'bob', string>
      oauth: {
        issuer: string
        clientId: string
        users: { username: string; password: string; admin: boolean }[]
      }
    }
    basedash: {
      admin: { apiKey: string }
      member: { apiKey: string }
      organizationId: string
      automations: { id: string; name: string; runs: number }[]
      otherAdmin: { apiKey: string }
      otherOrganizationId: string
      otherAutomations: { id: string; name: string; runs: number }[]
    }
  }
}

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
  return { runyard, url, sandbox, send, get: (path, headers = {}) => send('GET', path, { headers }) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
