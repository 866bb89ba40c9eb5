import type { Difference } from '../../core/fidelity.ts'

/** What the overlays cannot say, and how well it is known. Sections are those of fidelity/nx1.md. */
export const differences: readonly Difference[] = [
  {
    topic: 'other values of `limit`',
    spec: 'read as pydantic reads them, refused in its words; 0 gives none',
    evidence: 'measured on the framework (§A1)',
  },
  {
    topic: '401',
    spec: '`Not authenticated` without a credential, `Invalid authentication credentials` with a bad one; `WWW-Authenticate: Bearer`',
    evidence: "status and first text: the framework's; the rest inferred (§A3)",
  },
  {
    topic: 'bad bearer beside a good key',
    spec: 'the key counts',
    evidence: "the document's alternatives; the service is unknown (§A3)",
  },
  {
    topic: '`owner_id`, general key',
    spec: "the username; runs of the general key are `psk`'s, and it is no admin",
    evidence: 'half-evidenced (§A3, §A4)',
  },
  {
    topic: 'admin role',
    spec: '`admin` or `nx1_admin`, of realm or client',
    evidence: 'the real name is not public (§A5)',
  },
  {
    topic: '503',
    spec: "`Service Unavailable` in FastAPI's form, `HTTP 503 Service Unavailable` in Keycloak's; when a fault asks for it",
    evidence: "inference: both frameworks' words for a status without its own",
  },
  {
    topic: 'realm',
    spec: 'code flow with PKCE, refresh, password and client credentials as Keycloak answers them; no cookies, no consent, refresh tokens not rotated',
    evidence: "Keycloak's source and docs (§A5)",
  },
]
