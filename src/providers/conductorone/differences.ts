import type { Difference } from '../../core/fidelity.ts'

/** What the overlays cannot say, and how well it is known. Sections are those of fidelity/conductorone.md. */
export const differences: readonly Difference[] = [
  {
    topic: 'body over 4 MiB, on a GET too',
    spec: 'not read',
    live: '400, code 3 `request body too large`, before the token is asked for (one that gives its length)',
    evidence: 'gateway source (§4)',
  },
  {
    topic: 'order of checks',
    spec: '401, then 400, then 403',
    live: '401, then 403: without parameters nothing else is a 400',
    evidence: 'inferred: the gateway decodes first (§4)',
  },
  {
    topic: 'error texts',
    spec: '`unauthenticated`, `Permission denied, missing permission/<operationId>`, `not found`, `Internal Server Error`; there is no rate limit',
    evidence: "shape: gateway source; texts: the vendor's own tests, 403's seen live (§4)",
  },
  {
    topic: '503',
    spec: 'code 14 `service unavailable`, when a fault asks for it',
    evidence: "status: the gateway's map of codes (§4); text: inference",
  },
  {
    topic: 'wrong method, HEAD, OPTIONS',
    spec: '404, code 5 `not found`',
    evidence: "the gateway's framework; the body is inferred (§4)",
  },
  {
    topic: 'path outside `/api/` and `/auth/` (by host or prefix)',
    spec: '404, code 5 `not found`',
    live: '200 and an HTML page: the web application has the same host',
    evidence: 'seen live (§4); the page itself is a stand-in',
  },
  {
    topic: "token endpoint's errors",
    spec: 'RFC 6749: 400 `invalid_request`, `unsupported_grant_type`; 401 `invalid_client`; tokens live 3600 s',
    evidence: 'success: SDKs and docs; errors: inferred (§1)',
  },
  {
    topic: 'token exchange, device code',
    spec: '`unsupported_grant_type`',
    evidence: 'not built',
  },
]
