import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { get as httpGet, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import t, { type Test } from 'tap'
import { createRunyard, type Options } from '../src/index.ts'
import { certify } from '../src/server/authority.ts'
import { NOW, type SandboxView, serve } from './serve.ts'

const DAY = 86_400_000

/** Where the authority of the tests that come is kept; each test that looks into it takes a folder of its own. */
const keepIn = (folder: string): string => {
  process.env.XDG_CACHE_HOME = folder
  return join(folder, 'runyard')
}
keepIn(t.testdir({}))

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
}

/** A server of both kinds, and a way to ask each: `host` is what the client believes to speak to. */
async function serveBoth(t: Test, options: { readonly [Name in keyof Options]?: Options[Name] } = {}) {
  const yard = await serve(t, { tls: true, tlsPort: 0, ...options })
  const { tls } = yard.runyard
  if (tls === undefined) throw new Error('no TLS')
  const ca = tls.caFile === undefined ? undefined : readFileSync(tls.caFile, 'utf8')
  const { port } = new URL(tls.url)
  const secure = (path: string, host?: string, { method = 'GET', headers = {} }: Ask = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const named = host === undefined ? { headers } : { servername: host, headers: { host, ...headers } }
      httpsRequest({ hostname: '127.0.0.1', port, path, method, agent: false, ca, ...named }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode, headers: response.headers, text })
        })
      })
        .on('error', reject)
        .end()
    })
  return { ...yard, tls, ca, port: Number(port), secure }
}

/** The certificate in a file that holds its key too. */
function certificateIn(text: string): X509Certificate {
  return new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE')))
}

function plain(url: string, host: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpGet(url, { agent: false, headers: { host } }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    }).on('error', reject)
  })
}

