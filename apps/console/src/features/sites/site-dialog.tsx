import { Button, Modal, Select, TextInput } from '@mantine/core';
import { updateSite } from '@muster/contracts/devices/devices.routes';
import type { Site } from '@muster/contracts/devices/devices.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { layout } from '../../ui/layout.js';
import { useNow } from '../../ui/now.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { timeIn, timeZones } from '../../ui/time-zones.js';

/** Where a site is: its time zone, which maintenance windows follow, and its region. */
export function SiteDialog({ site, onClose }: { readonly site: Site; readonly onClose: () => void }) {
  const now = useNow();
  const [timezone, setTimezone] = useState(site.timezone);
  const [region, setRegion] = useState(site.region ?? '');
  const save = useAction(updateSite, { stale: [['sites'], ['device']], onDone: onClose });
  const zones = timeZones().includes(site.timezone) ? timeZones() : [site.timezone, ...timeZones()];
  return (
    <Modal opened onClose={onClose} title={site.name} size={460}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ params: { name: site.name }, body: { timezone, region: region.trim() || null } });
        }}
      >
        <Select
          label="Time zone"
          description={`${timeIn(timezone, now)} there now`}
          searchable
          allowDeselect={false}
          data={zones}
          value={timezone}
          onChange={(zone) => zone && setTimezone(zone)}
        />
        <TextInput
          label="Region"
          placeholder="North"
          maxLength={120}
          value={region}
          onChange={(event) => setRegion(event.currentTarget.value)}
        />
        {save.isError ? <ProblemNotice error={save.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
