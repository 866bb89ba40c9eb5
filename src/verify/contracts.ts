import type { Contract } from './contract.ts'
import { basedash } from './contracts/basedash/contract.ts'
import { conductorone } from './contracts/conductorone/contract.ts'
import { nx1 } from './contracts/nx1/contract.ts'
import { trigger } from './contracts/trigger/contract.ts'

/** What is known of each API. */
export const CONTRACTS: readonly Contract[] = [basedash, conductorone, nx1, trigger]
