import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { IS_PINNED } from './cores.mjs'
import { chart } from './report/chart.mjs'
import { page } from './report/page.mjs'

/** What was measured, part by part: a part that is not run keeps what it had. */
export class Results {
  #folder
  #parts = {}

  constructor(folder) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    try {
      this.#parts = JSON.parse(readFileSync(this.#file('results.json'), 'utf8'))
    } catch {
      // Nothing was measured yet.
    }
  }

  /** Keeps what a part found, with where and when. */
  put(name, found) {
    // A start is another thing where Node keeps what it compiled: each release of Node has its own.
    const key = name === 'start' ? `start on Node ${process.versions.node.split('.')[0]}` : name
    this.#parts = { ...this.#parts, [key]: { ...found, ...surroundings() } }
    writeFileSync(this.#file('results.json'), `${JSON.stringify(this.#parts, rounded, 2)}\n`)
  }

  /** Writes `results.md` and `growth.svg`, and says what the first has. */
  render() {
    const { growth } = this.#parts
    if (growth !== undefined) writeFileSync(this.#file('growth.svg'), chart(growth))
    const text = page(this.#parts)
    writeFileSync(this.#file('results.md'), text)
    return text
  }

  #file(name) {
    return join(this.#folder, name)
  }
}

/** Six digits are more than anything here is worth. */
function rounded(_name, value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}

function surroundings() {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`,
    isPinned: IS_PINNED,
  }
}
