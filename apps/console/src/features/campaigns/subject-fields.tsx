import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { layout } from '../../ui/layout.js';
import { configsQuery } from '../configs/configs.queries.js';
import { releasesQuery } from '../releases/releases.queries.js';
import type { CampaignForm } from './campaign-form.js';

interface SubjectFieldsProps {
  readonly form: CampaignForm;
  readonly set: (change: Partial<CampaignForm>) => void;
}

/** What the campaign brings: a published release or a version of a golden config. */
export function SubjectFields({ form, set }: SubjectFieldsProps) {
  const releases = useQuery(releasesQuery({ state: 'published', pageSize: 200 }));
  const configs = useQuery({ ...configsQuery, enabled: form.kind === 'config' });
  const chooseRelease = (releaseId: string | null) => {
    const release = releases.data?.items.find((one) => one.id === releaseId);
    set({
      releaseId,
      ...(release && form.name === '' ? { name: `${release.name} ${release.version}` } : {}),
      ...(release && form.selector.model === undefined
        ? { selector: { ...form.selector, model: release.models } }
        : {}),
    });
  };
  // A release named in the address fills the form as if it had been chosen here.
  const fromAddress = form.name === '' && form.releaseId !== null && releases.data !== undefined;
  useEffect(() => {
    if (fromAddress) chooseRelease(form.releaseId);
  }, [releases.data !== undefined]);
  return (
    <div className={layout.form}>
      <SegmentedControl
        aria-label="What the campaign brings"
        w="fit-content"
        value={form.kind}
        onChange={(kind) => set({ kind: kind as CampaignForm['kind'] })}
        data={[
          { value: 'release', label: 'A release' },
          { value: 'config', label: 'A golden config' },
        ]}
      />
      {form.kind === 'release' ? (
        <Select
          label="Release"
          placeholder="Choose a published release"
          searchable
          required
          nothingFoundMessage="No published release"
          value={form.releaseId}
          onChange={chooseRelease}
          data={(releases.data?.items ?? []).map((release) => ({
            value: release.id,
            label: `${release.name} ${release.version} · ${release.models.join(', ')}`,
          }))}
        />
      ) : (
        <Select
          label="Golden config"
          placeholder="Choose a published version"
          searchable
          required
          value={form.configId}
          onChange={(configId) => {
            const config = configs.data?.items.find((one) => one.id === configId);
            set({ configId, configNumber: config?.publishedNumber ?? null });
          }}
          data={(configs.data?.items ?? [])
            .filter((config) => config.publishedNumber !== null)
            .map((config) => ({ value: config.id, label: `${config.name} · version ${config.publishedNumber}` }))}
        />
      )}
    </div>
  );
}
