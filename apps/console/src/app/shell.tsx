import { IconMenu2, IconX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { openLive } from '../api/live.js';
import { Navigation } from './navigation.js';
import classes from './shell.module.css';
import { useShortcuts } from './shortcuts.js';

// Not needed to show the page, and most of what they are built from is not needed for the first one either.
const Palette = lazy(() => import('./palette.js').then((module) => ({ default: module.Palette })));
const TopTools = lazy(() => import('./top-tools.js').then((module) => ({ default: module.TopTools })));
const KillSwitchBar = lazy(() =>
  import('../features/brakes/kill-switch-bar.js').then((module) => ({ default: module.KillSwitchBar })),
);
const SearchButton = lazy(() => import('./search-button.js').then((module) => ({ default: module.SearchButton })));

/** The frame around every page, and the owner of the page's one live stream. */
export function Shell() {
  const cache = useQueryClient();
  useEffect(() => openLive(cache), [cache]);
  useShortcuts();
  const [menu, setMenu] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => setMenu(false), [path]);

  return (
    <div className={classes.shell}>
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <aside id="navigation" className={classes.side} data-open={menu || undefined}>
        <Navigation />
      </aside>
      <div className={classes.main}>
        <div className={classes.chrome}>
          <Suspense fallback={null}>
            <KillSwitchBar />
          </Suspense>
          <header className={classes.top}>
            <button
              type="button"
              className={classes.burger}
              aria-expanded={menu}
              aria-controls="navigation"
              aria-label={menu ? 'Close navigation' : 'Open navigation'}
              onClick={() => setMenu(!menu)}
            >
              {menu ? <IconX size={18} /> : <IconMenu2 size={18} />}
            </button>
            <Suspense fallback={<div className={classes.gap} />}>
              <SearchButton />
              <div className={classes.gap} />
              <TopTools />
            </Suspense>
          </header>
        </div>
        <main id="content" className={classes.content} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Suspense fallback={null}>
        <Palette />
      </Suspense>
    </div>
  );
}
