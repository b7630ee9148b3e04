import type { Route, RouteAnswer } from '@muster/contracts/route';
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { type CallInput, call, mintKey } from './call.js';
import type { ProblemError } from './problem-error.js';

interface ActionOptions<R extends Route> {
  /** Cached answers this makes stale. The live stream would say so a moment later; this makes the page agree at once. */
  readonly stale?: readonly QueryKey[];
  readonly onDone?: (result: RouteAnswer<R>) => void;
}

/**
 * A mutation over one route. The same input sent again after a failure carries the same Idempotency-Key, so pressing
 * the button twice on a bad connection cannot create two things.
 */
export const useAction = <R extends Route>(route: R, options: ActionOptions<R> = {}) => {
  const cache = useQueryClient();
  const pending = useRef<{ input: string; key: string } | null>(null);
  return useMutation<RouteAnswer<R>, ProblemError, CallInput<R>>({
    mutationFn: (input) => {
      const text = JSON.stringify([input.params, input.body]);
      if (pending.current?.input !== text) pending.current = { input: text, key: mintKey() };
      return call(route, { ...input, idempotencyKey: pending.current.key });
    },
    onSuccess: (result) => {
      pending.current = null;
      for (const queryKey of options.stale ?? []) void cache.invalidateQueries({ queryKey });
      options.onDone?.(result);
    },
  });
};
