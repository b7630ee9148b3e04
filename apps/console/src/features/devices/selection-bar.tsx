import { Button } from '@mantine/core';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { IconBroadcast, IconPin } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { DevicesSearch } from '../../app/search.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { useMay } from '../access/session.queries.js';
import { selectorFromSearch } from '../campaigns/selector-from-search.js';
import { PinDialog } from './pin-dialog.js';

interface SelectionBarProps {
  readonly search: DevicesSearch;
  readonly total: number | null;
  readonly chosen: ReadonlySet<string>;
  readonly shown: readonly string[];
  readonly onChoose: (ids: ReadonlySet<string>) => void;
}

/** Filters that a group cannot be named by, because what they say changes by itself. */
const passing = (search: DevicesSearch): string[] =>
  (['q', 'presence', 'state', 'drifted'] as const).filter((key) => search[key] !== undefined);

/** What can be done with the chosen devices, or with all that the filter names. */
export function SelectionBar({ search, total, chosen, shown, onChoose }: SelectionBarProps) {
  const may = useMay('device:write');
  const [pinning, setPinning] = useState<Selector | null>(null);
  const group = selectorFromSearch(search);
  const named = Object.keys(group).length > 0 && passing(search).length === 0;
  const byChoice = chosen.size > 0;
  if (!byChoice && !named) return null;
  const whom = byChoice
    ? many(chosen.size, 'chosen device')
    : total === null
      ? 'all of these'
      : `all ${many(total, 'device')}`;
  return (
    <div className={layout.filters} role="toolbar" aria-label="With these devices">
      <span className="soft num">{whom}</span>
      <Button
        variant="default"
        size="compact-xs"
        leftSection={<IconPin size={13} />}
        disabled={!may}
        title={may ? undefined : 'Needs the permission device:write'}
        onClick={() => setPinning(byChoice ? { ids: [...chosen] } : group)}
      >
        Pin…
      </Button>
      {byChoice ? (
        <>
          <Button variant="subtle" color="gray" size="compact-xs" onClick={() => onChoose(new Set(shown))}>
            Choose all shown
          </Button>
          <Button variant="subtle" color="gray" size="compact-xs" onClick={() => onChoose(new Set())}>
            Choose none
          </Button>
        </>
      ) : (
        <Button
          variant="default"
          size="compact-xs"
          leftSection={<IconBroadcast size={13} />}
          renderRoot={(props) => (
            <Link
              to="/campaigns/new"
              search={{
                model: search.model,
                site: search.site,
                firmware: search.firmware,
                label: search.label,
              }}
              {...props}
            />
          )}
        >
          New campaign
        </Button>
      )}
      {pinning ? (
        <PinDialog selector={pinning} devices={byChoice ? chosen.size : total} onClose={() => setPinning(null)} />
      ) : null}
    </div>
  );
}
