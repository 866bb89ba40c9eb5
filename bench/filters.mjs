/**
 * Filters by name, made of values that runs have (`newest` and `oldest`: runs from both ends of the history): common, rare,
 * none at all, and the combinations among which the slowest is looked for.
 */
export function filtersFrom(newest, oldest) {
  const all = [...newest, ...oldest]
  const tasks = ranked(all, (run) => [run.taskIdentifier])
  const tags = ranked(all, (run) => run.tags ?? [])
  const versions = ranked(all, (run) => [run.version])
  const [task = ''] = tasks
  const stranger = strangers(all)
  const newestVersion = newest.find((run) => run.version)?.version ?? versions[0]
  const oldestVersion = oldest.findLast((run) => run.version)?.version ?? versions.at(-1)
  const plain = {
    'filter: a common value': status('COMPLETED'),
    'filter: a rare value': status('EXECUTING'),
    'filter: no such value': { 'filter[taskIdentifier]': 'no-such-task' },
  }
  const candidates = {
    'status COMPLETED, isTest true': { ...status('COMPLETED'), 'filter[isTest]': 'true' },
    'status FAILED, isTest true, one task': {
      ...status('FAILED'),
      'filter[isTest]': 'true',
      'filter[taskIdentifier]': task,
    },
    'a task and a tag that never meet': {
      'filter[taskIdentifier]': stranger.task,
      'filter[tag]': stranger.tag,
    },
    'the newest version, created before it was there': {
      'filter[version]': newestVersion,
      'filter[createdAt][to]': oldest.at(-1)?.createdAt,
    },
    'the oldest version and EXECUTING': { 'filter[version]': oldestVersion, ...status('EXECUTING') },
    'two common values that never meet (the oldest version, after it was gone)': {
      'filter[version]': oldestVersion,
      'filter[createdAt][from]': newest.at(-1)?.createdAt,
    },
    'every status, every task, every tag seen': {
      ...status('COMPLETED,FAILED,CANCELED,CRASHED,SYSTEM_FAILURE,INTERRUPTED,EXECUTING,QUEUED'),
      'filter[taskIdentifier]': tasks.join(','),
      'filter[tag]': tags.slice(0, 100).join(','),
    },
    'every task, isTest false, a tag that there is not': {
      'filter[taskIdentifier]': tasks.join(','),
      'filter[isTest]': 'false',
      'filter[tag]': 'no-such-tag',
    },
    'every status but COMPLETED, isTest true, the oldest version': {
      ...status('FAILED,CANCELED,CRASHED,SYSTEM_FAILURE,INTERRUPTED,EXECUTING,QUEUED'),
      'filter[isTest]': 'true',
      'filter[version]': oldestVersion,
    },
    'COMPLETED, a task, a version and isTest true': {
      ...status('COMPLETED'),
      'filter[taskIdentifier]': task,
      'filter[version]': versions[0],
      'filter[isTest]': 'true',
    },
  }
  return { plain, candidates }
}

function status(words) {
  return { 'filter[status]': words }
}

/** The values of runs, the commonest first. */
function ranked(runs, valuesOf) {
  const counts = new Map()
  for (const run of runs) {
    for (const value of valuesOf(run)) if (value) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value)
}

/** The commonest task and the commonest tag of those that no run has together. */
function strangers(runs) {
  const tasks = ranked(runs, (run) => [run.taskIdentifier])
  const tags = ranked(runs, (run) => run.tags ?? [])
  const met = new Set(runs.flatMap((run) => (run.tags ?? []).map((tag) => `${run.taskIdentifier} ${tag}`)))
  for (const tag of tags) {
    const task = tasks.find((task) => !met.has(`${task} ${tag}`))
    if (task !== undefined) return { task, tag }
  }
  return { task: tasks[0] ?? '', tag: tags[0] ?? '' }
}
