import { createHash } from 'node:crypto'
import { compactVerify, createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import type { Caller } from '../src/core/provider.ts'
import { Secrets } from '../src/core/secrets.ts'
import type { State } from '../src/core/state.ts'
import { provider } from '../src/providers/nx1/provider.ts'
import { publicKey } from '../src/providers/nx1/realm/key.ts'
import { type Grant, worldOf } from '../src/providers/nx1/world.ts'
import { type Got, serve, type Yard } from './serve.ts'

const REALM = '/realms/rapid'
const PROTOCOL = `${REALM}/protocol/openid-connect`
const CALLBACK = 'http://localhost:3000/callback'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

type Fields = Record<string, string>

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
  readonly session_state: string
  readonly scope: string
  readonly expires_in: number
}

const clientId = (yard: Yard): string => yard.sandbox.credentials.nx1.oauth.clientId
const service = (yard: Yard): { clientId: string; clientSecret: string } =>
  Object(yard.sandbox.credentials.nx1.oauth).service

const post = <Body>(yard: Yard, path: string, fields: Fields | string, headers: Fields = {}) =>
  yard.send<Body>('POST', path, {
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
  })

const bearer = (token: string): Fields => ({ authorization: `Bearer ${token}` })

/** An authorization request, as its query. */
function asking(yard: Yard, changes: Record<string, string | undefined> = {}): string {
  const params = {
    client_id: clientId(yard),
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    state: 'a b&c',
    nonce: 'n-1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  }
  const entries = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new URLSearchParams(entries).toString()
}

/** What the login form sends for this user, and where it leads. */
async function logIn(yard: Yard, query = asking(yard), username = 'alice'): Promise<URL> {
  const got = await post(yard, `${PROTOCOL}/auth?${query}`, { username, password: username })
  return new URL(got.headers.get('location') ?? 'none:')
}

const exchange = (code: string, changes: Fields = {}): Fields => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: CALLBACK,
  code_verifier: VERIFIER,
  ...changes,
})

async function codeFor(yard: Yard, changes: Record<string, string | undefined> = {}, username = 'alice') {
  return (await logIn(yard, asking(yard, changes), username)).searchParams.get('code') ?? ''
}

async function tokensOf(yard: Yard, username = 'alice', changes: Record<string, string | undefined> = {}) {
  const code = await codeFor(yard, changes, username)
  return (await post<Tokens>(yard, `${PROTOCOL}/token`, { ...exchange(code), client_id: clientId(yard) }))
    .json
}

async function direct(yard: Yard, username: string, scope = 'openid'): Promise<Tokens> {
  const fields = { grant_type: 'password', client_id: clientId(yard), username, password: username, scope }
  return (await post<Tokens>(yard, `${PROTOCOL}/token`, fields)).json
}

const refused = ({ status, json }: Got<unknown>) => {
  const { error, error_description } = Object(json)
  return [status, error, error_description]
}

