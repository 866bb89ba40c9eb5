/** The scopes that the realm's clients may ask for: Keycloak's default client scopes. */
export const SCOPES = [
  'openid',
  'profile',
  'email',
  'offline_access',
  'roles',
  'web-origins',
  'acr',
  'basic',
  'address',
  'phone',
  'microprofile-jwt',
]

/** The scope that is granted when `asked` is asked for: the defaults always, `openid` and `offline_access` if asked. */
export function grantedScope(asked: string | undefined): string {
  const names = scopeNames(asked)
  const optional = ['openid', 'offline_access', 'address', 'phone', 'microprofile-jwt']
  return ['email', ...optional.filter((name) => names.includes(name)), 'profile'].join(' ')
}

/** The names in a scope parameter. */
export function scopeNames(scope: string | undefined): string[] {
  return (scope ?? '').split(' ').filter((name) => name !== '')
}
