import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import type { CampaignForm } from './campaign-form.js';
import { previewQuery } from './campaigns.queries.js';
import { GateFields } from './gate-fields.js';
import { HealthFields } from './health-fields.js';
import { OptionFields } from './option-fields.js';
import { PaceFields } from './pace-fields.js';
import { asNewCampaign } from './plan-of-form.js';
import { PreflightPanel } from './preflight.panel.js';
import { RehearsalPanel } from './rehearsal.panel.js';
import { ReviewPanel } from './review.panel.js';
import { SubjectFields } from './subject-fields.js';
import { TargetFields } from './target-fields.js';
import { WaveFields } from './wave-fields.js';
import { WhenFields } from './when-fields.js';
import classes from './wizard.module.css';

export interface EditorState {
  readonly form: CampaignForm;
  /** The body as the server would take it; null while something is missing. */
  readonly body: ReturnType<typeof asNewCampaign>;
  /** Whether it has a name, devices, and no field that is wrong by itself. */
  readonly ready: boolean;
}

interface CampaignEditorProps {
  readonly initial: CampaignForm;
  readonly saved?: Campaign;
  readonly onSubmit: (state: EditorState) => void;
  /** Buttons and what went wrong, at the end of the preflight column. */
  readonly finish: (state: EditorState) => ReactNode;
}

/** A campaign on one page, with what it would do beside it while it is still being written. */
export function CampaignEditor({ initial, saved, onSubmit, finish }: CampaignEditorProps) {
  const [form, setForm] = useState(initial);
  const set = (change: Partial<CampaignForm>) => setForm((was) => ({ ...was, ...change }));
  const body = useMemo(() => asNewCampaign(form), [form]);
  const [asked] = useDebouncedValue(body, 350);
  const preview = useQuery(previewQuery(asked));
  const whole = form.windows.every(({ days }) => days.length > 0);
  const named = form.name.trim() !== '';
  const ready = body !== null && named && whole && (preview.data?.eligible ?? 0) > 0;
  const state: EditorState = { form, body: named && whole ? body : null, ready };
  const fields = { form, set };
  return (
    <form
      className={layout.wideLeft}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSubmit(state);
      }}
    >
      <div className={layout.stack}>
        <Panel title="What">
          <div className={layout.form}>
            <TextInput
              label="Name"
              placeholder="Gateway 1.5.0 to everyone"
              required
              maxLength={120}
              value={form.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            <SubjectFields {...fields} saved={saved !== undefined} />
          </div>
        </Panel>
        <Panel title="To which devices" aside="every field must match; nothing chosen means every device">
          <TargetFields {...fields} />
        </Panel>
        <Panel title="In which waves" aside="sizes are cumulative; the last reaches 100%">
          <WaveFields {...fields} preview={preview.data} />
        </Panel>
        <Panel title="At which pace">
          <PaceFields {...fields} />
        </Panel>
        <Panel title="What each wave must show" aside="rates are of devices with an outcome">
          <div className={layout.form}>
            <GateFields {...fields} />
            <hr className={classes.rule} />
            <HealthFields {...fields} />
          </div>
        </Panel>
        <Panel title="When">
          <WhenFields {...fields} />
        </Panel>
        <Panel title="Options">
          <OptionFields {...fields} self={saved?.id} />
        </Panel>
        <ReviewPanel form={form} saved={saved} />
      </div>
      <PreflightPanel form={form} preview={preview}>
        <RehearsalPanel body={body} />
        <div className={classes.finish}>{finish(state)}</div>
      </PreflightPanel>
    </form>
  );
}