t.test('the authorization code flow, by what discovery says (fidelity/nx1.md §A5)', async (t) => {
  const yard = await serve(t)
  const issuer = `${yard.url}${REALM}`
  t.equal(yard.sandbox.credentials.nx1.oauth.issuer, issuer)
  const { json: metadata } = await yard.get<Record<string, string>>(
    `${REALM}/.well-known/openid-configuration`,
  )
  t.match(metadata, {
    issuer,
    authorization_endpoint: `${yard.url}${PROTOCOL}/auth`,
    token_endpoint: `${yard.url}${PROTOCOL}/token`,
    userinfo_endpoint: `${yard.url}${PROTOCOL}/userinfo`,
    end_session_endpoint: `${yard.url}${PROTOCOL}/logout`,
    jwks_uri: `${yard.url}${PROTOCOL}/certs`,
    code_challenge_methods_supported: ['plain', 'S256'],
  })

  const page = await yard.get(`${PROTOCOL}/auth?${asking(yard)}`)
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), /^text\/html;\s*charset=utf-8$/)
  for (const { username } of yard.sandbox.credentials.nx1.oauth.users) {
    t.match(page.text, `name="username" value="${username}"`, `${username} is one click away`)
  }
  const action = new URL((/action="([^"]+)"/.exec(page.text)?.[1] ?? '').replaceAll('&amp;', '&'))
  const back = await post(yard, action.pathname + action.search, { username: 'alice', password: 'alice' })
  t.equal(back.status, 302)
  const location = new URL(back.headers.get('location') ?? 'none:')
  t.equal(location.origin + location.pathname, CALLBACK)
  t.same([...location.searchParams.keys()], ['state', 'session_state', 'iss', 'code'], 'in Keycloak’s order')
  t.equal(location.searchParams.get('state'), 'a b&c', 'the state as it was')
  t.equal(location.searchParams.get('iss'), issuer)
  const code = location.searchParams.get('code') ?? ''
  t.match(code, new RegExp(`^${UUID}\\.${location.searchParams.get('session_state')}\\.${UUID}$`))

  const got = await post<Tokens>(yard, `${PROTOCOL}/token`, { ...exchange(code), client_id: clientId(yard) })
  t.equal(got.status, 200)
  t.same(Object.keys(got.json), [
    'access_token',
    'expires_in',
    'refresh_expires_in',
    'refresh_token',
    'token_type',
    'id_token',
    'not-before-policy',
    'session_state',
    'scope',
  ])
  t.match(got.json, {
    expires_in: 300,
    refresh_expires_in: 1800,
    token_type: 'Bearer',
    scope: 'email openid profile',
  })
  t.equal(got.headers.get('cache-control'), 'no-store')
  t.equal(got.headers.get('pragma'), 'no-cache')

  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri ?? ''))
  const access = await jwtVerify(got.json.access_token, keys, { issuer, audience: 'account' })
  const header = decodeProtectedHeader(got.json.access_token)
  t.same(Object.keys(header), ['alg', 'typ', 'kid'])
  t.match(header, { alg: 'RS256', typ: 'JWT', kid: /^.{43}$/ })
  t.match(access.payload, {
    typ: 'Bearer',
    azp: clientId(yard),
    sid: got.json.session_state,
    acr: '1',
    realm_access: { roles: ['default-roles-rapid', 'offline_access', 'uma_authorization'] },
    resource_access: { account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] } },
    scope: 'email openid profile',
    email_verified: true,
    preferred_username: 'alice',
    given_name: 'Alice',
    email: 'alice@rapid.example',
    sub: new RegExp(`^${UUID}$`),
  })
  t.equal((access.payload.exp ?? 0) - (access.payload.iat ?? 0), 300)
  const id = await jwtVerify(got.json.id_token, keys, { issuer, audience: clientId(yard) })
  t.match(id.payload, { typ: 'ID', nonce: 'n-1', sub: access.payload.sub, preferred_username: 'alice' })

  const runs = await yard.get<{ owner_id: string }[]>('/api/crew-runs', bearer(got.json.access_token))
  t.equal(runs.status, 200)
  t.same([...new Set(runs.json.map((run) => run.owner_id))], ['alice'], 'the token opens alice’s runs')

  const info = await yard.get(`${PROTOCOL}/userinfo`, bearer(got.json.access_token))
  t.same(info.json, {
    sub: access.payload.sub,
    email_verified: true,
    name: 'Alice Okafor',
    preferred_username: 'alice',
    given_name: 'Alice',
    family_name: 'Okafor',
    email: 'alice@rapid.example',
  })
  t.same((await post(yard, `${PROTOCOL}/userinfo`, { access_token: got.json.access_token })).json, info.json)
})

