import { Select, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { layout } from '../../ui/layout.js';
import type { CampaignForm, FieldsProps } from './campaign-form.js';
import { campaignsQuery } from './campaigns.queries.js';

interface OptionFieldsProps extends FieldsProps {
  /** The campaign that is being edited: it cannot take its own place. */
  readonly self: string | undefined;
}

type Flag = { [K in keyof CampaignForm]: CampaignForm[K] extends boolean ? K : never }[keyof CampaignForm];

const switches: readonly { readonly key: Flag; readonly label: string; readonly description: string }[] = [
  {
    key: 'autoRollback',
    label: 'Roll back by itself when a gate halts the campaign',
    description: 'Every updated device returns to its own last known good release',
  },
  {
    key: 'approval',
    label: 'Another person must approve before it starts',
    description: 'Whoever drafts it cannot approve it, and every later change takes the approval back',
  },
  {
    key: 'lateJoiners',
    label: 'Take in devices that come to match after the launch',
    description: 'They join the last open wave, under the same limits',
  },
  {
    key: 'allowDowngrade',
    label: 'Allow going back to an older version',
    description: 'Without it, devices that run a newer version are left out',
  },
];

/** Safety and scope. */
export function OptionFields({ form, set, self }: OptionFieldsProps) {
  const active = useQuery(campaignsQuery({ active: 'true', pageSize: 50 }));
  return (
    <div className={layout.form}>
      {switches.map(({ key, label, description }) => (
        <Switch
          key={key}
          label={label}
          description={description}
          checked={form[key]}
          onChange={(event) => set({ [key]: event.currentTarget.checked })}
        />
      ))}
      <div className={layout.fields}>
        <Select
          label="Takes the place of"
          description="That campaign stops at launch, and its devices are free for this one"
          placeholder="no other campaign"
          clearable
          searchable
          nothingFoundMessage="No active campaign"
          data={(active.data?.items ?? [])
            .filter(({ id, parentId }) => id !== self && parentId === null)
            .map(({ id, name }) => ({ value: id, label: name }))}
          value={form.supersedes}
          onChange={(supersedes) => set({ supersedes })}
        />
      </div>
    </div>
  );
}
