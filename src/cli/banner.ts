import type { SandboxView } from '../server/handle.ts'

/** Who reads which variable to trust the certificate authority. */
const READERS: Readonly<Record<string, string>> = {
  NODE_EXTRA_CA_CERTS: 'Node',
  SSL_CERT_FILE: "Go, Python's httpx",
  REQUESTS_CA_BUNDLE: "Python's requests",
}

/** What the terminal shows once the server listens: where, what, and with which credentials. */
export function banner(version: string, sandbox: SandboxView): string {
  const { baseUrl, scenario, seed, clock, counts, env, tls } = sandbox
  const runs = rows(counts).map(([provider, count]) => `${count} ${provider}`)
  const variables = rows(env).map(([name, value]) => `  ${name}=${value}`)
  return `Runyard ${version} on ${baseUrl}

  runs         ${runs.join(', ')} (scenario ${scenario}, seed ${seed}, clock ${clock.frozen ? 'frozen' : 'live'})
  reference    ${baseUrl}/docs
  credentials  ${baseUrl}/_runyard/sandboxes/default
${https(new Map(rows(tls)))}
${variables.join('\n')}
`
}

/** Where https is, and how each kind of client comes to trust it; empty without TLS. */
function https(tls: ReadonlyMap<string, unknown>): string {
  const url = tls.get('url')
  if (url === undefined) return ''
  const caFile = tls.get('caFile')
  if (caFile === undefined) return `  https        ${url}, with your certificate\n`
  const trust = rows(tls.get('trust')).map(([name, file]) => `    ${name}=${file}  (${READERS[name]})`)
  return `  https        ${url}, with a certificate signed by ${caFile}; to trust it:
${trust.join('\n')}
    curl --cacert ${caFile}
`
}

function rows(value: unknown): [string, unknown][] {
  return Object.entries(Object(value))
}
