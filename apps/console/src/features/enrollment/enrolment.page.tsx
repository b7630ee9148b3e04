import { Tabs } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { count } from '../../ui/format.js';
import { PageHeader } from '../../ui/page-header.js';
import { ApprovalsPanel } from './approvals.panel.js';
import { approvalsQuery } from './enrollment.queries.js';

const TokensPanel = lazy(() => import('./tokens.panel.js').then((module) => ({ default: module.TokensPanel })));
const ClaimsPanel = lazy(() => import('./claims.panel.js').then((module) => ({ default: module.ClaimsPanel })));
const ManufacturersPanel = lazy(() =>
  import('./manufacturers.panel.js').then((module) => ({ default: module.ManufacturersPanel })),
);
const RegisteredKeysPanel = lazy(() =>
  import('./registered-keys.panel.js').then((module) => ({ default: module.RegisteredKeysPanel })),
);
const SettingsPanel = lazy(() => import('./settings.panel.js').then((module) => ({ default: module.SettingsPanel })));

const route = getRouteApi('/inside/enrolment');

/** The ways in: who waits for a person, and what lets devices in without one. */
export function EnrolmentPage() {
  const { tab = 'approvals' } = route.useSearch();
  const navigate = route.useNavigate();
  const first = useInfiniteQuery(approvalsQuery('pending')).data?.pages[0];
  const waiting = first ? (first.totalSize ?? first.items.length) : 0;
  return (
    <>
      <PageHeader
        title="Enrolment"
        sub="How devices get their identity: by a token, a batch, their manufacturer, a known key or your word."
      />
      <Tabs
        value={tab}
        onChange={(value) => void navigate({ search: { tab: value as typeof tab }, replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label="Ways in" mb="md">
          <Tabs.Tab value="approvals">Approvals{waiting > 0 ? ` (${count(waiting)})` : ''}</Tabs.Tab>
          <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
          <Tabs.Tab value="claims">Claim batches</Tabs.Tab>
          <Tabs.Tab value="manufacturers">Manufacturers</Tabs.Tab>
          <Tabs.Tab value="keys">Registered keys</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Suspense fallback={null}>
          <Tabs.Panel value="approvals">
            <ApprovalsPanel />
          </Tabs.Panel>
          <Tabs.Panel value="tokens">
            <TokensPanel />
          </Tabs.Panel>
          <Tabs.Panel value="claims">
            <ClaimsPanel />
          </Tabs.Panel>
          <Tabs.Panel value="manufacturers">
            <ManufacturersPanel />
          </Tabs.Panel>
          <Tabs.Panel value="keys">
            <RegisteredKeysPanel />
          </Tabs.Panel>
          <Tabs.Panel value="settings">
            <SettingsPanel />
          </Tabs.Panel>
        </Suspense>
      </Tabs>
    </>
  );
}