t.test('ways to come and go', async (t) => {
  const yard = await serve(t)
  await t.test('the key set carries Keycloak’s members', async (t) => {
    const { json } = await yard.get<{ keys: Record<string, unknown>[] }>(`${PROTOCOL}/certs`)
    t.same(Object.keys(json.keys[0] ?? {}), ['kid', 'kty', 'alg', 'use', 'x5c', 'x5t', 'x5t#S256', 'n', 'e'])
    const { access_token } = await direct(yard, 'bob')
    await t.resolves(compactVerify(access_token, createLocalJWKSet({ keys: json.keys as [] })))
  })
  await t.test('PKCE', async (t) => {
    const cases: readonly [
      name: string,
      asked: Record<string, string | undefined>,
      verifier: Fields,
      refusal?: string,
    ][] = [
      ['S256', {}, {}],
      ['plain', { code_challenge: VERIFIER, code_challenge_method: 'plain' }, {}],
      ['plain when no method is named', { code_challenge: VERIFIER, code_challenge_method: undefined }, {}],
      [
        'none',
        { code_challenge: undefined, code_challenge_method: undefined },
        { code_verifier: '' },
        'specified but',
      ],
      ['no verifier', {}, { code_verifier: '-' }, 'Invalid code verifier'],
      ['another verifier', {}, { code_verifier: `${VERIFIER}x` }, 'Code mismatch'],
      ['a challenge sent as verifier', {}, { code_verifier: CHALLENGE }, 'Code mismatch'],
    ]
    for (const [name, asked, verifier, refusal] of cases) {
      const code = await codeFor(yard, asked)
      const got = await post(yard, `${PROTOCOL}/token`, {
        ...exchange(code, verifier),
        client_id: clientId(yard),
      })
      if (refusal === undefined) t.equal(got.status, 200, name)
      else t.match(Object(got.json).error_description, refusal, name)
    }
    const code = await codeFor(yard, { code_challenge: undefined, code_challenge_method: undefined })
    const { code_verifier: _, ...bare } = exchange(code)
    t.equal(
      (await post(yard, `${PROTOCOL}/token`, { ...bare, client_id: clientId(yard) })).status,
      200,
      'not forced',
    )
  })
  await t.test('an ID token only with the scope openid', async (t) => {
    const tokens = await tokensOf(yard, 'alice', { scope: undefined })
    t.notOk('id_token' in tokens)
    t.equal(tokens.scope, 'email profile')
  })
  await t.test('response modes', async (t) => {
    const fragment = await logIn(yard, asking(yard, { response_mode: 'fragment' }))
    t.match(fragment.hash, /^#state=a\+b%26c&session_state=.*&iss=.*&code=/)
    t.equal(fragment.search, '')
    const form = await post(yard, `${PROTOCOL}/auth?${asking(yard, { response_mode: 'form_post' })}`, {
      username: 'alice',
      password: 'alice',
    })
    t.equal(form.status, 200)
    t.match(form.text, `action="${CALLBACK}"`)
    t.match(form.text, /name="code" value="[^"]+"/)
    const query = await logIn(yard, asking(yard, { redirect_uri: `${CALLBACK}?a=1` }))
    t.match(query.search, /^\?a=1&state=/, 'the redirect URI’s own query stays')
  })
  await t.test('a password, an e-mail address and a service account', async (t) => {
    t.match(await direct(yard, 'admin'), { token_type: 'Bearer', id_token: String, session_state: String })
    const byMail = { username: 'Bob@rapid.example', password: 'bob' }
    const mail = await post(yard, `${PROTOCOL}/auth?${asking(yard)}`, byMail)
    t.equal(mail.status, 302)
    const { clientId: id, clientSecret } = service(yard)
    const basic = { authorization: `Basic ${Buffer.from(`${id}:${clientSecret}`).toString('base64')}` }
    const account = await post<Tokens>(
      yard,
      `${PROTOCOL}/token`,
      { grant_type: 'client_credentials', scope: 'profile openid' },
      basic,
    )
    t.same(
      [account.status, Object.keys(account.json)],
      [200, ['access_token', 'expires_in', 'refresh_expires_in', 'token_type', 'not-before-policy', 'scope']],
    )
    t.match(account.json, { expires_in: 600, refresh_expires_in: 0, scope: 'email openid profile' })
    const runs = await yard.get('/api/crew-runs', bearer(account.json.access_token))
    t.same([runs.status, runs.json], [200, []], 'which has started no runs')
  })
  await t.test('admins come with the role', async (t) => {
    const { access_token } = await tokensOf(yard, 'admin')
    const runs = await yard.get<{ owner_id: string }[]>('/api/crew-runs', bearer(access_token))
    t.equal(new Set(runs.json.map((run) => run.owner_id)).size, 4)
  })
  await t.test('a refresh token can be used again', async (t) => {
    const first = await tokensOf(yard)
    const fields = {
      grant_type: 'refresh_token',
      client_id: clientId(yard),
      refresh_token: first.refresh_token,
    }
    for (const time of ['once', 'twice']) {
      const got = await post<Tokens>(yard, `${PROTOCOL}/token`, fields)
      t.equal(got.status, 200, time)
      t.equal(got.json.session_state, first.session_state, 'the session goes on')
      t.not(got.json.access_token, first.access_token, 'with a new token')
      const { payload } = await jwtVerify(got.json.id_token, publicKey)
      t.equal(payload.nonce, 'n-1')
      t.equal((await yard.get('/api/crew-runs?limit=1', bearer(got.json.access_token))).status, 200)
    }
  })
  await t.test('an offline token does not expire', async (t) => {
    const tokens = await direct(yard, 'bob', 'openid offline_access')
    t.match(tokens, { refresh_expires_in: 0, scope: 'email openid offline_access profile' })
    const { payload } = await jwtVerify(tokens.refresh_token, publicKey)
    t.match(payload, { typ: 'Offline' })
    t.notOk('exp' in payload)
  })
  await t.test('a token is good under every name of the server', async (t) => {
    const port = new URL(yard.url).port
    const fields = { grant_type: 'password', client_id: clientId(yard), username: 'bob', password: 'bob' }
    const there = await fetch(`http://localhost:${port}/nx1${PROTOCOL}/token`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    }).catch(() => undefined)
    const tokens = there ? ((await there.json()) as Tokens) : await direct(yard, 'bob')
    if (there) {
      const { payload } = await jwtVerify(tokens.access_token, publicKey)
      t.equal(
        payload.iss,
        `http://localhost:${port}/nx1${REALM}`,
        'the issuer is the realm as it was reached',
      )
    }
    t.equal((await yard.get('/api/crew-runs', bearer(tokens.access_token))).status, 200)
  })
  await t.test('CORS', async (t) => {
    const origin = 'http://localhost:3000'
    const preflight = await yard.send('OPTIONS', `${PROTOCOL}/token`, { headers: { origin } })
    t.equal(preflight.status, 200)
    t.equal(preflight.headers.get('access-control-allow-origin'), origin)
    t.match(preflight.headers.get('access-control-allow-methods'), 'POST')
    const token = await post(yard, `${PROTOCOL}/token`, {}, { origin })
    t.equal(token.headers.get('access-control-allow-origin'), origin, 'on refusals too')
    const page = await yard.get(`${PROTOCOL}/auth?${asking(yard)}`, { origin })
    t.equal(page.headers.get('access-control-allow-origin'), null, 'but not on the login page')
  })
})

