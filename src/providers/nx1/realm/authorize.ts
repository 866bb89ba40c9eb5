import type { ActionContext } from '../../../core/provider.ts'
import { firstValues, repeatedNames } from '../../../core/query.ts'
import type { Reply } from '../../../core/reply.ts'
import { sameSecret } from '../../../core/secrets.ts'
import type { Grant, User, World } from '../world.ts'
import { findClient, type KnownClient } from './clients.ts'
import { keepCode } from './codes.ts'
import { errorPage, loginPage } from './pages.ts'
import { challengeRefusal } from './pkce.ts'
import { allowedRedirect, type ResponseMode, sendBack } from './redirect.ts'
import { grantedScope, SCOPES, scopeNames } from './scopes.ts'
import { freshUuid, issuer } from './tokens.ts'

type Params = ReadonlyMap<string, string>

const RESPONSE_MODES: readonly string[] = ['query', 'fragment', 'form_post']
const RESPONSE_TYPES = ['code', 'token', 'id_token', 'none']

/** What the checks of an authorization request leave to know. */
interface Asked extends KnownClient {
  readonly params: Params
  /** The redirect URI as it was sent (the token endpoint compares that), and as it may stand in a header. */
  readonly redirectUri: string
  readonly redirect: string
  readonly mode: ResponseMode
}

/** `GET …/auth`: the login page, or how the request is refused. */
export async function authorize(context: ActionContext<World, Grant>): Promise<Reply> {
  const search = context.request.search
  const asked = await check(context, firstValues(search), repeatedNames(search))
  return 'status' in asked ? asked : askToLogIn(context, asked)
}

/**
 * `POST …/auth`: the login page's form (which carries the request in its query), or an authorization request sent as
 * a form.
 */
export async function logIn(context: ActionContext<World, Grant>): Promise<Reply> {
  const { request } = context
  const form = firstValues(request.body)
  const search = request.search === '' ? request.body : request.search
  const asked = await check(context, firstValues(search), repeatedNames(search))
  if ('status' in asked) return asked
  if (form.has('cancel')) return sendError(context, asked, 'access_denied')
  const username = form.get('username')
  if (username === undefined) return askToLogIn(context, asked)

  const { users } = context.world(asked.sandbox)
  const user = userOf(users, username, form.get('password') ?? '')
  if (user === undefined) {
    const error = 'Invalid username or password.'
    return loginPage(users, asked.client, formAction(context, asked.params), { error, username })
  }
  return sendCode(context, asked, user)
}

/** The user of that name or e-mail address, if the password is theirs. */
export function userOf(users: readonly User[], name: string, password: string): User | undefined {
  const wanted = name.trim().toLowerCase()
  const user = users.find(({ username, email }) => username === wanted || email === wanted)
  return user && sameSecret(user.password, password) ? user : undefined
}

/** Keycloak's checks in Keycloak's order (AuthorizationEndpoint.process, AuthorizationEndpointChecker). */
async function check(
  context: ActionContext<World, Grant>,
  params: Params,
  repeated: readonly string[],
): Promise<Asked | Reply> {
  const clientId = params.get('client_id')
  if (!clientId) return errorPage('Missing parameters: client_id')
  const known = findClient(context.keys, clientId)
  if (known === undefined) return errorPage('Client not found.')
  const redirectUri = params.get('redirect_uri')
  const redirect = allowedRedirect(redirectUri, context.request)
  if (redirectUri === undefined || redirect === undefined) return errorPage('Invalid parameter: redirect_uri')

  const responseMode = params.get('response_mode')
  const mode = isResponseMode(responseMode) ? responseMode : 'query'
  const asked: Asked = { ...known, params, redirectUri, redirect, mode }
  const refused = refusal(params, repeated)
  return refused ? sendError(context, asked, ...refused) : asked
}

function isResponseMode(mode: string | undefined): mode is ResponseMode {
  return mode !== undefined && RESPONSE_MODES.includes(mode)
}

/** The error and its description that the client is told, or undefined. */
function refusal(params: Params, repeated: readonly string[]): [string, string?] | undefined {
  const invalid = (description: string): [string, string] => ['invalid_request', description]
  const types = params.get('response_type')?.split(' ')
  if (types === undefined) return invalid('Missing parameter: response_type')
  if (!types.every((type) => RESPONSE_TYPES.includes(type))) return ['unsupported_response_type']
  const mode = params.get('response_mode')
  if (mode !== undefined && !isResponseMode(mode)) return invalid('Invalid parameter: response_mode')
  if (types.includes('token') || types.includes('id_token')) {
    return [
      'unauthorized_client',
      'Client is not allowed to initiate browser login with given response_type. Implicit flow is disabled for the client.',
    ]
  }
  if (types.includes('none')) return ['unsupported_response_type']
  if (repeated.length > 0) return invalid('duplicated parameter')
  const scope = params.get('scope')
  if (!scopeNames(scope).every((name) => SCOPES.includes(name)))
    return ['invalid_scope', `Invalid scopes: ${scope}`]
  const badChallenge = challengeRefusal(params.get('code_challenge'), params.get('code_challenge_method'))
  if (badChallenge !== undefined) return invalid(badChallenge)
  // Nobody stays logged in here: the realm sets no cookies.
  return scopeNames(params.get('prompt')).includes('none') ? ['login_required'] : undefined
}

function sendError(
  context: ActionContext<World, Grant>,
  asked: Asked,
  error: string,
  description?: string,
): Reply {
  const state = asked.params.get('state')
  return sendBack(asked.redirect, asked.mode, [
    ['error', error],
    ...(description === undefined ? [] : [['error_description', description] as const]),
    ...(state === undefined ? [] : [['state', state] as const]),
    ['iss', issuer(context.request)],
  ])
}

function askToLogIn(context: ActionContext<World, Grant>, asked: Asked): Reply {
  const username = asked.params.get('login_hint')
  const { users } = context.world(asked.sandbox)
  return loginPage(
    users,
    asked.client,
    formAction(context, asked.params),
    username === undefined ? {} : { username },
  )
}

/** Where the login form goes: here again, with the request that is being answered in its query. */
function formAction({ request }: ActionContext<World, Grant>, params: Params): string {
  const asked = [...params].filter(([name]) => name !== 'username' && name !== 'password')
  return `${issuer(request)}/protocol/openid-connect/auth?${new URLSearchParams(asked)}`
}

async function sendCode(context: ActionContext<World, Grant>, asked: Asked, user: User): Promise<Reply> {
  const { params, client, sandbox } = asked
  const { nonce, wall } = context
  const sessionId = freshUuid(nonce)
  const code = await keepCode(
    context.state(sandbox),
    { id: freshUuid(nonce), sessionId, clientUuid: client.uuid },
    {
      redirectUri: asked.redirectUri,
      clientId: client.clientId,
      username: user.username,
      scope: grantedScope(params.get('scope')),
      nonce: params.get('nonce') ?? null,
      challenge: params.get('code_challenge') ?? null,
      method: params.get('code_challenge_method') ?? null,
      authTime: Math.floor(wall / 1000),
    },
    wall,
  )
  const state = params.get('state')
  return sendBack(asked.redirect, asked.mode, [
    ...(state === undefined ? [] : [['state', state] as const]),
    ['session_state', sessionId],
    ['iss', issuer(context.request)],
    ['code', code],
  ])
}
