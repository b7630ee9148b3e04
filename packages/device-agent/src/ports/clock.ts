/** Time as the agent sees it. Everything that waits or stamps goes through here, so tests and simulated devices own time. */
export interface Clock {
  /** Wall time; may jump. Used for stamps only, never to measure. */
  now(): Date;
  /** Milliseconds that never run backwards. */
  monotonic(): number;
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    // setTimeout reads more than 2^31-1 ms as 1 ms.
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), 2_147_483_647));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or early when the signal aborts; it never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
