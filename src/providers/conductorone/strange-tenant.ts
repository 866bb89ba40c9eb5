import type { Random } from '../../core/random.ts'
import type { Trigger } from './runs.ts'
import { completed, failed, type Tenant, UNDER_WAY } from './tenant.ts'

/** A tenant whose texts and counts are as strange, long and large as the document lets pass, each in its turn. */
export function strangeTenant(random: Random): Tenant {
  const trigger = inTurn(TRIGGERS)
  const counts = inTurn(COUNTS)
  const message = inTurn(MESSAGES)
  return {
    trigger,
    success: () => ({ lasts: random.int(120_000, 540_000), outcome: completed(counts()) }),
    failure: () => ({ lasts: random.int(1000, 60_000), outcome: failed(message()) }),
    turnedAway: () => failed(UNDER_WAY),
  }
}

function inTurn<T>(items: readonly [T, ...T[]]): () => T {
  let turn = 0
  return () => items[turn++ % items.length] ?? items[0]
}

const INT32_MAX = 2_147_483_647

const TRIGGERS: readonly [Trigger, ...Trigger[]] = [
  { triggerType: 'TRIGGER_TYPE_MANUAL', triggerDetail: 'Zoë Ångström-Nuñez 👩🏽‍🚀 <zoë@bücher.example>' },
  { triggerType: 'TRIGGER_TYPE_UNSPECIFIED', triggerDetail: '' },
  { triggerType: 'TRIGGER_TYPE_SCHEDULED', triggerDetail: '毎週月曜日のロールマイニング' },
  { triggerType: 'TRIGGER_TYPE_UPLIFT_COMPLETION', triggerDetail: 'مزامنة الدليل \u202Eabc' },
  { triggerType: 'TRIGGER_TYPE_DIRECTORY_MERGE', triggerDetail: `"<b>&amp;'\\${'directory '.repeat(100)}` },
  { triggerType: 'TRIGGER_TYPE_MANUAL', triggerDetail: ' \t\u00A0\u200B ' },
]

type Counts = Parameters<typeof completed>[0]

const COUNTS: readonly [Counts, ...Counts[]] = [
  { totalUsers: INT32_MAX, cohortsAnalyzed: INT32_MAX, suggestionsGenerated: INT32_MAX },
  { totalUsers: 0, cohortsAnalyzed: 0, suggestionsGenerated: 0 },
  { totalUsers: 1, cohortsAnalyzed: 1, suggestionsGenerated: 0 },
]

const MESSAGES: readonly [string, ...string[]] = [
  `rpc error: code = Internal desc = ${'upstream said: no; '.repeat(200)}`,
  'échec de l’analyse: délai dépassé 🕰️\nat line 1\r\n\tat line 2',
  '分析に失敗しました',
]