t.test(
  'every name that a client may call us by is in the certificate, and addresses under both',
  async (t) => {
    const { url, secure } = await serveBoth(t)
    const names: readonly [host: string, path: string, says: RegExp][] = [
      ['localhost', '/_runyard/health', /"ok"/],
      ['runyard', '/_runyard/health', /"ok"/],
      ['host.docker.internal', '/_runyard/health', /"ok"/],
      ['localhost', '/api/crew-run', /"detail":"Not Found"/],
      ['acme.conductor.one', '/nothing', /"code":5/],
      ['api.trigger.dev', '/api/v1/runs', /"error":/],
      ['rapid.nx1cloud.com', '/nothing', /"detail":"Not Found"/],
      ['charts.basedash.com', '/api/public/nothing', /"title":"NotFound"/],
    ]
    for (const [host, path, says] of names) {
      const over = await secure(path, host)
      t.match(over.text, says, `https://${host}${path}`)
      if (path === '/_runyard/health') continue
      t.match(
        await plain(url + path, host),
        { status: over.status, text: over.text },
        'and the same over http',
      )
    }
    await t.rejects(secure('/', 'example.com'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'nobody else')
    t.match((await secure('/_runyard/health')).text, /"ok"/, 'by its address')
  },
)

t.test('what we say of ourselves over https is https', async (t) => {
  const { url, tls, secure, sandbox } = await serveBoth(t)
  const view = JSON.parse((await secure('/_runyard/sandboxes/default')).text) as SandboxView
  t.equal(view.baseUrl, tls.url)
  t.equal(view.env.TRIGGER_API_URL, tls.url)
  t.match(view.env.CONDUCTORONE_CLIENT_ID, `@127.0.0.1:${new URL(tls.url).port}/pcc`)
  t.equal(view.credentials.nx1.oauth.issuer, `${tls.url}/realms/rapid`)
  const shown = {
    tls: {
      url: tls.url,
      caFile: tls.caFile,
      trust: { NODE_EXTRA_CA_CERTS: tls.caFile, SSL_CERT_FILE: tls.caFile, REQUESTS_CA_BUNDLE: tls.caFile },
    },
  }
  t.match(view, shown)
  t.match(sandbox, { baseUrl: url, ...shown }, 'and over http both are shown')

  const metadata = await secure('/realms/rapid/.well-known/openid-configuration')
  t.match(JSON.parse(metadata.text), { issuer: `${tls.url}/realms/rapid`, token_endpoint: /^https:/ })
  const login = `/realms/rapid/protocol/openid-connect/auth?client_id=${view.credentials.nx1.oauth.clientId}`
  t.match((await secure(`${login}&response_type=code&redirect_uri=${url}/cb`)).text, /action="https:/)
})

t.test('both answer with the same bytes', async (t) => {
  const { secure, get, sandbox } = await serveBoth(t)
  const { trigger, nx1, basedash, conductorone } = sandbox.credentials
  const requests: readonly [path: string, headers: Record<string, string>][] = [
    ['/api/v1/role-mining/runs', { authorization: `Bearer ${conductorone.admin.bearer}` }],
    ['/api/v1/runs?page[size]=10', { authorization: `Bearer ${trigger.prod.secretKey}` }],
    ['/api/crew-runs?limit=x', { 'authorization-psk': nx1.psk.admin }],
    [`/api/public/organizations/${basedash.organizationId}/automations/x/runs`, {}],
    [`/api/v1/runs?x=${'x'.repeat(100_000)}`, {}],
  ]
  for (const [path, headers] of requests) {
    const over = await secure(path, undefined, { headers })
    const under = await get(path, headers)
    t.equal(over.status, under.status, path.slice(0, 60))
    t.equal(over.text, under.text)
    t.equal(over.headers['content-type'], under.headers.get('content-type'))
  }
})

t.test('what is no HTTP, and what is no TLS', async (t) => {
  const { port, ca, secure } = await serveBoth(t)
  const say = async (text: string): Promise<string> => {
    const socket = tlsConnect({ host: '127.0.0.1', port, ca })
    await once(socket, 'secureConnect')
    socket.write(text)
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk))
    await once(socket, 'close')
    return heard
  }
  t.match(await say('NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*not an HTTP request/)
  t.match(
    await say('BREW /api/crew-runs HTTP/1.1\r\nhost: x\r\n\r\n'),
    /^HTTP\/1\.1 405 [\s\S]*Method Not Allowed/,
  )
  t.match(await say(`GET /?${'x'.repeat(300_000)} HTTP/1.1\r\n`), /^HTTP\/1\.1 431 /)
  await t.rejects(plain(`http://127.0.0.1:${port}/`, 'x'), 'http on the port of https')
  await t.rejects(
    new Promise((_resolve, reject) => tlsConnect({ host: '127.0.0.1', port }).on('error', reject)),
    { code: /SELF_SIGNED|UNABLE_TO/ },
    'a client that does not trust us',
  )
  t.match((await secure('/_runyard/health')).text, /"ok"/, 'and we are still there')
})

t.test('closing answers what is in flight and cuts what is not', async (t) => {
  const { runyard, port, ca } = await serveBoth(t, { scenario: 'empty' })
  const half = tlsConnect({ host: '127.0.0.1', port, ca })
  await once(half, 'secureConnect')
  half.write('GET /_runyard/health HTTP/1.1\r\nhost: x\r\n')
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  const cut = [half, silent].map((socket) => once(socket.on('error', () => {}).resume(), 'close'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const before = performance.now()
  const closing = runyard.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await t.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' }, 'nobody new')
  half.write('\r\n')
  let heard = ''
  half.on('data', (chunk) => (heard += chunk))
  await Promise.all([closing, ...cut])
  t.match(heard, /^HTTP\/1\.1 503 [\s\S]*draining/, 'what was half sent is answered when it comes')
  t.ok(performance.now() - before < 4000, 'a connection without a handshake holds it for two seconds')
})

t.test('the authority is kept, and trusted once', async (t) => {
  const folder = keepIn(t.testdir({}))
  const file = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const start = async (now = Date.now(), ...more: string[]): Promise<string[]> => {
    const real = Date.now
    const ahead = now - real()
    Date.now = () => real() + ahead
    try {
      const { caFile } = await certify(['localhost', ...more], (message) => t.fail(message))
      t.equal(caFile, join(folder, 'ca.pem'))
    } finally {
      Date.now = real
    }
    t.notMatch(file('ca.pem'), 'PRIVATE', 'what clients are given holds no key')
    return [file('ca.pem'), file('server-key.pem')]
  }
  const [ca, server] = await start()
  for (const name of ['ca-key.pem', 'server-key.pem'])
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  t.notOk('getMetadata' in Reflect, 'what loading the library took is given back')
  t.same(await start(), [ca, server], 'a second start makes nothing')

  const [, named = ''] = await start(Date.now(), '192.0.2.7')
  t.match(certificateIn(named).subjectAltName, '192.0.2.7', 'a certificate that lacks a name is made anew')
  t.same(await start(), [ca, named], 'one that has more does')
  writeFileSync(join(folder, 'ca.pem'), 'something else')
  t.equal((await start())[0], ca, 'what clients trust is put back')

  writeFileSync(join(folder, 'ca-key.pem'), file('ca-key.pem').slice(0, 300))
  const [other = '', fresh = ''] = await start()
  t.not(other, ca, 'a broken authority is made anew')
  t.ok(certificateIn(fresh).verify(new X509Certificate(other).publicKey), 'with a certificate of its own')
  t.same(await start(), [other, fresh], 'and then kept')

  const [same, renewed] = await start(Date.now() + 396.5 * DAY)
  t.equal(same, other)
  t.not(renewed, fresh, 'a certificate that is about to expire is made anew, by the same authority')
  t.not((await start(Date.now() + 3651 * DAY))[0], other, 'the authority lasts until it expires')
})

t.test('several that start at once agree on one authority', async (t) => {
  const folder = keepIn(t.testdir({}))
  const yards = await Promise.all([1, 2, 3].map(() => serveBoth(t, { scenario: 'empty' })))
  const ca = readFileSync(join(folder, 'ca.pem'), 'utf8')
  for (const yard of yards) {
    t.equal(yard.ca, ca)
    t.match((await yard.secure('/_runyard/health')).text, /"ok"/, 'each has a certificate that it signed')
  }
})

t.test('where nothing can be kept, an authority for this run does', async (t) => {
  const folder = t.testdir({ file: '' })
  keepIn(join(folder, 'file'))
  const { runyard, tls, secure } = await serveBoth(t, { scenario: 'empty' })
  const temporary = dirname(tls.caFile ?? '')
  t.match((await secure('/_runyard/health')).text, /"ok"/)
  t.ok(existsSync(temporary))
  await runyard.close()
  t.notOk(existsSync(temporary), 'and is gone with it')
})

t.test('strict checkers take the chain', async (t) => {
  const folder = keepIn(t.testdir({}))
  const { caFile } = await certify(['localhost', '127.0.0.1', '*.conductor.one'], (message) =>
    t.fail(message),
  )
  const authority = new X509Certificate(readFileSync(caFile))
  const server = certificateIn(readFileSync(join(folder, 'server-key.pem'), 'utf8'))
  t.ok(authority.ca)
  t.notOk(server.ca)
  t.ok(server.checkIssued(authority))
  const days = (Date.parse(server.validTo) - Date.parse(server.validFrom)) / DAY
  t.ok(days <= 398, `${days} days: longer ones are refused by some clients`)
  writeFileSync(join(folder, 'leaf.pem'), server.toString())
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.pem', 'leaf.pem']
  try {
    t.match(execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString(), /leaf.pem: OK/)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    t.comment('skipped openssl verify: there is no openssl on this machine')
  }
})

t.test("the user's own certificate", async (t) => {
  const identity = async (): Promise<[cert: string, key: string]> => {
    const folder = keepIn(t.testdir({}))
    await certify(['127.0.0.1'], (message) => t.fail(message))
    const text = readFileSync(join(folder, 'server-key.pem'), 'utf8')
    const at = text.indexOf('-----BEGIN CERTIFICATE')
    return [text.slice(at), text.slice(0, at)]
  }
  const [cert, key] = await identity()
  const [, otherKey] = await identity()
  const folder = t.testdir({ 'cert.pem': cert, 'key.pem': key, 'other.pem': otherKey, 'notes.txt': 'notes' })
  const at = (name: string): string => join(folder, name)

  const { tls, secure } = await serveBoth(t, {
    tls: undefined,
    tlsCert: at('cert.pem'),
    tlsKey: at('key.pem'),
  })
  t.equal(tls.caFile, undefined, 'who signed it is not ours to say')
  await t.rejects(secure('/_runyard/health'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  const socket = tlsConnect({ port: Number(new URL(tls.url).port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  t.equal(socket.getPeerX509Certificate()?.toString(), cert)
  socket.destroy()

  const bad: readonly [cert: string | undefined, key: string | undefined, says: RegExp][] = [
    ['cert.pem', undefined, /--tls-cert and --tls-key go together, and there is no --tls-key/],
    [undefined, 'key.pem', /there is no --tls-cert/],
    ['nope.pem', 'key.pem', /nope\.pem cannot be read: ENOENT/],
    ['cert.pem', '.', /cannot be read: EISDIR/],
    ['notes.txt', 'key.pem', /notes\.txt has no certificate/],
    ['cert.pem', 'notes.txt', /notes\.txt has no private key/],
    ['cert.pem', 'other.pem', /other\.pem is not that of the certificate in .*cert\.pem/],
  ]
  for (const [certName, keyName, says] of bad) {
    const tlsCert = certName === undefined ? undefined : at(certName)
    const tlsKey = keyName === undefined ? undefined : at(keyName)
    const made = createRunyard({ tlsCert, tlsKey, log: 'silent' })
    await t.rejects(made, { name: 'OptionError', message: says }, String(says))
  }
  const off = await serve(t, { tls: false, tlsCert: at('cert.pem'), tlsKey: at('nope') })
  t.equal(off.runyard.tls, undefined, 'off is off')
  t.notOk('tls' in off.sandbox)
})

t.test('a listen() that fails lets go of everything', async (t) => {
  const { tls } = await serveBoth(t, { scenario: 'empty' })
  const taken = Number(new URL(tls.url).port)
  const other = await createRunyard({ port: 0, scenario: 'empty', log: 'silent' })
  const free = Number(new URL(await other.listen()).port)
  await other.close()
  const second = await createRunyard({ port: free, tls: true, tlsPort: taken, clock: NOW, log: 'silent' })
  await t.rejects(second.listen(), { code: 'EADDRINUSE', port: taken }, 'the port of https is taken')
  await t.rejects(once(connect(free, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' }, 'http is closed too')
  await second.close()
  t.pass('closing it once more is no error')
})
