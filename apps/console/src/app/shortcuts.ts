import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';

const places = {
  o: '/',
  d: '/devices',
  f: '/drift',
  m: '/sites',
  c: '/campaigns',
  z: '/freezes',
  r: '/releases',
  g: '/configs',
  n: '/anomalies',
  i: '/ingest',
  l: '/dead-letters',
  t: '/storage',
  e: '/metrics-catalogue',
  w: '/enrolment',
  k: '/trust',
  a: '/audit',
  s: '/settings',
} as const;

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `g` then a letter goes to a page; `/` puts the cursor into the page's filter. */
export const useShortcuts = (): void => {
  const navigate = useNavigate();
  useEffect(() => {
    let armedAt = -Infinity;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (event.key === '/') {
        const filter = document.querySelector<HTMLInputElement>('[data-page-filter]');
        if (filter) {
          event.preventDefault();
          filter.focus();
        }
        return;
      }
      if (event.key === 'g' && event.timeStamp - armedAt > 1200) {
        armedAt = event.timeStamp;
        return;
      }
      const place = places[event.key as keyof typeof places];
      if (place && event.timeStamp - armedAt <= 1200) {
        armedAt = -Infinity;
        void navigate({ to: place });
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [navigate]);
};
