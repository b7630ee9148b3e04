import { NotificationBell } from '../features/notifications/bell.panel.js';
import { ActiveCampaigns } from './active-campaigns.js';
import { ColorSchemeToggle } from './color-scheme-toggle.js';
import { LiveIndicator } from './live-indicator.js';
import { PersonMenu } from './person-menu.js';

/** The right end of the top bar: what moves, whether it is heard, and the person's own things. */
export function TopTools() {
  return (
    <>
      <ActiveCampaigns />
      <LiveIndicator />
      <ColorSchemeToggle />
      <NotificationBell />
      <PersonMenu />
    </>
  );
}
