/** One tenant, whose runs share a scope: its name. */
export interface World {
  readonly tenant: string
}

/** The host a tenant has at the vendor's. */
export function tenantHost(tenant: string): string {
  return `${tenant}.conductor.one`
}
