/**
 * Whether a public token's scopes let it list runs: of every task, or of exactly these. A scope is
 * `action:type[:id]`; `admin` alone opens everything, the type `all` and the action `*` stand for any
 * (fidelity/trigger.md §1.3).
 */
export function mayList(scopes: readonly string[], tasks: readonly string[]): boolean {
  const parsed = scopes.map(parse)
  if (parsed.some(opensEveryRun)) return true
  const own = new Set(
    parsed
      .filter(isReader)
      .filter(({ type }) => type === 'tasks')
      .map(({ id }) => id),
  )
  return tasks.length > 0 && tasks.every((task) => own.has(task))
}

interface Scope {
  readonly action: string
  readonly type: string | undefined
  readonly id: string | undefined
}

function parse(scope: string): Scope {
  const [action = '', type, ...id] = scope.split(':')
  return { action, type, id: id.length > 0 ? id.join(':') : undefined }
}

function opensEveryRun(scope: Scope): boolean {
  const { action, type, id } = scope
  if (action === 'admin' && type === undefined) return true
  return isReader(scope) && (type === 'all' || ((type === 'runs' || type === 'tasks') && id === undefined))
}

function isReader({ action }: Scope): boolean {
  return action === 'read' || action === '*'
}
