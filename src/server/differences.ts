import type { Difference } from '../core/fidelity.ts'
import type { Provider } from '../core/provider.ts'
import { overlayOf } from '../spec/document.ts'
import { FOLDERS } from './folders.ts'

/** All that is to be known of a provider's fidelity: what its overlays say of themselves, then what it says itself. */
export function differencesOf({ name, differences }: Provider): Difference[] {
  const said = (['overlay', 'live'] as const).flatMap(
    (kind) => overlayOf(FOLDERS.specs, name, kind)?.actions ?? [],
  )
  return [...said.flatMap((action) => action['x-difference'] ?? []), ...differences]
}
