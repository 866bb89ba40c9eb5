import type { JsonObject } from '../../core/json.ts'
import { companyName } from '../../core/names.ts'
import type { Random } from '../../core/random.ts'
import { CUSTOM_CREWS } from './custom-crews.ts'
import { decimal, growth, thousands } from './figures.ts'
import { TABLES } from './tables.ts'
import type { components } from './wire.ts'

type Schemas = components['schemas']

/** What a crew is asked to do, how long that takes, and what comes of it. */
export interface Job {
  readonly crewType: string | null
  readonly crewConfig: Schemas['CrewConfig'] | null
  readonly taskInput: JsonObject
  /** The task as crewAI's errors quote it. */
  readonly task: string
  /** How long (s) the work takes, from and to. */
  readonly seconds: readonly [number, number]
  readonly result: string
}

/** The five presets (fidelity/nx1.md §A4) and crews that users configured, as likely as each is started. */
const KINDS = {
  ask: 34,
  data_engineering: 18,
  classification: 14,
  data_suggestion: 10,
  semantic_model: 8,
  custom: 16,
}

/** A job of a busy data platform. */
export function job(random: Random): Job {
  return JOBS[random.weighted(KINDS)](random)
}

/** A job of one of the presets. */
export function presetJob(random: Random): Job {
  const { custom: _, ...presets } = KINDS
  return JOBS[random.weighted(presets)](random)
}

/** A job of this crew type, null for a crew that a user configured; of a type that is not known, what any preset does. */
export function jobOf(crewType: string | null, random: Random): Job {
  if (crewType === null) return JOBS.custom(random)
  return { ...(isPreset(crewType) ? JOBS[crewType](random) : presetJob(random)), crewType }
}

function isPreset(crewType: string): crewType is Exclude<keyof typeof KINDS, 'custom'> {
  return crewType !== 'custom' && Object.hasOwn(KINDS, crewType)
}

const REGIONS = ['Nordics', 'DACH', 'Iberia', 'Benelux', 'UK & Ireland', 'France', 'Italy', 'Poland']

const QUESTIONS: readonly ((random: Random) => { question: string; answer: string })[] = [
  (random) => {
    const rows = random.shuffle(REGIONS).slice(0, 5)
    const table = rows.map(
      (region) => `| ${region} | €${thousands(random.int(180_000, 2_400_000))} | ${growth(random)} |`,
    )
    return {
      question: 'Which five regions grew the most last quarter?',
      answer: `## Revenue by region, last quarter

| Region | Revenue | vs. previous quarter |
|---|---:|---:|
${table.join('\n')}

**${rows[0]}** leads. Growth comes mostly from repeat orders; new-customer revenue is flat.`,
    }
  },
  (random) => {
    const late = random.int(210, 1900)
    return {
      question: 'How many shipments left the warehouse late this week, and why?',
      answer: `**${thousands(late)} shipments** left after their promised date.

- ${random.int(38, 61)} % waited for stock in \`inventory_daily\` that was counted but not bookable
- ${random.int(14, 27)} % missed the carrier's cut-off at 16:00
- the rest have no reason code in \`lakehouse.logistics.shipments\``,
    }
  },
  (random) => ({
    question: `Show me the churn rate of ${random.pick(['trial', 'monthly', 'annual'])} plans since January.`,
    answer: `The churn rate is **${decimal(random, 12, 68)} %**, ${random.pick(['down', 'up'])} ${decimal(random, 1, 9)} points since January.

\`\`\`sql
SELECT date_trunc('month', cancelled_at) AS month, count(*) * 100.0 / sum(active_before) AS churn
FROM lakehouse.sales.customers
GROUP BY 1 ORDER BY 1
\`\`\``,
  }),
  (random) => ({
    question: `Who are our top 3 customers by open invoice amount?`,
    answer: `1. ${companyName(random)}: €${thousands(random.int(90_000, 400_000))}
2. ${companyName(random)}: €${thousands(random.int(50_000, 89_999))}
3. ${companyName(random)}: €${thousands(random.int(20_000, 49_999))}

Together they hold ${random.int(31, 58)} % of what is overdue in \`lakehouse.finance.invoices\`.`,
  }),
  (random) => ({
    question: 'What did we spend on paid search per new customer last month?',
    answer: `Paid search cost **€${decimal(random, 180, 940)} per new customer** last month (${thousands(random.int(300, 2600))} new customers).`,
  }),
]

