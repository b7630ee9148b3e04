import { ActionIcon, Button, Checkbox, NumberInput, Select } from '@mantine/core';
import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { z } from 'zod';
import { DurationInput } from '../../ui/duration-input.js';
import { durationText } from '../../ui/duration-text.js';
import { count } from '../../ui/format.js';
import { type FieldsProps, nextKey, type WaveDraft, wave as waveDraft, wavePresets } from './campaign-form.js';
import classes from './wizard.module.css';

interface WaveFieldsProps extends FieldsProps {
  readonly preview: z.infer<typeof CampaignPreview> | undefined;
}

type Change = (next: Partial<WaveDraft>) => void;

function Size({ wave, n, change }: { readonly wave: WaveDraft; readonly n: number; readonly change: Change }) {
  return (
    <div className={classes.waveSize}>
      <NumberInput
        aria-label={`Size of wave ${n}`}
        min={wave.unit === 'percent' ? 0.1 : 1}
        max={wave.unit === 'percent' ? 100 : 1_000_000}
        allowNegative={false}
        hideControls
        value={wave.size}
        onChange={(size) => typeof size === 'number' && change({ size })}
      />
      <Select
        aria-label={`Unit of wave ${n}`}
        allowDeselect={false}
        w={68}
        data={[
          { value: 'percent', label: '%' },
          { value: 'devices', label: 'pcs' },
        ]}
        value={wave.unit}
        onChange={(unit) => change({ unit: unit as WaveDraft['unit'] })}
      />
    </div>
  );
}

/** The waves one under another; beside each how many devices it would be. */
export function WaveFields({ form, set, preview }: WaveFieldsProps) {
  const changeOf =
    (key: number): Change =>
    (next) =>
      set({ waves: form.waves.map((wave) => (wave.key === key ? { ...wave, ...next } : wave)) });
  const insert = () => {
    const last = form.waves.at(-1);
    const before = form.waves.at(-2);
    const size = Math.max(1, Math.round(((before?.size ?? 0) + (last?.size ?? 100)) / 2));
    const made = waveDraft(nextKey(form.waves), last?.unit ?? 'percent', size);
    set({ waves: [...form.waves.slice(0, -1), made, ...(last ? [last] : [])] });
  };
  return (
    <>
      <div className={classes.presets}>
        <span className="quiet">Start from</span>
        {Object.entries(wavePresets).map(([key, preset]) => (
          <Button
            key={key}
            variant="default"
            size="compact-xs"
            title={preset.label}
            onClick={() => set({ waves: preset.waves })}
          >
            {key === 'percent' ? '1 · 10 · 100%' : '10 · 50 · 100 · 200 · rest'}
          </Button>
        ))}
      </div>
      <ol>
        {form.waves.map((wave, index) => {
          const n = index + 1;
          const change = changeOf(wave.key);
          const planned = preview?.waves[index];
          return (
            <li key={wave.key} className={classes.waveRow}>
              <b>Wave {n}</b>
              <Size wave={wave} n={n} change={change} />
              <DurationInput
                aria-label={`Soak of wave ${n}`}
                placeholder={`soak ${durationText(form.soakS)}`}
                optional
                max={2_592_000}
                value={wave.soakS}
                onChange={(soakS) => change({ soakS })}
              />
              <span className="quiet num">
                {planned ? `${count(planned.size)} more, ${count(planned.cumulative)} in all` : ''}
              </span>
              <span className={classes.waveEnd}>
                {index < form.waves.length - 1 ? (
                  <Checkbox
                    label="Hold after"
                    checked={wave.holdAfter}
                    onChange={(event) => change({ holdAfter: event.currentTarget.checked })}
                  />
                ) : null}
                <ActionIcon
                  aria-label={`Remove wave ${n}`}
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