t.test('what the authorization endpoint refuses, in order', async (t) => {
  const yard = await serve(t)
  const pages: readonly [name: string, changes: Record<string, string | undefined>, message: string][] = [
    ['no client', { client_id: undefined, redirect_uri: undefined }, 'Missing parameters: client_id'],
    ['an unknown client', { client_id: 'x', redirect_uri: undefined }, 'Client not found.'],
    ['a key for a client', { client_id: yard.sandbox.credentials.nx1.psk.admin }, 'Client not found.'],
    [
      'no redirect URI',
      { redirect_uri: undefined, response_type: undefined },
      'Invalid parameter: redirect_uri',
    ],
    ['a relative redirect URI', { redirect_uri: '/callback' }, 'Invalid parameter: redirect_uri'],
    ['a script', { redirect_uri: 'javascript:alert(1)' }, 'Invalid parameter: redirect_uri'],
    ['another site', { redirect_uri: 'https://evil.example/cb' }, 'Invalid parameter: redirect_uri'],
    [
      'another site behind a name',
      { redirect_uri: 'http://localhost@evil.example/' },
      'Invalid parameter: redirect_uri',
    ],
    [
      'a site that only ends like ours',
      { redirect_uri: 'https://evilnx1cloud.com/' },
      'Invalid parameter: redirect_uri',
    ],
    ['a far IPv6 address', { redirect_uri: 'http://[2001:db8::1]/' }, 'Invalid parameter: redirect_uri'],
    ['a fragment', { redirect_uri: `${CALLBACK}#x` }, 'Invalid parameter: redirect_uri'],
  ]
  for (const [name, changes, message] of pages) {
    for (const [how, got] of [
      ['GET', await yard.get(`${PROTOCOL}/auth?${asking(yard, changes)}`)],
      [
        'the form',
        await post(yard, `${PROTOCOL}/auth?${asking(yard, changes)}`, { username: 'bob', password: 'bob' }),
      ],
    ] as const) {
      t.equal(got.status, 400, `${name} by ${how}`)
      t.match(got.headers.get('content-type'), 'text/html', name)
      t.match(got.text, message, name)
      t.equal(got.headers.get('location'), null, 'nobody is sent anywhere')
    }
  }

  const implicit =
    'Client is not allowed to initiate browser login with given response_type. Implicit flow is disabled for the client.'
  const redirects: readonly [
    name: string,
    changes: Record<string, string | undefined>,
    error: string,
    description?: string,
  ][] = [
    [
      'no response type',
      { response_type: undefined, scope: 'x' },
      'invalid_request',
      'Missing parameter: response_type',
    ],
    ['an unknown one', { response_type: 'codex' }, 'unsupported_response_type'],
    ['the implicit flow', { response_type: 'id_token token' }, 'unauthorized_client', implicit],
    ['an unknown mode', { response_mode: 'carrier' }, 'invalid_request', 'Invalid parameter: response_mode'],
    [
      'an unknown scope',
      { scope: 'openid x', code_challenge: 'x' },
      'invalid_scope',
      'Invalid scopes: openid x',
    ],
    [
      'a method without a challenge',
      { code_challenge: undefined },
      'invalid_request',
      'Missing parameter: code_challenge',
    ],
    [
      'an unknown method',
      { code_challenge_method: 'S512', code_challenge: 'x' },
      'invalid_request',
      'Invalid parameter: code_challenge_method',
    ],
    [
      'a short challenge',
      { code_challenge: 'x'.repeat(42) },
      'invalid_request',
      'Invalid parameter: code_challenge',
    ],
    [
      'a long challenge',
      { code_challenge: 'x'.repeat(129) },
      'invalid_request',
      'Invalid parameter: code_challenge',
    ],
    [
      'a strange challenge',
      { code_challenge: `${'x'.repeat(43)}=` },
      'invalid_request',
      'Invalid parameter: code_challenge',
    ],
    ['no question allowed', { prompt: 'none' }, 'login_required'],
  ]
  for (const [name, changes, error, description] of redirects) {
    const got = await yard.get(`${PROTOCOL}/auth?${asking(yard, changes)}`)
    t.equal(got.status, 302, name)
    const params = new URL(got.headers.get('location') ?? 'none:').searchParams
    t.same(
      [...params],
      [
        ['error', error],
        ...(description ? [['error_description', description]] : []),
        ['state', 'a b&c'],
        ['iss', `${yard.url}${REALM}`],
      ],
      `${name} → ${error}`,
    )
  }
  const twice = await yard.get(`${PROTOCOL}/auth?${asking(yard)}&state=2`)
  t.match(twice.headers.get('location'), 'error=invalid_request&error_description=duplicated+parameter')

  const wrong = await post(yard, `${PROTOCOL}/auth?${asking(yard)}`, { username: '"><b>', password: 'x' })
  t.equal(wrong.status, 200)
  t.match(wrong.text, 'Invalid username or password.')
  t.match(wrong.text, '&quot;&gt;&lt;b&gt;', 'what was typed is shown, harmless')
  t.notMatch(wrong.text, '"><b>')
  const cancelled = await post(yard, `${PROTOCOL}/auth?${asking(yard)}`, { cancel: 'true' })
  t.match(cancelled.headers.get('location'), `${CALLBACK}?error=access_denied&state=`)
  const byForm = await post(yard, `${PROTOCOL}/auth`, asking(yard))
  t.match([byForm.status, byForm.text], [200, 'Sign in to rapid'], 'a request may come as a form')
  const evil = await yard.get(`${PROTOCOL}/auth?${asking(yard, { state: '"><script>' })}&x="><script>`)
  t.notMatch(evil.text, '"><script>', 'the request comes back escaped')
  const split = await yard.get(
    `${PROTOCOL}/auth?${asking(yard, { redirect_uri: 'http://localhost/\r\nx: y', prompt: 'none' })}`,
  )
  t.match(
    [split.status, split.headers.get('location')],
    [302, 'http://localhost/x:%20y?error='],
    'no header is split',
  )
})

