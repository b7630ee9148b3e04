import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight';
import { IconBroadcast, IconCpu, IconFileText, IconPackage, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { campaignsQuery } from '../features/campaigns/campaigns.queries.js';
import { devicesQuery } from '../features/devices/devices.queries.js';
import { releasesQuery } from '../features/releases/releases.queries.js';
import { words } from '../ui/format.js';

const pages = [
  ['Overview', '/', 'g o'],
  ['Devices', '/devices', 'g d'],
  ['Sites', '/sites', 'g m'],
  ['Drift', '/drift', 'g f'],
  ['Campaigns', '/campaigns', 'g c'],
  ['Releases', '/releases', 'g r'],
  ['Golden configs', '/configs', 'g g'],
  ['Freezes', '/freezes', 'g z'],
  ['Anomalies', '/anomalies', 'g n'],
  ['Ingest', '/ingest', 'g i'],
  ['Dead letters', '/dead-letters', 'g l'],
  ['Storage and retention', '/storage', 'g t'],
  ['Metric catalogue', '/metrics-catalogue', 'g e'],
  ['Enrolment', '/enrolment', 'g w'],
  ['Certificates and trust', '/trust', 'g k'],
  ['Audit', '/audit', 'g a'],
  ['Settings', '/settings', 'g s'],
] as const;

/** Ctrl-K: pages, devices, campaigns and releases by name, and the things people come to do. */
export function Palette() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 150);
  const asked = q.length > 0;
  const devices = useQuery({ ...devicesQuery({ q, pageSize: 6 }), enabled: asked });
  const campaigns = useQuery({ ...campaignsQuery({ pageSize: 50 }), enabled: asked });
  const releases = useQuery({ ...releasesQuery({ pageSize: 50 }), enabled: asked });
  const matches = (name: string) => name.toLowerCase().includes(q.toLowerCase());

  const go: SpotlightActionData[] = pages
    .filter(([label]) => !asked || matches(label))
    .map(([label, to, keys]) => ({
      id: to,
      label,
      rightSection: <span className="quiet">{keys}</span>,
      leftSection: <IconFileText size={16} />,
      onClick: () => void navigate({ to }),
    }));
  const verbs: SpotlightActionData[] = [
    { id: 'enrol', label: 'Enrol a device', onClick: () => void navigate({ to: '/devices', hash: 'enrol' }) },
    {
      id: 'approve-devices',
      label: 'Approve waiting devices',
      onClick: () => void navigate({ to: '/enrolment', search: { tab: 'approvals' } }),
    },
    {
      id: 'many-tokens',
      label: 'Enrol many devices: tokens by serial number',
      onClick: () => void navigate({ to: '/enrolment', search: { tab: 'tokens' }, hash: 'bulk' }),
    },
    {
      id: 'claim-batch',
      label: 'New claim batch',
      onClick: () => void navigate({ to: '/enrolment', search: { tab: 'claims' }, hash: 'new' }),
    },
    {
      id: 'trust-changes',
      label: 'Approve changes of trust',
      onClick: () => void navigate({ to: '/trust', search: { tab: 'changes' } }),
    },
    {
      id: 'roll-over',
      label: 'Replace a certificate authority',
      onClick: () => void navigate({ to: '/trust', search: { tab: 'rollover' } }),
    },
    { id: 'launch', label: 'New campaign', onClick: () => void navigate({ to: '/campaigns/new' }) },
    {
      id: 'stop-everything',
      label: 'Kill switch: stop everything',
      onClick: () => void navigate({ to: '/settings', search: { tab: 'brakes' } }),
    },
    { id: 'freeze', label: 'New freeze', onClick: () => void navigate({ to: '/freezes', hash: 'new' }) },
    { id: 'upload', label: 'Upload a release', onClick: () => void navigate({ to: '/releases', hash: 'upload' }) },
  ]
    .filter(({ label }) => !asked || matches(label))
    .map((verb) => ({ ...verb, leftSection: <IconPlus size={16} /> }));
  const found: SpotlightActionData[] = asked
    ? [
        ...(devices.data?.items ?? []).map((device) => ({
          id: device.id,
          label: device.name,
          description: [words(device.presence), device.model, device.site].filter(Boolean).join(' · '),
          leftSection: <IconCpu size={16} />,
          onClick: () => void navigate({ to: '/devices/$deviceId', params: { deviceId: device.id } }),
        })),
        ...(campaigns.data?.items ?? [])
          .filter(({ name }) => matches(name))
          .slice(0, 5)
          .map((campaign) => ({
            id: campaign.id,
            label: campaign.name,
            description: words(campaign.state),
            leftSection: <IconBroadcast size={16} />,
            onClick: () => void navigate({ to: '/campaigns/$campaignId', params: { campaignId: campaign.id } }),
          })),
        ...(releases.data?.items ?? [])
          .filter((release) => matches(`${release.name} ${release.version}`))
          .slice(0, 5)
          .map((release) => ({
            id: release.id,
            label: `${release.name} ${release.version}`,
            description: words(release.state),
            leftSection: <IconPackage size={16} />,
            onClick: () => void navigate({ to: '/releases/$releaseId', params: { releaseId: release.id } }),
          })),
      ]
    : [];

  const first = found[0] ?? go[0] ?? verbs[0];
  return (
    <Spotlight
      query={text}
      onQueryChange={setText}
      actions={[
        ...(found.length > 0 ? [{ group: 'Found', actions: found }] : []),
        ...(go.length > 0 ? [{ group: 'Go to', actions: go }] : []),
        ...(verbs.length > 0 ? [{ group: 'Do', actions: verbs }] : []),
      ]}
      // The lists above are already filtered, devices by the server.
      filter={(_, actions) => actions}
      shortcut={['mod + K']}
      // Also from within a filter or a form: nobody types this chord as text.
      tagsToIgnore={[]}
      nothingFound={devices.isFetching ? 'Looking…' : 'Nothing by that name'}
      scrollable
      overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={17} />,
        placeholder: 'A device, a campaign, a release, a page…',
        'aria-label': 'Search or jump to',
        // Enter takes the first answer; once the arrow keys have chosen another, the palette does it itself.
        onKeyDown: (event) => {
          if (event.key !== 'Enter' || !first || document.querySelector('.mantine-Spotlight-action[data-selected]'))
            return;
          spotlight.close();
          first.onClick?.(event as never);
        },
      }}
    />
  );
}
