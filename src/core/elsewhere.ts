/**
 * Thrown where an answer cannot be found in this process: another one has to be asked, as if nothing had happened here.
 * Whatever throws it has changed nothing yet.
 */
export class Elsewhere extends Error {
  override name = 'Elsewhere'
}
