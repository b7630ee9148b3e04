/** 0.075 → "7.5%", 0.05 → "5%". */
export const percent = (share: number): string => `${points(share)}%`;

/** 0.075 → "7.5": a difference of shares is in points. */
export const points = (share: number): string => String(short(share * 100));

/** One decimal, and three digits that say something of what is smaller than one. */
export const short = (n: number): number =>
  Math.abs(n) >= 1 || n === 0 ? Number(n.toFixed(1)) : Number(n.toPrecision(3));

export const signed = (text: string): string => (text.startsWith('-') ? text : `+${text}`);

export const devices = (n: number): string => `${n} ${n === 1 ? 'device' : 'devices'}`;
