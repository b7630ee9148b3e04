import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { markStale } from './mark-stale.js';

const WINDOW = 300;
const queryKey = ['campaign', 'c1'];

/** A page that shows one answer, and a server that takes as long as the test wants. */
const show = (cache: QueryClient) => {
  const asked: ((answer: string) => void)[] = [];
  const observer = new QueryObserver(cache, {
    queryKey,
    queryFn: () => new Promise<string>((answer) => asked.push(answer)),
  });
  const leave = observer.subscribe(() => {});
  return { asked, shown: () => observer.getCurrentResult().data, leave };
};

describe('answers that letters make stale', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are asked again once, however many letters a window brings', async () => {
    const cache = new QueryClient();
    const page = show(cache);
    page.asked[0]!('running');
    await vi.advanceTimersByTimeAsync(0);
    const marks = markStale(cache, WINDOW);
    for (let letter = 0; letter < 100; letter += 1) marks.add([queryKey]);
    await vi.advanceTimersByTimeAsync(WINDOW);
    expect(page.asked).toHaveLength(2);
    page.leave();
  });

  it('are asked again when the letter came while an older answer was on its way', async () => {
    const cache = new QueryClient();
    const page = show(cache);
    const marks = markStale(cache, WINDOW);
    marks.add([queryKey]);
    await vi.advanceTimersByTimeAsync(WINDOW * 3);
    expect(page.asked).toHaveLength(1);
    page.asked[0]!('read before the letter');
    await vi.advanceTimersByTimeAsync(WINDOW);
    expect(page.asked).toHaveLength(2);
    page.asked[1]!('read after it');
    await vi.advanceTimersByTimeAsync(0);
    expect(page.shown()).toBe('read after it');
    page.leave();
  });

  it('are left alone after the page has stopped listening', async () => {
    const cache = new QueryClient();
    const page = show(cache);
    page.asked[0]!('running');
    await vi.advanceTimersByTimeAsync(0);
    const marks = markStale(cache, WINDOW);
    marks.add([queryKey]);
    marks.stop();
    await vi.advanceTimersByTimeAsync(WINDOW * 2);
    expect(page.asked).toHaveLength(1);
    page.leave();
  });
});
