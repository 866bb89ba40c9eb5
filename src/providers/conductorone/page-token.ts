import type { Key } from '../../core/run.ts'
import { seal, unseal } from '../../core/seal.ts'
import type { Secrets } from '../../core/secrets.ts'

/** Opaque and tamper-evident; it holds the place and nothing else, so it serves any page size and either client. */
export function pageToken({ createdAt, id }: Key, secrets: Secrets): string {
  return seal(JSON.stringify([createdAt, id]), secrets.bytes('conductorone/page-token'))
}

/** The place that a token holds, or undefined when it is not one of ours. */
export function readPageToken(token: string, secrets: Secrets): Key | undefined {
  const payload = unseal(token, secrets.bytes('conductorone/page-token'))
  if (payload === undefined) return undefined
  const [createdAt, id] = JSON.parse(payload) as [number, string]
  return { createdAt, id }
}
