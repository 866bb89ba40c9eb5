import type { WriteStream } from 'node:tty'
import type { Progress } from '../server/fillings.ts'

/** How many steps of a hundredth are shown: the line is rewritten when the figure changes, and not a thousand times. */
const WHOLE = 100

/**
 * Shows on a terminal how far the filling of a large scenario is, in one line that is taken away in the end; undefined where
 * nobody looks.
 */
export function progressOn(terminal: Pick<WriteStream, 'isTTY' | 'write'>): Progress | undefined {
  if (!terminal.isTTY) return undefined
  let shown = -1
  return (done, size) => {
    const hundredths = Math.min(WHOLE, Math.floor((done / size) * WHOLE))
    if (hundredths === shown) return
    shown = hundredths
    const line = hundredths === WHOLE ? '' : `${hundredths} % of ${size.toLocaleString('en')} runs made`
    // Back to the beginning of the line, and what is on it away.
    terminal.write(`\r\u001b[K${line}`)
  }
}
