import type { Secrets } from '../../core/secrets.ts'

/** A client's name, made as the vendor makes them: `strange-hydra-68836` (fidelity/conductorone.md §1). */
export function clientName(secrets: Secrets, label: string): string {
  const bytes = secrets.bytes(label)
  const word = (list: readonly string[], at: number) => list[bytes.readUInt8(at) % list.length]
  return `${word(ADJECTIVES, 0)}-${word(ANIMALS, 1)}-${10_000 + (bytes.readUInt32BE(2) % 90_000)}`
}

/** The id of a personal client at a host: `strange-hydra-68836@acme.conductor.one/pcc`. */
export function clientId(name: string, host: string): string {
  return `${name}@${host}/pcc`
}

/** The name and the host in a client id; undefined for a text of another shape, or of another use than `pcc`. */
export function readClientId(id: string): { readonly name: string; readonly host: string } | undefined {
  const [, name, host] = /^([^@]+)@([^@/]+)\/pcc$/.exec(id) ?? []
  return name === undefined || host === undefined ? undefined : { name, host: host.toLowerCase() }
}

const words = (text: string) => text.split(' ')
// Sixteen of each divide 256: every word is as likely.
const ADJECTIVES = words(
  'amber brave calm clever eager gentle golden lively lucky mellow patient quiet silver strange swift witty',
)
const ANIMALS = words(
  'badger condor dolphin falcon ferret heron hydra ibex jackal lemur lynx marten otter raven walrus wombat',
)
