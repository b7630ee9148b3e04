import { Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { KillSwitchPanel } from '../brakes/kill-switch.panel.js';
import { MailPanel } from '../notifications/mail.panel.js';
import { WebhooksPanel } from '../notifications/webhooks.panel.js';
import { DutiesPanel } from './duties.panel.js';
import { KeysPanel } from './keys.panel.js';
import { PeoplePanel } from './people.panel.js';
import { usePrincipal } from './session.queries.js';
import { SessionsPanel } from './sessions.panel.js';

const route = getRouteApi('/inside/settings');

/** People, keys, who is told, the kill switch and sessions of the tenant. */
export function SettingsPage() {
  const { tab = 'people' } = route.useSearch();
  const navigate = route.useNavigate();
  const principal = usePrincipal();
  return (
    <>
      <PageHeader
        title="Settings"
        sub={principal ? `Tenant ${principal.tenantName} (${principal.tenant}), signed in as ${principal.name}` : null}
      />
      <Tabs
        value={tab}
        onChange={(value) => void navigate({ search: { tab: value as typeof tab }, replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label="Settings" mb="md">
          <Tabs.Tab value="people">People</Tabs.Tab>
          <Tabs.Tab value="keys">API keys</Tabs.Tab>
          <Tabs.Tab value="webhooks">Webhooks and mail</Tabs.Tab>
          <Tabs.Tab value="brakes">Kill switch</Tabs.Tab>
          <Tabs.Tab value="sessions">Your sessions</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <div className={layout.stack}>
            <PeoplePanel />
            <DutiesPanel />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="keys">
          <KeysPanel />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <div className={layout.stack}>
            <WebhooksPanel />
            <MailPanel />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="brakes">
          <KillSwitchPanel />
        </Tabs.Panel>
        <Tabs.Panel value="sessions">
          <SessionsPanel />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
