import type { Tone } from '../../ui/look.js';

interface Life {
  readonly thisUpdate: string;
  readonly nextUpdate: string;
}

/** How far a list of revoked certificates is into its life: past half of it, renewing it has failed at least once. */
export const listState = (
  { thisUpdate, nextUpdate }: Life,
  now: number,
): { readonly state: 'fresh' | 'past_half' | 'over'; readonly tone: Tone; readonly share: number } => {
  const begin = Date.parse(thisUpdate);
  const share = Math.max(0, (now - begin) / Math.max(1, Date.parse(nextUpdate) - begin));
  if (share >= 1) return { state: 'over', tone: 'bad', share };
  return share > 0.5 ? { state: 'past_half', tone: 'warn', share } : { state: 'fresh', tone: 'plain', share };
};