t.test('where a client may be sent back to', async (t) => {
  const yard = await serve(t)
  for (const uri of [
    'http://localhost/cb',
    'https://127.0.0.1:8443/cb',
    'http://127.9.9.9/cb',
    'http://[::1]:9000/cb',
    'http://portal:3000/cb',
    'http://app.localhost:5173/',
    'http://host.docker.internal/cb',
    'https://portal.rapid.nx1cloud.com/cb?x=1',
    `${yard.url}/docs/oauth2-redirect.html`,
  ]) {
    const back = await logIn(yard, asking(yard, { redirect_uri: uri }))
    t.ok(back.href.startsWith(uri), uri)
    const code = back.searchParams.get('code') ?? ''
    const fields = { ...exchange(code, { redirect_uri: uri }), client_id: clientId(yard) }
    t.equal((await post(yard, `${PROTOCOL}/token`, fields)).status, 200, 'and its code can be exchanged')
  }
})

t.test('what the token endpoint refuses, in order (fidelity/nx1.md §A5)', async (t) => {
  const yard = await serve(t)
  const id = clientId(yard)
  const { clientId: serviceId, clientSecret } = service(yard)
  const { refresh_token, access_token, id_token } = await direct(yard, 'alice')
  const fresh = () => codeFor(yard)
  const unchallenged = () => codeFor(yard, { code_challenge: undefined, code_challenge_method: undefined })
  const { code_verifier: _verifier, ...unverified } = exchange(await fresh())
  const invalid = 'Invalid client or Invalid client credentials'
  const grant = { grant_type: 'authorization_code' }

  const cases: readonly [name: string, fields: Fields | string, ...refusal: (string | number)[]][] = [
    ['nothing', {}, 400, 'invalid_request', 'Missing form parameter: grant_type'],
    ['JSON', '{"grant_type":"password"}', 400, 'invalid_request', 'Missing form parameter: grant_type'],
    ['an unknown grant', { grant_type: 'x' }, 400, 'unsupported_grant_type', 'Unsupported grant_type'],
    [
      'a grant of the prototype',
      { grant_type: 'constructor' },
      400,
      'unsupported_grant_type',
      'Unsupported grant_type',
    ],
    ['no client', grant, 400, 'invalid_client', 'Missing client_id parameter'],
    ['an unknown client', { ...grant, client_id: 'x' }, 401, 'invalid_client', invalid],
    ['no secret', { ...grant, client_id: serviceId }, 401, 'unauthorized_client', invalid],
    [
      'a wrong secret',
      { ...grant, client_id: serviceId, client_secret: 'x' },
      401,
      'unauthorized_client',
      invalid,
    ],
    [
      'a field twice, from an unknown client',
      'grant_type=authorization_code&client_id=x&code=1&code=2',
      401,
      'invalid_client',
      invalid,
    ],
    [
      'a field twice',
      `grant_type=authorization_code&client_id=${id}&code=1&code=2`,
      400,
      'invalid_request',
      'duplicated parameter',
    ],
    ['no code', { ...grant, client_id: id }, 400, 'invalid_request', 'Missing parameter: code'],
    ['a code that is none', { ...exchange('x'), client_id: id }, 400, 'invalid_grant', 'Code not valid'],
    [
      'a code nobody gave',
      { ...exchange(`${id}.b.c`, { redirect_uri: 'x' }), client_id: id },
      400,
      'invalid_grant',
      'Code not valid',
    ],
    [
      'another redirect URI',
      { ...exchange(await fresh(), { redirect_uri: `${CALLBACK}/`, code_verifier: 'x' }), client_id: id },
      400,
      'invalid_grant',
      'Incorrect redirect_uri',
    ],
    [
      'another client',
      {
        ...exchange(await fresh(), { code_verifier: 'x' }),
        client_id: serviceId,
        client_secret: clientSecret,
      },
      400,
      'invalid_grant',
      'Auth error: Found different client_id in clientSession',
    ],
    [
      'no verifier',
      { ...unverified, client_id: id },
      400,
      'invalid_grant',
      'PKCE code verifier not specified',
    ],
    [
      'a verifier for no challenge',
      { ...exchange(await unchallenged()), client_id: id },
      400,
      'invalid_grant',
      'PKCE code verifier specified but challenge not present in authorization',
    ],
    [
      'a short verifier',
      { ...exchange(await fresh(), { code_verifier: 'x' }), client_id: id },
      400,
      'invalid_grant',
      'PKCE verification failed: Invalid code verifier',
    ],
    [
      'a wrong verifier',
      { ...exchange(await fresh(), { code_verifier: 'x'.repeat(43) }), client_id: id },
      400,
      'invalid_grant',
      'PKCE verification failed: Code mismatch',
    ],
    [
      'no refresh token',
      { grant_type: 'refresh_token', client_id: id },
      400,
      'invalid_request',
      'No refresh token',
    ],
    [
      'an access token for a refresh token',
      { grant_type: 'refresh_token', client_id: id, refresh_token: access_token },
      400,
      'invalid_grant',
      'Invalid refresh token',
    ],
    [
      'an ID token for a refresh token',
      { grant_type: 'refresh_token', client_id: id, refresh_token: id_token },
      400,
      'invalid_grant',
      'Invalid refresh token',
    ],
    [
      'a refresh token of another client',
      { grant_type: 'refresh_token', client_id: serviceId, client_secret: clientSecret, refresh_token },
      400,
      'invalid_grant',
      "Invalid refresh token. Token client and authorized client don't match",
    ],
    [
      'no username',
      { grant_type: 'password', client_id: id },
      401,
      'invalid_request',
      'Missing parameter: username',
    ],
    [
      'a wrong password',
      { grant_type: 'password', client_id: id, username: 'alice', password: 'x' },
      401,
      'invalid_grant',
      'Invalid user credentials',
    ],
    [
      'an unknown scope',
      { grant_type: 'password', client_id: id, username: 'alice', password: 'alice', scope: 'x' },
      400,
      'invalid_scope',
      'Invalid scopes: x',
    ],
    [
      'a public client’s service account',
      { grant_type: 'client_credentials', client_id: id },
      401,
      'unauthorized_client',
      'Public client not allowed to retrieve service account',
    ],
  ]
  for (const [name, fields, ...refusal] of cases) {
    const got = await post(yard, `${PROTOCOL}/token`, fields)
    t.same(refused(got), refusal, name)
    t.same(Object.keys(Object(got.json)), ['error', 'error_description'], name)
    t.same([got.headers.get('cache-control'), got.headers.get('pragma')], ['no-store', 'no-cache'], name)
  }
})

