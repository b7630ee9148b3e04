import { Button, Modal, MultiSelect, TextInput } from '@mantine/core';
import { createFreeze } from '@muster/contracts/campaigns/brakes.routes';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { fleetQuery } from '../devices/devices.queries.js';

const instant = (local: string): number => (local === '' ? Number.NaN : new Date(local).getTime());

/** A freeze: from when to when, everywhere or at some sites. */
export function NewFreezeDialog({ onClose }: { readonly onClose: () => void }) {
  const fleet = useQuery(fleetQuery);
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [sites, setSites] = useState<string[]>([]);
  const create = useAction(createFreeze, { stale: [['brakes', 'freezes']], onDone: onClose });
  const [starts, ends] = [instant(from), instant(to)];
  const wrong = ends <= starts ? 'Must be after the start' : ends < Date.now() ? 'This is over' : undefined;
  const ready = name.trim() !== '' && starts < ends && wrong === undefined;
  const known = (fleet.data?.sites ?? []).flatMap(({ site }) => (site === null ? [] : [site])).sort();
  return (
    <Modal opened onClose={onClose} title="New freeze" size={520}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready) return;
          create.mutate({
            body: {
              name: name.trim(),
              startsAt: new Date(starts).toISOString(),
              endsAt: new Date(ends).toISOString(),
              sites: sites.length > 0 ? sites : null,
            },
          });
        }}
      >
        <TextInput
          label="Name"
          placeholder="Year-end close"
          required
          maxLength={120}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className={layout.fields}>
          <TextInput
            label="From"
            type="datetime-local"
            required
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            label="To"
            type="datetime-local"
            required
            error={to === '' ? undefined : wrong}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
        </div>
        <MultiSelect
          label="Sites"
          description="Chosen none, it holds everywhere"
          placeholder={sites.length > 0 ? '' : 'everywhere'}
          searchable
          clearable
          data={known}
          value={sites}
          onChange={setSites}
        />
        <p className="quiet">
          Campaigns offer nothing in that time. What a device already installs, it finishes; a rollback is never held
          back.
        </p>
        {create.isError ? <ProblemNotice error={create.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!ready} loading={create.isPending}>
            Freeze
          </Button>
        </div>
      </form>
    </Modal>
  );
}
