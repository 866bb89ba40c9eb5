import { moments } from '../../core/moments.ts'
import type { SeedRequest, Seeds } from '../../core/provider.ts'
import type { Random } from '../../core/random.ts'
import type { Run } from '../../core/run.ts'
import { created, runId, type Step } from './runs.ts'
import {
  AUTOMATIONS,
  type AutomationSection,
  OTHER_AUTOMATIONS,
  type Section,
  SHARES,
  schema,
} from './section.ts'
import { title } from './titles.ts'
import { type Automation, type Organization, organization, type World } from './world.ts'

const DAY = 86_400_000
/** How often automations look whether they are due (fidelity/basedash.md §B4), and how late after that runs start. */
const POLL = 15 * 60_000
const LAG = 20_000
/** How long a run generates, in ms. */
export const SHORTEST = 20_000
const LONGEST = 240_000

/** The two organizations, and the runs of each of their automations. */
export const seeds: Seeds<World, Section> = {
  schema,
  build(request) {
    const { automations = AUTOMATIONS, otherAutomations = OTHER_AUTOMATIONS } = request.section
    const main = organization(request.secrets, 'main', namesOf(automations))
    const other = organization(request.secrets, 'other', namesOf(otherAutomations))
    return { world: { main, other }, runs: runs() }

    function* runs(): Generator<Run> {
      yield* runsOf(main, automations, request, 'main')
      yield* runsOf(other, otherAutomations, request, 'other')
    }
  },
  ids: ({ main, other }) =>
    [main, other].flatMap(({ id, members, automations }) => [
      id,
      ...members.map((member) => member.id),
      ...automations.map((automation) => automation.id),
    ]),
  size: ({ automations = [], otherAutomations = [] }) =>
    [...automations, ...otherAutomations].reduce(
      (sum, { past = 0, generating = 0, ahead = 0 }) => sum + past + generating + ahead,
      0,
    ),
}

function namesOf(automations: readonly AutomationSection[]): string[] {
  return automations.map(({ name }) => name)
}

/** The runs of an organization's automations; `sections` has each one's counts at the automation's own place. */
function* runsOf(
  organization: Organization,
  sections: readonly AutomationSection[],
  { section, start, days, random }: SeedRequest<Section>,
  label: string,
): Generator<Run> {
  const { manual, departed, unrecorded, ties } = { ...SHARES, ...section }
  for (const [place, automation] of organization.automations.entries()) {
    const { past = 0, generating = 0, ahead = 0 } = sections[place] ?? {}
    const stream = random.fork(`${label} ${place}`)
    for (const at of moments(stream.fork('moments'), { start, days, past, ahead, ties })) {
      const isManualRun = stream.chance(manual)
      const createdAt = isManualRun ? at : polled(at, at > start ? start + 1 : start - days * DAY)
      const recorded = !stream.chance(unrecorded)
      yield newRun({ organization, automation, createdAt, isManualRun, departed, recorded }, stream)
    }
    for (let i = 0; i < generating; i++) {
      const createdAt = stream.int(start - SHORTEST + 1, start)
      yield newRun(
        { organization, automation, createdAt, isManualRun: true, departed: 0, recorded: true },
        stream,
      )
    }
  }
}

/** When an automation that looks every so often starts the run that was due at `at`; ties stay ties. */
function polled(at: number, earliest: number): number {
  return Math.max(at - (at % POLL) + (at % LAG), earliest)
}

interface Occasion {
  readonly organization: Organization
  readonly automation: Automation
  readonly createdAt: number
  readonly isManualRun: boolean
  /** The chance that the member who started the run has left. */
  readonly departed: number
  /** Whether the run gets a status at all. */
  readonly recorded: boolean
}

function newRun(occasion: Occasion, random: Random): Run {
  const { organization, automation, createdAt, isManualRun, departed, recorded } = occasion
  const body = {
    id: runId(createdAt, random),
    automationId: automation.id,
    organizationId: organization.id,
    name: automation.name,
    status: recorded ? ('GENERATING' as const) : null,
    isManualRun,
    memberId: isManualRun && !random.chance(departed) ? random.pick(organization.members).id : null,
  }
  return created(createdAt, body, recorded ? fate(createdAt, automation.name, random) : [])
}

/** What becomes of a run that is created then (ms): most get a title of their own after some seconds, all finish. */
export function fate(createdAt: number, automation: string, random: Random): Step[] {
  const titled = { at: createdAt + random.int(2_500, 9_000), name: title(automation, random) }
  const finished = { at: createdAt + random.int(SHORTEST, LONGEST), status: 'FINISHED' as const }
  return random.chance(0.85) ? [titled, finished] : [finished]
}
