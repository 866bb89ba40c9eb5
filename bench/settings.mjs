/** How long a whole run measures: some 20 minutes. */
const WHOLE = {
  rounds: 7,
  seconds: 0.6,
  warm: 0.8,
  starts: 11,
  seedings: 3,
  many: 200_000,
  isWithLarge: true,
  sandboxes: 50,
  sizes: [1_000, 10_000, 100_000, 1_000_000],
  growthRounds: 5,
  growthSeconds: 0.4,
  loadConnections: 1000,
  loadSeconds: 60,
  isWithPeers: true,
}

/** A look whether everything works: its figures say nothing. */
const QUICK = {
  ...WHOLE,
  rounds: 1,
  seconds: 0.3,
  warm: 0.3,
  starts: 1,
  seedings: 1,
  many: 20_000,
  isWithLarge: false,
  sandboxes: 5,
  sizes: [1_000, 10_000],
  growthRounds: 1,
  growthSeconds: 0.2,
  loadConnections: 200,
  loadSeconds: 5,
}

/** How much is measured, by what the command line says. */
export function settingsOf({ quick, rounds, seconds, 'load-seconds': loadSeconds, sizes, peers }) {
  const standard = quick ? QUICK : WHOLE
  return {
    ...standard,
    ...(rounds && { rounds: Number(rounds) }),
    ...(seconds && { seconds: Number(seconds) }),
    ...(loadSeconds && { loadSeconds: Number(loadSeconds) }),
    ...(sizes && { sizes: sizes.split(',').map(Number) }),
    isWithPeers: peers !== 'off',
  }
}
