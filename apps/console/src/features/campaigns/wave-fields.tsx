import { ActionIcon, Button, Checkbox, NumberInput, Select } from '@mantine/core';
import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { z } from 'zod';
import { many } from '../../ui/format.js';
import type { CampaignForm, WaveDraft } from './campaign-form.js';
import classes from './campaigns.module.css';

interface WaveFieldsProps {
  readonly form: CampaignForm;
  readonly set: (change: Partial<CampaignForm>) => void;
  readonly preview: z.infer<typeof CampaignPreview> | undefined;
}

/** The waves one under another; beside each how many devices it would be. */
export function WaveFields({ form, set, preview }: WaveFieldsProps) {
  const change = (key: number, next: Partial<WaveDraft>) =>
    set({ waves: form.waves.map((wave) => (wave.key === key ? { ...wave, ...next } : wave)) });
  const insert = () => {
    const last = form.waves.at(-1);
    const before = form.waves.at(-2);
    const size = Math.max(1, Math.round(((before?.size ?? 0) + (last?.size ?? 100)) / 2));
    const key = 1 + Math.max(0, ...form.waves.map((wave) => wave.key));
    const wave: WaveDraft = { key, unit: last?.unit ?? 'percent', size, soakS: null, holdAfter: false };
    set({ waves: [...form.waves.slice(0, -1), wave, ...(last ? [last] : [])] });
  };
  return (
    <>
      <ol>
        {form.waves.map((wave, index) => {
          const planned = preview?.waves[index];
          return (
            <li key={wave.key} className={classes.waveRow}>
              <b>Wave {index + 1}</b>
              <div className={classes.waveSize}>
                <NumberInput
                  aria-label={`Size of wave ${index + 1}`}
                  min={wave.unit === 'percent' ? 0.1 : 1}
                  max={wave.unit === 'percent' ? 100 : 1_000_000}
                  allowNegative={false}
                  hideControls
                  value={wave.size}
                  onChange={(size) => typeof size === 'number' && change(wave.key, { size })}
                />
                <Select
                  aria-label={`Unit of wave ${index + 1}`}
                  allowDeselect={false}
                  w={88}
                  data={[
                    { value: 'percent', label: '%' },
                    { value: 'devices', label: 'pcs' },
                  ]}
                  value={wave.unit}
                  onChange={(unit) => change(wave.key, { unit: unit as WaveDraft['unit'] })}
                />
              </div>
              <NumberInput
                aria-label={`Soak of wave ${index + 1} in seconds`}
                placeholder={`${form.soakS} s soak`}
                min={0}
                hideControls
                suffix=" s soak"
                value={wave.soakS ?? ''}
                onChange={(soakS) => change(wave.key, { soakS: typeof soakS === 'number' ? soakS : null })}
              />
              <span className="quiet num">
                {planned ? `${many(planned.size, 'device')} more, ${planned.cumulative} in all` : ''}
              </span>
              <span className={classes.waveEnd}>
                {index < form.waves.length - 1 ? (
                  <Checkbox
                    label="Hold after"
                    checked={wave.holdAfter}
                    onChange={(event) => change(wave.key, { holdAfter: event.currentTarget.checked })}
                  />
                ) : null}
                <ActionIcon
                  aria-label={`Remove wave ${index + 1}`}
                  disabled={form.waves.length === 1}
                  onClick={() => set({ waves: form.waves.filter((one) => one.key !== wave.key) })}
                >
                  <IconTrash size={15} />
                </ActionIcon>
              </span>
            </li>
          );
        })}
      </ol>
      <Button variant="subtle" color="gray" mt="sm" leftSection={<IconPlus size={14} />} onClick={insert}>
        Add a wave before the last
      </Button>
    </>
  );
}
