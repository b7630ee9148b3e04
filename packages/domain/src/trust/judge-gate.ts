/** Share of the devices seen lately that must have acknowledged what they are to trust before anything relies on it. */
export const GATE_NEEDED = 0.99;

export interface TrustGate {
  readonly needed: number;
  readonly seen: number;
  readonly acknowledged: number;
  readonly open: boolean;
}

/** Open when enough of the devices seen lately acknowledged; a fleet that nobody has seen holds nothing up. */
export const judgeGate = ({
  seen,
  acknowledged,
}: {
  readonly seen: number;
  readonly acknowledged: number;
}): TrustGate => ({
  needed: GATE_NEEDED,
  seen,
  acknowledged,
  open: acknowledged >= GATE_NEEDED * seen,
});
