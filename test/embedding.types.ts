import { createRunyard, type Runyard, type SandboxHandle } from '../src/index.ts'

/** Never called: the compiler is the test (`npm run typecheck`), since a line that should be refused has to be. */
export async function typed(): Promise<void> {
  const runyard: Runyard = await createRunyard({ port: 0 })
  const sandbox: SandboxHandle = await runyard.sandbox({
    id: 'typed',
    clock: { now: new Date(0), frozen: false },
  })
  const { conductorone, trigger, nx1, basedash } = sandbox.credentials
  const credentials: string[] = [
    conductorone.admin.clientSecret,
    trigger.prod.secretKey,
    nx1.psk.alice,
    nx1.oauth.service.clientId,
    basedash.member.apiKey,
  ]
  const [automation] = basedash.automations
  const runs: number | undefined = automation?.runs
  const maybe: SandboxHandle | undefined = await runyard.sandbox('typed')
  const variable: string | undefined = sandbox.env.TRIGGER_SECRET_KEY
  const { now, frozen }: { now: string; frozen: boolean } = await sandbox.clock.advance('5m')
  const state: 'active' | 'spent' | 'expired' = (await sandbox.faults.add({ status: 429, count: 1 })).state
  const ratio: number = (await sandbox.report()).coverage.ratio
  void [credentials, runs, maybe, variable, now, frozen, state, ratio]

  // @ts-expect-error: an API that there is not
  void sandbox.credentials.triggerdev
  // @ts-expect-error: an environment that there is not
  void sandbox.credentials.trigger.production
  // @ts-expect-error: an option that there is not
  void createRunyard({ prot: 0 })
  // @ts-expect-error: a member of a new sandbox that there is not
  void runyard.sandbox({ name: 'typed' })
  // @ts-expect-error: a fault that there is not
  void sandbox.faults.add({ state: 429 })
  // @ts-expect-error: an effect that there is not
  void sandbox.faults.add({ reset: 'after' })
  // @ts-expect-error: a provider that there is not
  void sandbox.runs.list('triggerdev')
  // @ts-expect-error: a remark that there is not
  void sandbox.journal.list({ remark: 'late' })
  // @ts-expect-error: a sandbox asked for by its name may not be there
  void (await runyard.sandbox('typed')).id
}
