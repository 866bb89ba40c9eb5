import { isIP } from 'node:net'
import { problem, type Reply } from '../core/reply.ts'
import { type ApiRequest, hostName } from '../core/request.ts'
import { sameSecret } from '../core/secrets.ts'

/**
 * Why a caller may not use the control plane, or undefined for one who may: who has the admin token, or without one, who
 * is on this machine. `peer`: the remote address; undefined for the process that Runyard runs in.
 */
export function refusal(
  request: ApiRequest,
  peer: string | undefined,
  adminToken: string | undefined,
): Reply | undefined {
  if (peer === undefined) return undefined
  if (adminToken !== undefined) {
    const [, token = ''] = /^bearer +(\S+) *$/i.exec(request.header('authorization') ?? '') ?? []
    if (sameSecret(token, adminToken)) return undefined
    const unknown = problem(
      401,
      'Admin token required',
      'This server was started with --admin-token: send it as Authorization: Bearer <token>.',
    )
    return { ...unknown, headers: { ...unknown.headers, 'www-authenticate': 'Bearer' } }
  }
  if (!isLoopback(peer) || !isLocalName(request.host)) {
    return problem(
      403,
      'Loopback only',
      `The control plane answers loopback peers that ask for an IP address or localhost; this is ${peer}, asking for ${request.host}. From elsewhere it wants an admin token: start the server with --admin-token.`,
    )
  }
  // A page in a browser may send a form anywhere without being asked, and follow a link without saying of its origin.
  const origin = request.header('origin')
  const isForeign =
    origin !== undefined && origin.toLowerCase() !== `${request.scheme}://${request.host}`.toLowerCase()
  const site = request.header('sec-fetch-site') ?? ''
  if (isForeign || /^(cross|same)-site$/i.test(site)) {
    return problem(
      403,
      'Same origin only',
      `The control plane answers no page of another origin; this is ${origin ?? site}, asking for ${request.host}.`,
    )
  }
  return undefined
}

/** Any other name may be somebody's who leads it to this machine: a page in a browser must not read credentials by it. */
function isLocalName(host: string): boolean {
  const name = hostName(host)
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || /^([\w-]+\.)*localhost$/i.test(name)
}

function isLoopback(peer: string): boolean {
  return peer === '::1' || /^(::ffff:)?127\./.test(peer)
}