t.test('a code works once, and coming twice ends its session', async (t) => {
  const yard = await serve(t)
  const code = await codeFor(yard)
  const fields = { ...exchange(code), client_id: clientId(yard) }
  const { json: tokens } = await post<Tokens>(yard, `${PROTOCOL}/token`, fields)
  const other = await tokensOf(yard, 'alice')
  t.equal((await yard.get('/api/crew-runs', bearer(tokens.access_token))).status, 200)

  t.same(refused(await post(yard, `${PROTOCOL}/token`, fields)), [400, 'invalid_grant', 'Code not valid'])
  await dead(t, yard, tokens)
  t.equal(
    (await yard.get('/api/crew-runs', bearer(other.access_token))).status,
    200,
    'alice’s other session lives',
  )

  const once = await codeFor(yard)
  const raced = await Promise.all(
    Array.from({ length: 5 }, () =>
      post<Tokens>(yard, `${PROTOCOL}/token`, { ...exchange(once), client_id: clientId(yard) }),
    ),
  )
  t.same(raced.map((got) => got.status).sort(), [200, 400, 400, 400, 400], 'of five at once, one gets tokens')
})

/** Every door that a session's tokens open is shut. */
async function dead(t: Test, yard: Yard, tokens: Tokens): Promise<void> {
  const refresh = {
    grant_type: 'refresh_token',
    client_id: clientId(yard),
    refresh_token: tokens.refresh_token,
  }
  t.same(
    refused(await post(yard, `${PROTOCOL}/token`, refresh)),
    [400, 'invalid_grant', 'Session not active'],
    'the refresh token is dead',
  )
  const api = await yard.get('/api/crew-runs', bearer(tokens.access_token))
  t.same(
    [api.status, api.text],
    [401, '{"detail":"Invalid authentication credentials"}'],
    'the access token is dead',
  )
  const info = await yard.get(`${PROTOCOL}/userinfo`, bearer(tokens.access_token))
  t.same(
    refused(info),
    [401, 'invalid_token', "User session not found or doesn't have client attached on it"],
    'for userinfo too',
  )
  const { clientId: id, clientSecret } = service(yard)
  const looked = await post(yard, `${PROTOCOL}/token/introspect`, {
    client_id: id,
    client_secret: clientSecret,
    token: tokens.access_token,
  })
  t.same(looked.json, { active: false }, 'and introspection says so')
}

