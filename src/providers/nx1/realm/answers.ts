import type { ActionContext } from '../../../core/provider.ts'
import type { Reply } from '../../../core/reply.ts'
import type { Grant, World } from '../world.ts'
import { authorize, logIn } from './authorize.ts'
import { certs, discovery } from './discovery.ts'
import { introspect } from './introspect.ts'
import { logOut, logOutBrowser } from './logout.ts'
import { token } from './token.ts'
import { userinfo } from './userinfo.ts'

type Answer = (context: ActionContext<World, Grant>) => Reply | Promise<Reply>

/** What the realm answers, by operationId. */
export const answers = {
  realm_discovery: ({ request }) => discovery(request),
  realm_certs: certs,
  realm_authorize: authorize,
  realm_login: logIn,
  realm_token: token,
  realm_introspect: introspect,
  realm_userinfo: userinfo,
  realm_userinfo_post: userinfo,
  realm_logout: logOutBrowser,
  realm_logout_post: logOut,
} as const satisfies Record<string, Answer>
