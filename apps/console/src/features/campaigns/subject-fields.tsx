import { SegmentedControl, Select } from '@mantine/core';
import { commandCatalogue, commandNames } from '@muster/contracts/commands/commands.schema';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { layout } from '../../ui/layout.js';
import { configsQuery } from '../configs/configs.queries.js';
import { releasesQuery } from '../releases/releases.queries.js';
import type { CampaignForm, FieldsProps } from './campaign-form.js';
import { ReleaseDemands } from './release-demands.js';

interface SubjectFieldsProps extends FieldsProps {
  /** A saved campaign keeps its kind. */
  readonly saved: boolean;
}

function ReleaseField({ form, set }: FieldsProps) {
  const releases = useQuery(releasesQuery({ state: 'published', pageSize: 200 }));
  const release = releases.data?.items.find((one) => one.id === form.releaseId);
  const choose = (releaseId: string | null) => {
    const chosen = releases.data?.items.find((one) => one.id === releaseId);
    set({
      releaseId,
      ...(chosen && form.name === '' ? { name: `${chosen.name} ${chosen.version}` } : {}),
      ...(chosen && form.selector.model === undefined ? { selector: { ...form.selector, model: chosen.models } } : {}),
    });
  };
  // A release named in the address fills the form as if it had been chosen here.
  const fromAddress = form.name === '' && form.releaseId !== null && releases.data !== undefined;
  useEffect(() => {
    if (fromAddress) choose(form.releaseId);
  }, [releases.data !== undefined]);
  return (
    <>
      <Select
        label="Release"
        placeholder="Choose a published release"
        searchable
        required
        nothingFoundMessage="No published release"
        value={form.releaseId}
        onChange={choose}
        data={(releases.data?.items ?? []).map((one) => ({
          value: one.id,
          label: `${one.name} ${one.version} · ${one.models.join(', ')}`,
        }))}
      />
      {release ? <ReleaseDemands release={release} /> : null}
    </>
  );
}

function ConfigField({ form, set }: FieldsProps) {
  const configs = useQuery(configsQuery);
  return (
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
  );
}

function CommandField({ form, set }: FieldsProps) {
  return (
    <Select
      label="Command"
      placeholder="Choose a command"
      required
      value={form.command}
      onChange={(command) => set({ command: command as CampaignForm['command'] })}
      data={commandNames.map((name) => ({ value: name, label: commandCatalogue[name].title }))}
    />
  );
}

/** What the campaign brings: a published release, a version of a golden config, or a command. */
export function SubjectFields({ form, set, saved }: SubjectFieldsProps) {
  return (
    <div className={layout.form}>
      {saved ? null : (
        <SegmentedControl
          aria-label="What the campaign brings"
          w="fit-content"
          value={form.kind}
          onChange={(kind) => set({ kind: kind as CampaignForm['kind'] })}
          data={[
            { value: 'release', label: 'A release' },
            { value: 'config', label: 'A golden config' },
            { value: 'command', label: 'A command' },
          ]}
        />
      )}
      {form.kind === 'release' ? <ReleaseField form={form} set={set} /> : null}
      {form.kind === 'config' && !saved ? <ConfigField form={form} set={set} /> : null}
      {form.kind === 'command' && !saved ? <CommandField form={form} set={set} /> : null}
    </div>
  );
}
