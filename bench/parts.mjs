import { distinct } from './parts/distinct.mjs'
import { growth } from './parts/growth.mjs'
import { load } from './parts/load.mjs'
import { memory } from './parts/memory.mjs'
import { start } from './parts/start.mjs'
import { throughput } from './parts/throughput.mjs'

/** What is measured, by the names that `--only` takes, in the order of the results. */
export const PARTS = { throughput, distinct, start, memory, growth, load }
