/** A device with its place in the lottery. */
export interface Ranked {
  readonly deviceId: string;
  readonly rank: number;
}

export const byRank = (x: Ranked, y: Ranked): number => x.rank - y.rank || (x.deviceId < y.deviceId ? -1 : 1);

/** A part that is being dealt out: its next member falls at `at`, from 0 to 1. */
interface Dealt {
  readonly members: readonly Ranked[];
  readonly start: number;
  next: number;
  at: number;
}

const before = (x: Dealt, y: Dealt): boolean =>
  x.at !== y.at ? x.at < y.at : byRank(x.members[x.next]!, y.members[y.next]!) < 0;

/** Lets the first of a heap sink to where it belongs. */
function sink(heap: Dealt[], from: number): void {
  const item = heap[from]!;
  let hole = from;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (before(item, heap[child]!)) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = item;
}

/**
 * Deals several ordered parts into one, so that every prefix of it holds each part in about its share of the whole and
 * keeps its order. A part of n spreads evenly over 0 to 1, its first member at `start / n`: at one half shares are
 * rounded to the nearest device, at a drawn start small parts come first as often as their share says.
 */
export function interleave(parts: readonly { members: readonly Ranked[]; start: number }[]): readonly Ranked[] {
  const dealt = parts.filter(({ members }) => members.length > 0);
  if (dealt.length === 1) return dealt[0]!.members;
  const heap = dealt.map(({ members, start }): Dealt => ({ members, start, next: 0, at: start / members.length }));
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i);
  const whole: Ranked[] = [];
  while (heap.length > 0) {
    const first = heap[0]!;
    whole.push(first.members[first.next]!);
    first.next++;
    first.at = (first.next + first.start) / first.members.length;
    if (first.next === first.members.length) {
      const last = heap.pop()!;
      if (heap.length === 0) break;
      if (last !== first) heap[0] = last;
    }
    sink(heap, 0);
  }
  return whole;
}