t.test('logging out', async (t) => {
  const yard = await serve(t)
  const id = clientId(yard)
  await t.test('by the client, with its refresh token', async (t) => {
    const tokens = await tokensOf(yard)
    const got = await post(yard, `${PROTOCOL}/logout`, { client_id: id, refresh_token: tokens.refresh_token })
    t.same([got.status, got.text], [204, ''])
    await dead(t, yard, tokens)
  })
  await t.test('by the browser, with a hint', async (t) => {
    const tokens = await tokensOf(yard, 'bob')
    const query = new URLSearchParams({
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: 'http://localhost:3000/bye?x=1',
      state: 's&s',
    })
    const got = await yard.get(`${PROTOCOL}/logout?${query}`)
    t.same([got.status, got.headers.get('location')], [302, 'http://localhost:3000/bye?x=1&state=s%26s'])
    await dead(t, yard, tokens)
  })
  const after = 'http://localhost:3000/'
  const { id_token, access_token, refresh_token } = await tokensOf(yard)
  const browser: readonly [name: string, params: Fields, status: number, says: string][] = [
    ['nothing', {}, 200, 'You are logged out'],
    ['a redirect from nobody', { post_logout_redirect_uri: after }, 400, 'Missing parameters: id_token_hint'],
    ['a redirect of a client', { post_logout_redirect_uri: after, client_id: id }, 302, ''],
    ['an unknown client', { post_logout_redirect_uri: after, client_id: 'x' }, 400, 'Client not found.'],
    ['an access token for a hint', { id_token_hint: access_token }, 400, 'Invalid parameter: id_token_hint'],
    [
      'a hint of another client',
      { id_token_hint: id_token, client_id: 'x' },
      400,
      'Invalid parameter: client_id',
    ],
    [
      'another site',
      { id_token_hint: id_token, post_logout_redirect_uri: 'https://evil.example/' },
      400,
      'Invalid redirect uri',
    ],
  ]
  for (const [name, params, status, says] of browser) {
    for (const got of [
      await yard.get(`${PROTOCOL}/logout?${new URLSearchParams(params)}`),
      await post(yard, `${PROTOCOL}/logout`, params),
    ]) {
      t.equal(got.status, status, name)
      t.match(got.text, says, name)
    }
  }
  t.equal(
    (await yard.get('/api/crew-runs', bearer(access_token))).status,
    200,
    'what was refused ended nothing',
  )
  const client: readonly [name: string, fields: Fields, ...refusal: (string | number)[]][] = [
    ['no client', { refresh_token }, 400, 'invalid_client', 'Missing client_id parameter'],
    [
      'no refresh token',
      { client_id: id, refresh_token: 'x' },
      400,
      'invalid_grant',
      'Invalid refresh token',
    ],
  ]
  for (const [name, fields, ...refusal] of client) {
    t.same(refused(await post(yard, `${PROTOCOL}/logout`, fields)), refusal, name)
  }
})

t.test('userinfo and introspection', async (t) => {
  const yard = await serve(t)
  const { access_token, refresh_token } = await direct(yard, 'alice')
  const plain = await direct(yard, 'alice', 'profile')
  const info: readonly [name: string, headers: Fields, ...refusal: (string | number)[]][] = [
    ['no token', {}, 401, 'invalid_request', 'Token not provided'],
    ['no such token', bearer('x'), 401, 'invalid_token', 'Token verification failed'],
    ['a refresh token', bearer(refresh_token), 401, 'invalid_token', 'Token verification failed'],
    ['no scope openid', bearer(plain.access_token), 403, 'insufficient_scope', 'Missing openid scope'],
  ]
  for (const [name, headers, ...refusal] of info) {
    const got = await yard.get(`${PROTOCOL}/userinfo`, headers)
    t.same(refused(got), refusal, name)
    t.match(got.headers.get('www-authenticate'), `Bearer realm="rapid", error="${refusal[1]}"`, name)
  }

  const { clientId: id, clientSecret } = service(yard)
  const asService = { client_id: id, client_secret: clientSecret }
  const looks: readonly [name: string, fields: Fields, status: number, body: object][] = [
    [
      'a good token',
      { ...asService, token: access_token },
      200,
      { active: true, username: 'alice', client_id: clientId(yard) },
    ],
    ['a bad token', { ...asService, token: 'x' }, 200, { active: false }],
    ['no token', asService, 400, { error: 'invalid_request', error_description: 'Token not provided.' }],
    [
      'a public client',
      { client_id: clientId(yard), token: access_token },
      403,
      { error: 'invalid_request', error_description: 'Client not allowed.' },
    ],
    [
      'a wrong secret',
      { client_id: id, client_secret: 'x', token: 'x' },
      401,
      { error: 'unauthorized_client' },
    ],
  ]
  for (const [name, fields, status, body] of looks) {
    const got = await post(yard, `${PROTOCOL}/token/introspect`, fields)
    t.equal(got.status, status, name)
    t.match(got.json, body, name)
  }
})

