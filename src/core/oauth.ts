import { decoded, firstValues } from './query.ts'
import type { ApiRequest } from './request.ts'

/**
 * The ids of the OAuth clients that a request names, in any of the ways of RFC 6749 §2.3.1: by a Basic header, in the
 * body, in the query. Nobody proves here that one is theirs.
 */
export function namedClients({ search, body, header }: ApiRequest): string[] {
  const [, basic = ''] = /^basic +(\S+)$/i.exec(header('authorization') ?? '') ?? []
  const [user = ''] = Buffer.from(basic, 'base64').toString().split(':')
  const named = [decoded(user), firstValues(body).get('client_id'), firstValues(search).get('client_id')]
  return named.flatMap((id) => id || [])
}
