import { useEffect, useRef } from 'react';

/** The key P, anywhere on the page but in a field or a dialog. Null while there is nothing to pause. */
export const usePauseKey = (pause: (() => void) | null): void => {
  const latest = useRef(pause);
  latest.current = pause;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const busy = (event.target as HTMLElement).closest('input, textarea, select, [role="dialog"], [role="menu"]');
      if (event.key === 'p' && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && !busy)
        latest.current?.();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
};
