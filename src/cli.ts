#!/usr/bin/env node
import module from 'node:module'

// Where Node can (22.8 and later), compiled code is kept for the next start. Coverage is wrong for code that was.
const keep: unknown = Reflect.get(module, 'enableCompileCache')
if (typeof keep === 'function' && process.env.NODE_V8_COVERAGE === undefined) keep()

const { main } = await import('./cli/main.ts')
await main(process.argv.slice(2), process.env)
