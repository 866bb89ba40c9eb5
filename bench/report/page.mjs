import { distinctSection } from './distinct.mjs'
import { growthSection } from './growth.mjs'
import { loadSection } from './load.mjs'
import { memorySection } from './memory.mjs'
import { startSection } from './start.mjs'
import { summary } from './summary.mjs'
import { throughputSection } from './throughput.mjs'

/** By the name of the part, or what its name begins with. */
const SECTIONS = {
  throughput: ['The same question again and again', throughputSection],
  distinct: ['Always another question', distinctSection],
  start: ['Start to first 200', startSection],
  memory: ['Seeding and sandboxes', memorySection],
  growth: ['Growth', growthSection],
  load: ['Load', loadSection],
}

/** `results.md`. */
export function page(parts) {
  const sections = Object.entries(SECTIONS).flatMap(([name, [title, section]]) =>
    Object.keys(parts)
      .filter((part) => part.startsWith(name))
      .sort()
      .map(
        (part) =>
          `## ${title}${part.slice(name.length)}\n\n${circumstances(parts[part])}\n\n${section(parts[part])}`,
      ),
  )
  return `# What was measured

Written by \`npm run bench\`, which measures all of it in some 20 minutes; \`npm run bench -- --only start,load\` measures some
parts, and the others keep what they had. The servers run on one core and the load on the other, where there are two and
\`taskset\`. Rounds are interleaved and their medians shown. **CPU** is the server process's user and system time for each reply
that it sent: it holds still where requests a second swing with whatever else the machine does; in that of bare Fastify, it is the
median of the rounds' ratios. Bare servers send, for every
request, the bytes and headers that Runyard sent for the first. \`busy\` is the share of the time in which the server worked:
where it is far below 100 %, the load was at its limit and not the server.

<!-- summary -->
${summary(parts)}
<!-- /summary -->

${sections.join('\n\n')}
`
}

function circumstances({ machine, node, date, command, isPinned, took }) {
  const pinned = isPinned
    ? 'server and load on a core each'
    : '**server and load share the cores**: nothing to pin them with'
  return `${machine}; Node ${node}; ${pinned}; ${date}; \`${command}\` (${Math.round(took)} s).`
}
