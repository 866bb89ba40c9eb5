import type { JsonObject } from '../core/json.ts'
import { json, problem, type Reply } from '../core/reply.ts'
import { type ApiRequest, baseUrl, hostName } from '../core/request.ts'
import type { Sandbox, Sandboxes } from '../core/sandbox.ts'
import type { Control } from '../http/server.ts'
import type { Api } from '../spec/api.ts'

export interface ControlOptions {
  /** The control plane's own document. */
  readonly api: Api
  readonly sandboxes: Sandboxes
  health(): Health
  /** What each sandbox is shown with of how else the server is reached. */
  reached?(): JsonObject
}

export interface Health {
  readonly status: 'ok' | 'draining'
  readonly version: string
  readonly uptimeMs: number
}

/** The control plane under `/_runyard`, routed by its own document. */
export function controlPlane({ api, sandboxes, health, reached }: ControlOptions): Control {
  const shown = async (sandbox: Sandbox, request: ApiRequest): Promise<JsonObject> => ({
    ...(await sandbox.describe(baseUrl(request))),
    ...reached?.(),
  })
  const operations: Record<string, (request: ApiRequest) => Promise<Reply>> = {
    getHealth: async () => {
      const state = health()
      return json(state.status === 'ok' ? 200 : 503, state)
    },
    getDocument: async () => json(200, api.document),
    listSandboxes: async (request) => {
      const described: JsonObject[] = []
      for (const sandbox of sandboxes.list()) described.push(await shown(sandbox, request))
      return json(200, { sandboxes: described })
    },
    getSandbox: async (request) => {
      const id = request.params.id ?? ''
      const sandbox = sandboxes.get(id)
      if (sandbox !== undefined) return json(200, await shown(sandbox, request))
      const ids = sandboxes.list().map((other) => other.id)
      return problem(404, 'No such sandbox', `There is no sandbox '${id}'. There are: ${ids.join(', ')}.`)
    },
  }

  return {
    async answer(request, peer) {
      const match = api.match(request.method === 'HEAD' ? 'GET' : request.method, request.path)
      if (match.found === 'nothing') {
        return problem(
          404,
          'Not Found',
          `The control plane has no ${request.path}. Its document is /_runyard/openapi.json.`,
        )
      }
      if (match.found === 'path') {
        const refusal = problem(405, 'Method Not Allowed', `${request.path} takes ${match.allow.join(', ')}.`)
        return { ...refusal, headers: { ...refusal.headers, allow: match.allow.join(', ') } }
      }
      const { operation } = match
      // Probes may come from anywhere; what shows credentials may not.
      if (operation.operationId !== 'getHealth' && !(isLoopback(peer) && isLocalName(request.host))) {
        return problem(
          403,
          'Loopback only',
          `The control plane answers loopback peers that ask for an IP address or localhost; this is ${peer}, asking for ${request.host}.`,
        )
      }
      const params = api.pathParams(operation, request.path)
      const respond = operations[operation.operationId]
      if (respond === undefined) throw new Error(`${operation.operationId} is not implemented`)
      return respond({ ...request, params })
    },
  }
}

/** A name with dots may be anybody's that leads to this machine: a page in a browser must not read credentials by it. */
function isLocalName(host: string): boolean {
  const name = hostName(host)
  return !name.includes('.') || /^[\d.]+$/.test(name) || name.endsWith('.localhost')
}

function isLoopback(peer: string): boolean {
  return peer === '::1' || /^(::ffff:)?127\./.test(peer)
}
