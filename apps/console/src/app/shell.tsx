import { Burger, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { openLive } from '../api/live.js';
import { NotificationBell } from '../features/notifications/bell.panel.js';
import { ActiveCampaigns } from './active-campaigns.js';
import { ColorSchemeToggle } from './color-scheme-toggle.js';
import { LiveIndicator } from './live-indicator.js';
import { Navigation } from './navigation.js';
import { PersonMenu } from './person-menu.js';
import { SearchButton } from './search-button.js';
import classes from './shell.module.css';
import { useShortcuts } from './shortcuts.js';

const Palette = lazy(() => import('./palette.js').then((module) => ({ default: module.Palette })));

/** The frame around every page, and the owner of the page's one live stream. */
export function Shell() {
  const cache = useQueryClient();
  useEffect(() => openLive(cache), [cache]);
  useShortcuts();
  const [menu, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(close, [path]);

  return (
    <div className={classes.shell}>
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <aside className={classes.side}>
        <Navigation />
      </aside>
      <div className={classes.main}>
        <header className={classes.top}>
          <Burger
            opened={menu}
            onClick={toggle}
            size="sm"
            className={classes.burger}
            aria-label={menu ? 'Close navigation' : 'Open navigation'}
          />
          <SearchButton />
          <div className={classes.gap} />
          <ActiveCampaigns />
          <LiveIndicator />
          <ColorSchemeToggle />
          <NotificationBell />
          <PersonMenu />
        </header>
        <main id="content" className={classes.content} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Drawer opened={menu} onClose={close} size={232} padding={0} withCloseButton={false} title="Navigation">
        <Navigation />
      </Drawer>
      <Suspense fallback={null}>
        <Palette />
      </Suspense>
    </div>
  );
}
