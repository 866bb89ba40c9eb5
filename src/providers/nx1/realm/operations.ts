import type { ActionContext, ActionOperation } from '../../../core/provider.ts'
import type { Reply } from '../../../core/reply.ts'
import { type Grant, REALM, type World } from '../world.ts'
import type { answers } from './answers.ts'
import { noSuchRealm } from './errors.ts'

/** The realm's operations, as the overlay adds them to the vendor's document. Loaded when somebody signs in. */
export const realmOperations: Readonly<Record<keyof typeof answers, ActionOperation<World, Grant>>> = {
  realm_discovery: inRealm('realm_discovery'),
  realm_certs: inRealm('realm_certs'),
  realm_authorize: inRealm('realm_authorize'),
  realm_login: inRealm('realm_login'),
  realm_token: inRealm('realm_token'),
  realm_introspect: inRealm('realm_introspect'),
  realm_userinfo: inRealm('realm_userinfo'),
  realm_userinfo_post: inRealm('realm_userinfo_post'),
  realm_logout: inRealm('realm_logout'),
  realm_logout_post: inRealm('realm_logout_post'),
}

function inRealm(operation: keyof typeof answers): ActionOperation<World, Grant> {
  return {
    kind: 'action',
    async answer(context: ActionContext<World, Grant>): Promise<Reply> {
      if (context.request.params.realm !== REALM) return noSuchRealm()
      const { answers } = await import('./answers.ts')
      return answers[operation](context)
    },
  }
}
