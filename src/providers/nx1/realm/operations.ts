import type { ActionContext, ActionOperation } from '../../../core/provider.ts'
import type { Reply } from '../../../core/reply.ts'
import { type Grant, REALM, type World } from '../world.ts'
import { authorize, logIn } from './authorize.ts'
import { certs, discovery } from './discovery.ts'
import { noSuchRealm } from './errors.ts'
import { introspect } from './introspect.ts'
import { logOut, logOutBrowser } from './logout.ts'
import { token } from './token.ts'
import { userinfo } from './userinfo.ts'

type Answer = (context: ActionContext<World, Grant>) => Reply | Promise<Reply>

/** The realm's operations, as the overlay adds them to the vendor's document. */
export const realmOperations: Readonly<Record<string, ActionOperation<World, Grant>>> = {
  realm_discovery: inRealm(({ request }) => discovery(request)),
  realm_certs: inRealm(certs),
  realm_authorize: inRealm(authorize),
  realm_login: inRealm(logIn),
  realm_token: inRealm(token),
  realm_introspect: inRealm(introspect),
  realm_userinfo: inRealm(userinfo),
  realm_userinfo_post: inRealm(userinfo),
  realm_logout: inRealm(logOutBrowser),
  realm_logout_post: inRealm(logOut),
}

function inRealm(answer: Answer): ActionOperation<World, Grant> {
  return {
    kind: 'action',
    answer: async (context) => (context.request.params.realm === REALM ? answer(context) : noSuchRealm()),
  }
}
