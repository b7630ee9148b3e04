import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { TrustSearch } from '../../app/search.js';
import { count } from '../../ui/format.js';
import { PageHeader } from '../../ui/page-header.js';
import { OverviewPanel } from './overview.panel.js';
import { proposedQuery } from './trust.queries.js';

const ChangesPanel = lazy(() => import('./changes.panel.js').then((module) => ({ default: module.ChangesPanel })));
const FleetCertificatesPanel = lazy(() =>
  import('./fleet-certificates.panel.js').then((module) => ({ default: module.FleetCertificatesPanel })),
);
const AuthoritiesPanel = lazy(() =>
  import('./authorities.panel.js').then((module) => ({ default: module.AuthoritiesPanel })),
);
const RolloverPanel = lazy(() => import('./rollover.panel.js').then((module) => ({ default: module.RolloverPanel })));
const SigningKeysPanel = lazy(() =>
  import('./signing-keys.panel.js').then((module) => ({ default: module.SigningKeysPanel })),
);

const route = getRouteApi('/inside/trust');

/** Certificates of the fleet, what they hang from, and the steps that take two people. */
export function TrustPage() {
  const { tab = 'overview' } = route.useSearch();
  const navigate = route.useNavigate();
  const proposed = useQuery(proposedQuery).data;
  const waiting = proposed ? (proposed.totalSize ?? proposed.items.length) : 0;
  return (
    <>
      <PageHeader
        title="Certificates & trust"
        sub="Who has which certificate until when, what signs them, and how to replace it without losing a device."
      />
      <Tabs
        value={tab}
        onChange={(value) => void navigate({ search: { tab: value as TrustSearch['tab'] }, replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label="Certificates and trust" mb="md">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="changes">Changes{waiting > 0 ? ` (${count(waiting)})` : ''}</Tabs.Tab>
          <Tabs.Tab value="certificates">Certificates</Tabs.Tab>
          <Tabs.Tab value="authorities">Authorities</Tabs.Tab>
          <Tabs.Tab value="rollover">Rollover</Tabs.Tab>
          <Tabs.Tab value="keys">Signing keys</Tabs.Tab>
        </Tabs.List>
        <Suspense fallback={null}>
          <Tabs.Panel value="overview">
            <OverviewPanel />
          </Tabs.Panel>
          <Tabs.Panel value="changes">
            <ChangesPanel />
          </Tabs.Panel>
          <Tabs.Panel value="certificates">
            <FleetCertificatesPanel />
          </Tabs.Panel>
          <Tabs.Panel value="authorities">
            <AuthoritiesPanel />
          </Tabs.Panel>
          <Tabs.Panel value="rollover">
            <RolloverPanel />
          </Tabs.Panel>
          <Tabs.Panel value="keys">
            <SigningKeysPanel />
          </Tabs.Panel>
        </Suspense>
      </Tabs>
    </>
  );
}
