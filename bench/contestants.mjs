import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const module = (path) => join(at('node_modules'), path)

/** The instant that every Runyard stands at which does not say otherwise. */
export const NOW = '2026-06-01T12:00:00Z'

/** Runyard: the built product. `flags` beside the port; the clock stands unless they say otherwise. */
export function runyard({ product, cache }, flags = []) {
  return {
    name: 'Runyard',
    serve: ({ port }) => ({
      argv: [
        product,
        '--port',
        String(port),
        ...(flags.includes('--clock') ? [] : ['--clock', NOW]),
        ...flags,
      ],
      environment: { XDG_CACHE_HOME: cache },
    }),
  }
}

/**
 * What there is no way below: servers that send constant bytes, what everybody is compared with first, so that it is measured
 * right after Runyard. `replies`: what they send, captured from Runyard.
 */
export const BARE = [
  {
    name: 'bare Fastify',
    serve: ({ port, folder, replies }) => ({
      argv: [at('servers/bare-fastify.mjs'), String(port), kept(folder, replies)],
    }),
  },
  {
    name: 'bare node:http',
    serve: ({ port, folder, replies }) => ({
      argv: [at('servers/bare-http.mjs'), String(port), kept(folder, replies)],
    }),
  },
]

/** The mock servers that people use today. `document`: the vendor's, in YAML. They answer with bodies of their own. */
export const PEERS = [
  {
    name: `Prism ${versionOf('@stoplight/prism-cli')}`,
    serve: ({ port, document }) => ({
      argv: [
        module('@stoplight/prism-cli/dist/index.js'),
        ...['mock', document, '--port', String(port), '--verboseLevel', 'silent'],
      ],
    }),
  },
  {
    name: `openapi-backend's mock ${versionOf('openapi-backend')}`,
    serve: ({ port, document }) => ({ argv: [at('servers/openapi-backend.mjs'), String(port), document] }),
  },
  {
    name: `Scalar ${versionOf('@scalar/mock-server')}`,
    serve: ({ port, document }) => ({ argv: [at('servers/scalar.mjs'), String(port), document] }),
  },
  {
    name: `json-server ${versionOf('json-server')}`,
    serve: ({ port, folder, replies }) => {
      const { db, routes } = tableOf(replies)
      return {
        argv: [
          module('json-server/lib/cli/bin.js'),
          ...[written(folder, 'db.json', db), '--routes', written(folder, 'routes.json', routes)],
          ...['--port', String(port), '--host', '127.0.0.1', '--quiet'],
        ],
      }
    },
  },
  {
    name: `Mockoon ${versionOf('@mockoon/cli')}`,
    serve: ({ port, folder, document }) => ({
      argv: [
        module('@mockoon/cli/bin/run.js'),
        ...['start', '--data', document, '--port', String(port), '--hostname', '127.0.0.1'],
        ...['--disable-log-to-file', '--disable-admin-api'],
      ],
      environment: { HOME: folder },
    }),
  },
  {
    name: `msw ${versionOf('msw')} + source`,
    serve: ({ port, document }) => ({ argv: [at('servers/msw.mjs'), String(port), document] }),
  },
]

/** The vendor's document of a provider. */
export function documentOf(provider) {
  return at(`../specs/${provider}.yaml`)
}

/** json-server's table of the runs that a page has, and the routes that lead the vendor's paths to it. */
function tableOf(replies) {
  const routes = {}
  let runs = []
  for (const { path, body } of replies) {
    const page = JSON.parse(body)
    const list = Array.isArray(page) ? page : (page.list ?? page.data)
    if (list !== undefined) runs = list
    routes[`${path}*`] = list === undefined ? `/runs/${page.run.id}` : '/runs?_limit=25'
  }
  // The first route that fits is taken: `latest` before the list that its path begins with.
  const sorted = Object.entries(routes).sort(([a], [b]) => b.length - a.length)
  return { db: { runs }, routes: Object.fromEntries(sorted) }
}

function kept(folder, replies) {
  return written(folder, 'replies.json', replies)
}

function written(folder, name, value) {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(value))
  return file
}

function versionOf(name) {
  const require = createRequire(import.meta.url)
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version
    } catch {
      // The next folder up may have it.
    }
  }
  return '(not installed)'
}
