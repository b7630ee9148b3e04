import { Button, NumberInput, Switch } from '@mantine/core';
import { patchEnrollmentSettings } from '@muster/contracts/enrollment/bulk.routes';
import type { EnrollmentSettings } from '@muster/contracts/enrollment/bulk.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { DurationInput } from '../../ui/duration-input.js';
import { durationText } from '../../ui/duration-text.js';
import { allAtFields, fieldFault } from '../../ui/field-faults.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { MayButton } from '../access/may-button.js';
import { enrollmentSettingsQuery } from './enrollment.queries.js';

type Draft = Omit<EnrollmentSettings, 'version'>;
const DAY = 86_400;
const fields = ['maxPending', 'maxDevices', 'enrollmentsPerMinute', 'leafLifeS', 'graceS'];

function SettingsForm({ settings }: { readonly settings: EnrollmentSettings }) {
  const { version, ...saved } = settings;
  const [draft, setDraft] = useState<Draft>(saved);
  const save = useAction(patchEnrollmentSettings, { stale: [['enrollment-settings']] });
  const fault = (field: string) => fieldFault(save.error, field);
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const changed = (Object.keys(draft) as (keyof Draft)[]).filter((key) => draft[key] !== saved[key]);
  const half = draft.leafLifeS / 2;
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ body: Object.fromEntries(changed.map((key) => [key, draft[key]])), match: version });
      }}
    >
      <Switch
        label="A device without any credential may ask and wait for a person"
        description="Anybody who reaches the device port can then fill the queue, up to its limit"
        checked={draft.operatorApproval}
        onChange={(event) => set({ operatorApproval: event.currentTarget.checked })}
      />
      <Switch
        label="RSA keys are let in"
        description="2048 to 4096 bits, for devices whose hardware knows nothing else"
        checked={draft.rsaKeys}
        onChange={(event) => set({ rsaKeys: event.currentTarget.checked })}
      />
      <div className={layout.fields}>
        <DurationInput
          label="Life of a device certificate"
          description={`Renewal from ${durationText(Math.floor(half))} on`}
          min={3600}
          max={398 * DAY}
          value={draft.leafLifeS}
          onChange={(leafLifeS) => leafLifeS !== null && set({ leafLifeS })}
        />
        <DurationInput
          label="Grace after its end"
          description="A device may still renew once"
          min={0}
          max={365 * DAY}
          value={draft.graceS}
          onChange={(graceS) => graceS !== null && set({ graceS })}
        />
        <NumberInput
          label="Enrolments a minute at most"
          description="Further ones are told to wait"
          min={1}
          max={100_000}
          value={draft.enrollmentsPerMinute}
          error={fault('enrollmentsPerMinute')}
          onChange={(value) => set({ enrollmentsPerMinute: Number(value) || 1 })}
        />
        <NumberInput
          label="Devices that may wait"
          description="The queue takes no more"
          min={1}
          max={100_000}
          value={draft.maxPending}
          error={fault('maxPending')}
          onChange={(value) => set({ maxPending: Number(value) || 1 })}
        />
        <NumberInput
          label="Enrolled devices at most"
          description="Empty for no limit"
          min={1}
          value={draft.maxDevices ?? ''}
          error={fault('maxDevices')}
          onChange={(value) => set({ maxDevices: value === '' ? null : Number(value) })}
        />
      </div>
      {save.isError && !allAtFields(save.error, fields) ? <ProblemNotice error={save.error} /> : null}
      <div className={layout.buttons}>
        {changed.length > 0 ? (
          <Button variant="default" onClick={() => setDraft(saved)}>
            Undo
          </Button>
        ) : null}
        <MayButton
          permission="trust:write"
          type="submit"
          loading={save.isPending}
          whyNot={changed.length === 0 ? 'Nothing is changed' : undefined}
        >
          Save
        </MayButton>
      </div>
    </form>
  );
}

/** How the tenant enrols: who may ask, how long certificates live, and the limits. */
export function SettingsPanel() {
  const settings = useQuery(enrollmentSettingsQuery);
  return (
    <Panel title="How this tenant enrols">
      <Answer query={settings} lines={8}>
        {(value) => <SettingsForm key={value.version} settings={value} />}
      </Answer>
    </Panel>
  );
}
