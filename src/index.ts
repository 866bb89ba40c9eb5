/// <reference lib="esnext.disposable" preserve="true" />
// Above: `await using` for whoever compiles for an older library than it came with, and without Node's types.
export { ScenarioError } from './core/scenario-error.ts'
export {
  type ClockView,
  type ContractReport,
  ControlError,
  type FaultOptions,
  type FaultView,
  type Instant,
  type JournalQuery,
  type JournalView,
  type ProviderName,
  type SandboxHandle,
  type SandboxOptions,
  type SandboxView,
  type VendorRun,
} from './server/handle.ts'
export type { Options } from './server/options.ts'
export { OptionError } from './server/options.ts'
export { createRunyard, type Runyard } from './server/runyard.ts'
export { DatabaseError } from './store/database.ts'
