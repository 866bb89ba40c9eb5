/** A scenario that cannot be used; its message says which, where and why. */
export class ScenarioError extends Error {
  override name = 'ScenarioError'
}
