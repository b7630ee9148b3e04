import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createCampaign, launchCampaign } from '@muster/contracts/campaigns/campaigns.routes';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { call } from '../../api/call.js';
import { useAction } from '../../api/use-action.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { SelectorFields } from '../../ui/selector-fields.js';
import { useMay } from '../access/session.queries.js';
import { asNewCampaign, type CampaignForm, freshForm } from './campaign-form.js';
import { previewQuery } from './campaigns.queries.js';
import { GateFields } from './gate-fields.js';
import { PreflightPanel } from './preflight.panel.js';
import { SubjectFields } from './subject-fields.js';
import { WaveFields } from './wave-fields.js';

const route = getRouteApi('/inside/campaigns/new');

/** A campaign on one page, with what it would do beside it while it is still being written. */
export function NewCampaignPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayLaunch = useMay('campaign:operate');
  const [form, setForm] = useState<CampaignForm>({
    ...freshForm,
    releaseId: search.releaseId ?? null,
    configId: search.configId ?? null,
    kind: search.configId ? 'config' : 'release',
  });
  const set = (change: Partial<CampaignForm>) => setForm((was) => ({ ...was, ...change }));
  const body = useMemo(() => asNewCampaign(form), [form]);
  const [asked] = useDebouncedValue(body, 350);
  const preview = useQuery(previewQuery(asked));

  const create = useAction(createCampaign, { stale: [['campaigns']] });
  const [launchError, setLaunchError] = useState<unknown>(null);
  const submit = async (launch: boolean) => {
    if (!body) return;
    setLaunchError(null);
    const made = await create.mutateAsync({ body }).catch(() => null);
    if (!made) return;
    if (launch)
      await call(launchCampaign, { params: { campaignId: made.id }, body: {}, match: made.version }).catch(
        setLaunchError,
      );
    await navigate({ to: '/campaigns/$campaignId', params: { campaignId: made.id } });
  };
  const ready = body !== null && form.name.trim() !== '' && (preview.data?.eligible ?? 0) > 0;

  return (
    <>
      <PageHeader title="New campaign" parent={{ to: '/campaigns', label: 'Campaigns' }} />
      <form
        className={layout.wideLeft}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void submit(mayLaunch);
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
              <SubjectFields form={form} set={set} />
            </div>
          </Panel>
          <Panel title="To which devices" aside="every field must match; nothing chosen means every device">
            <SelectorFields selector={form.selector} onChange={(selector) => set({ selector })} />
          </Panel>
          <Panel title="In which waves" aside="sizes are cumulative; the last reaches 100%">
            <WaveFields form={form} set={set} preview={preview.data} />
          </Panel>
          <Panel title="What each wave must show">
            <GateFields form={form} set={set} />
          </Panel>
        </div>
        <PreflightPanel form={form} preview={preview}>
          {create.isError ? <ProblemNotice error={create.error} /> : null}
          {launchError ? <ProblemNotice error={launchError} /> : null}
          <div className={layout.buttons}>
            <Button
              variant="default"
              disabled={body === null || form.name.trim() === ''}
              loading={create.isPending}
              onClick={() => void submit(false)}
            >
              Save as draft
            </Button>
            <Button
              type="submit"
              disabled={!ready || !mayLaunch}
              title={mayLaunch ? undefined : 'Needs the permission campaign:operate'}
              loading={create.isPending}
            >
              {form.approval ? 'Ask for approval' : 'Launch'}
            </Button>
          </div>
        </PreflightPanel>
      </form>
    </>
  );
}