const JOBS: Readonly<Record<keyof typeof KINDS, (random: Random) => Job>> = {
  ask(random) {
    const { question, answer } = random.pick(QUESTIONS)(random)
    return { ...preset('ask', question, [6, 45]), taskInput: { question }, result: answer }
  },
  data_engineering(random) {
    const [from = '', to = ''] = random.shuffle(TABLES)
    const column = random.pick(['updated_at', 'created_at', 'loaded_at'])
    const target = `${to}_${random.pick(['daily', 'clean', 'dedup', 'enriched'])}`
    const prompt = random.pick([
      `Deduplicate ${from} by its key, keeping the latest row by ${column}, into ${target}.`,
      `Join ${from} with ${to} and write the result to ${target}, partitioned by day.`,
      `Build an incremental load from ${from} into ${target} on ${column}.`,
    ])
    return {
      ...preset('data_engineering', prompt, [35, 260]),
      taskInput: { prompt, tables: [from, to] },
      result: `CREATE TABLE IF NOT EXISTS ${target}
WITH (format = 'PARQUET', partitioning = ARRAY['day(${column})']) AS
SELECT *
FROM (
  SELECT t.*, row_number() OVER (PARTITION BY t.id ORDER BY t.${column} DESC) AS rn
  FROM ${from} t
) WHERE rn = 1;
-- ${thousands(random.int(4_000, 9_000_000))} rows`,
    }
  },
  classification(random) {
    const table = random.pick(TABLES)
    const columns = random.shuffle([
      { column: 'email', label: 'PII.Email' },
      { column: 'phone_number', label: 'PII.Phone' },
      { column: 'iban', label: 'Financial.AccountNumber' },
      { column: 'birth_date', label: 'PII.DateOfBirth' },
      { column: 'postal_code', label: 'Location.PostalCode' },
      { column: 'notes', label: 'FreeText.Sensitive' },
      { column: 'status', label: 'NonSensitive' },
    ])
    const found = columns.slice(0, random.int(3, 6))
    return {
      ...preset('classification', `Classify the columns of ${table} by sensitivity.`, [20, 140]),
      taskInput: { table, sample_rows: random.pick([100, 500, 1000]), include_confidence: true },
      result: JSON.stringify({
        table,
        classifications: found.map((entry) => ({ ...entry, confidence: random.int(71, 99) / 100 })),
      }),
    }
  },
  data_suggestion(random) {
    const domain = random.pick(['sales', 'finance', 'logistics', 'marketing', 'support'])
    const table = random.pick(TABLES)
    // A crew whose output is a dict comes out of `str(CrewOutput)` as Python writes it, not as JSON.
    return {
      ...preset('data_suggestion', `Suggest data products for the ${domain} domain.`, [15, 75]),
      taskInput: { domain, max_suggestions: 3 },
      result: `{'domain': '${domain}', 'suggestions': [{'title': '${random.pick(['Daily KPIs', 'Cohort retention', 'Late payers'])}', 'source': '${table}', 'effort_days': ${random.int(1, 8)}, 'needs_approval': ${random.pick(['True', 'False'])}}, {'title': 'Freshness monitor', 'source': '${random.pick(TABLES)}', 'effort_days': 1, 'owner': None}]}`,
    }
  },
  semantic_model(random) {
    const tables = random.shuffle(TABLES).slice(0, random.int(2, 4))
    const [fact = ''] = tables
    const name = fact.split('.').at(-1) ?? fact
    return {
      ...preset('semantic_model', `Propose a semantic model over ${tables.join(', ')}.`, [50, 280]),
      taskInput: { tables, language: random.pick(['en', 'de', 'fr']) },
      result: `# Semantic model: ${name}

- **Entity** \`${name}\`, one row per \`id\`, from \`${fact}\`
- **Measures**: \`count\`, \`net_amount\` (sum), \`avg_basket\` (ratio)
- **Dimensions**: ${tables
        .slice(1)
        .map((table) => `\`${table.split('.').at(-1)}\``)
        .join(', ')}
- **Time**: \`created_at\`, day grain, ${random.pick(['Europe/Berlin', 'UTC', 'Europe/Stockholm'])}`,
    }
  },
  custom(random) {
    const table = random.pick(TABLES)
    const { config, input, result } = random.pick(CUSTOM_CREWS)(random, table)
    const task = config.tasks[0]?.description ?? ''
    return { crewType: null, crewConfig: config, taskInput: input, task, seconds: [60, 420], result }
  },
}

function preset(crewType: string, task: string, seconds: readonly [number, number]) {
  return { crewType, crewConfig: null, task, seconds }
}
