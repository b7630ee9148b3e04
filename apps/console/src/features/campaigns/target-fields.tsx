import { Button, SegmentedControl, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { count, many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { SelectorFields } from '../../ui/selector-fields.js';
import type { CampaignForm, FieldsProps } from './campaign-form.js';
import { cutNames, findNamedDevices, MOST_NAMES } from './find-named-devices.js';

function ListField({ form, set }: FieldsProps) {
  const [text, setText] = useState(form.ids.join('\n'));
  const names = cutNames(text);
  const find = useMutation({
    mutationFn: () => findNamedDevices(names),
    onSuccess: ({ ids }) => set({ ids }),
  });
  return (
    <div className={layout.form}>
      <Textarea
        label="Devices"
        description={`Ids, serials or names, one a line or with commas. Ids as many as you like; of the others ${count(MOST_NAMES)} at most.`}
        placeholder={'GW-000123\nGW-000124'}
        autosize
        minRows={4}
        maxRows={12}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={layout.filters}>
        <Button variant="default" disabled={names.length === 0} loading={find.isPending} onClick={() => find.mutate()}>
          Find {names.length > 0 ? many(names.length, 'device') : 'them'}
        </Button>
        <span role="status" className="soft">
          {find.data ? (
            <>
              {many(find.data.ids.length, 'device')} found
              {find.data.unknown.length > 0
                ? `; ${count(find.data.unknown.length)} not known: ${find.data.unknown.slice(0, 8).join(', ')}${find.data.unknown.length > 8 ? '…' : ''}`
                : ''}
            </>
          ) : form.ids.length > 0 ? (
            `${many(form.ids.length, 'device')} in the list`
          ) : null}
        </span>
      </div>
      {find.isError ? <ProblemNotice error={find.error} /> : null}
    </div>
  );
}

/** Whom the campaign means: by their properties, or one by one. */
export function TargetFields({ form, set }: FieldsProps) {
  return (
    <div className={layout.form}>
      <SegmentedControl
        aria-label="How the devices are named"
        w="fit-content"
        value={form.targets}
        onChange={(targets) => set({ targets: targets as CampaignForm['targets'] })}
        data={[
          { value: 'selector', label: 'By properties' },
          { value: 'list', label: 'By a list' },
        ]}
      />
      {form.targets === 'selector' ? (
        <SelectorFields selector={form.selector} onChange={(selector) => set({ selector })} />
      ) : (
        <ListField form={form} set={set} />
      )}
    </div>
  );
}
