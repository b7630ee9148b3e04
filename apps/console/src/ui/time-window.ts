/** A stretch of time on an axis, in ms since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

const SHORTEST = 10_000;
const LONGEST = 5 * 365 * 86_400_000;
/** How far a window may reach past now, as a share of its length: enough to see where the newest reading ends. */
const AHEAD = 0.25;

const whole = ({ from, to }: TimeWindow): TimeWindow => ({ from: Math.round(from), to: Math.round(to) });

/** Keeps a window out of the far future, where nothing can have been measured. */
const held = (window: TimeWindow, now: number): TimeWindow => {
  const length = window.to - window.from;
  const latest = now + length * AHEAD;
  return whole(window.to <= latest ? window : { from: latest - length, to: latest });
};

/** Moves by a share of the window's own length: negative is earlier. */
export const panned = (window: TimeWindow, share: number, now: number): TimeWindow => {
  const by = (window.to - window.from) * share;
  return held({ from: window.from + by, to: window.to + by }, now);
};

/** Shortens (factor below 1) or lengthens a window around an instant that stays where it is on the screen. */
export const zoomed = (window: TimeWindow, factor: number, around: number, now: number): TimeWindow => {
  const length = window.to - window.from;
  const wanted = Math.min(LONGEST, Math.max(SHORTEST, length * factor));
  const left = length === 0 ? 0.5 : (around - window.from) / length;
  const from = around - wanted * left;
  return held({ from, to: from + wanted }, now);
};
