import type { Access, Contract } from '../../contract.ts'
import { listAt, textAt } from '../../json.ts'
import { callers } from './callers.ts'
import { filters } from './filters.ts'
import { lists } from './lists.ts'
import { transport } from './transport.ts'

/** `GET /api/v1/runs` of Trigger.dev: the black-box table of fidelity/trigger.md §10, and the tables it draws on. */
export const trigger: Contract = {
  provider: 'trigger',
  title: 'Trigger.dev',
  path: '/api/v1/runs',
  variables: 'TRIGGER_SECRET_KEY',
  fromEnvironment: ({ TRIGGER_SECRET_KEY: secretKey, TRIGGER_PREVIEW_BRANCH: branch }) =>
    secretKey?.startsWith('tr_preview_') ? { preview: { secretKey, branch } } : { prod: { secretKey } },
  access,
  list: {
    runs: (page) => listAt(page, 'data'),
    createdAt: 'createdAt',
    next(page) {
      const next = textAt(page, 'pagination', 'next')
      return next && `page[after]=${encodeURIComponent(next)}`
    },
  },
  cases: [...callers, ...lists, ...filters, ...transport],
}

/** The first environment that there is a key for, prod before all; a preview key asks together with its branch. */
function access(credentials: unknown): Access | undefined {
  const key = ['prod', 'staging', 'dev']
    .map((name) => textAt(credentials, name, 'secretKey'))
    .find((found) => found !== undefined)
  const preview = textAt(credentials, 'preview', 'secretKey')
  const branch = textAt(credentials, 'preview', 'branch')
  const asPreview = preview !== undefined && { authorization: `Bearer ${preview}` }
  const asBranch = asPreview && branch !== undefined && { ...asPreview, 'x-trigger-branch': branch }
  const main = key === undefined ? asBranch : { authorization: `Bearer ${key}` }
  if (!main) return undefined
  return {
    accounts: {
      main,
      ...(key !== undefined && {
        bare: { authorization: key },
        lowerCase: { authorization: `bearer ${key}` },
      }),
      ...(asPreview && { preview: asPreview }),
      ...(asBranch && { branch: asBranch }),
    },
    values: key === undefined ? {} : { secretKey: key },
    secrets: [key, preview].filter((secret) => secret !== undefined),
  }
}
