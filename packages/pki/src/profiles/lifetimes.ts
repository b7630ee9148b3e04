const hour = 3_600_000;
const day = 24 * hour;
const year = 365.25 * day;

/** Lives in milliseconds. A device leaf can be set from an hour to 398 days; the profile carries it, not the code. */
export const lifetimes = {
  root: 20 * year,
  deviceAuthority: 5 * year,
  serverAuthority: 5 * year,
  bootstrapAuthority: 2 * year,
  deviceLeaf: 90 * day,
  serverLeaf: 90 * day,
  serviceLeaf: 90 * day,
  claimLeaf: 365 * day,
  /** Without a revocation check of its own a responder's certificate must be short. */
  ocspLeaf: 7 * day,
} as const;

/** notBefore lies this far back, because devices without a clock battery are off by minutes. */
export const backdate = hour;

/** Validity in whole seconds, never beyond the issuer's own end. */
export const validity = (now: Date, life: number, issuerNotAfter?: Date): { notBefore: Date; notAfter: Date } => {
  const floor = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);
  const wanted = now.getTime() + life;
  return {
    notBefore: floor(now.getTime() - backdate),
    notAfter: floor(issuerNotAfter ? Math.min(wanted, issuerNotAfter.getTime()) : wanted),
  };
};