t.test('what is not there', async (t) => {
  const yard = await serve(t)
  const none = 'HTTP 404 Not Found'
  const cases: readonly [method: string, path: string, error: string][] = [
    ['GET', '/realms/other/.well-known/openid-configuration', 'Realm does not exist'],
    ['POST', '/realms/other/protocol/openid-connect/token', 'Realm does not exist'],
    ['GET', '/realms/RAPID/protocol/openid-connect/certs', 'Realm does not exist'],
    ['PUT', '/realms/other/protocol/openid-connect/certs', 'Realm does not exist'],
    ['GET', '/realms/other/x/y', 'Realm does not exist'],
    ['GET', '/realms/rapid/nothing', none],
    ['GET', '/realms/rapid/protocol', none],
    ['GET', '/realms/rapid/protocol/openid-connect/nothing', none],
    ['GET', '/realms/rapid/protocol/carrier/auth', 'Protocol not found'],
    ['GET', `${PROTOCOL}/token`, none],
    ['POST', `${PROTOCOL}/certs`, none],
    ['DELETE', `${PROTOCOL}/userinfo`, none],
    ['GET', '/realms/', 'Unable to find matching target resource method'],
  ]
  const slash = await post(yard, `${PROTOCOL}/token/`, {})
  t.same(
    [slash.status, slash.headers.get('location')],
    [307, `${yard.url}${PROTOCOL}/token`],
    'one slash too many',
  )
  for (const [method, path, error] of cases) {
    const got = await yard.send(method, path)
    t.same([got.status, got.text], [404, JSON.stringify({ error })], `${method} ${path}`)
    t.equal(got.headers.get('content-type'), 'application/json')
  }
})

t.test('time runs out, on the wall clock', async (t) => {
  const secrets = new Secrets('test', true)
  const world = worldOf(secrets)
  const { grants } = provider.credentials(world, secrets)
  const [portal] = world.clients
  const kept = new Map<string, Parameters<State['put']>[2]>()
  const state: State = {
    put: async (kind, key, value) => void kept.set(`${kind} ${key}`, value),
    get: async (kind, key) => kept.get(`${kind} ${key}`),
    take: async (kind, key) => {
      const value = kept.get(`${kind} ${key}`)
      kept.delete(`${kind} ${key}`)
      return value
    },
  }
  const keys = {
    find: (name: string): Caller<Grant> | undefined => {
      const grant = grants.get(name)
      return grant && { sandbox: 's', name, grant }
    },
  }
  let drawn = 0
  const ask = async (operationId: string, wall: number, search: string, body: Fields) => {
    const operation = provider.operations[operationId]
    if (operation?.kind !== 'action') throw new Error(operationId)
    const request = {
      method: 'POST',
      path: '',
      params: { realm: 'rapid' },
      search,
      header: () => undefined,
      body: new URLSearchParams({ client_id: portal?.clientId ?? '', ...body }).toString(),
      scheme: 'http',
      host: 'localhost',
      mount: '',
      fidelity: 'spec',
    } as const
    const nonce = (bytes: number) => (++drawn).toString(16).padStart(bytes * 2, '0')
    try {
      return await operation.answer({ request, keys, wall, nonce, state: () => state, world: () => world })
    } catch (error) {
      return Object(error).reply
    }
  }
  const start = 1_780_000_000_000
  const query = new URLSearchParams({
    client_id: portal?.clientId ?? '',
    redirect_uri: CALLBACK,
    response_type: 'code',
  })
  const codeAt = async (wall: number) => {
    const { headers } = await ask('realm_login', wall, query.toString(), {
      username: 'alice',
      password: 'alice',
    })
    return new URL(headers.location).searchParams.get('code') ?? ''
  }
  const swap = async (wall: number, code: string) => {
    const fields = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }
    return (await ask('realm_token', wall, '', fields)).body
  }
  t.match(await swap(start + 60_001, await codeAt(start)), {
    error: 'invalid_grant',
    error_description: 'Code is expired',
  })
  const { refresh_token, access_token } = await swap(start + 60_000, await codeAt(start))
  t.ok(access_token, 'a code is good for a minute')

  const refresh = async (wall: number, token: string) =>
    (await ask('realm_token', wall, '', { grant_type: 'refresh_token', refresh_token: token })).body
  t.match(
    await refresh(start + 1_859_999, refresh_token),
    { access_token: String },
    'a refresh token for half an hour',
  )
  t.match(await refresh(start + 1_860_000, refresh_token), { error_description: 'Token is not active' })
  let latest = refresh_token
  for (let at = start; at < start + 36_000_000; at += 1_500_000)
    latest = (await refresh(at, latest)).refresh_token
  t.match(
    await refresh(start + 36_000_000, latest),
    { error_description: 'Token is not active' },
    'a session for ten hours',
  )

  const scheme = provider.security.OAuth2AuthorizationCodeBearer
  const request = {
    ...Object(null),
    header: (name: string) => (name === 'authorization' ? `Bearer ${access_token}` : undefined),
  }
  const opens = async (wall: number) =>
    (await scheme?.authenticate(request, keys, wall, () => state)) !== undefined
  t.same(
    [await opens(start + 359_999), await opens(start + 360_000)],
    [true, false],
    'an access token for five minutes',
  )
})
