import { Menu } from '@mantine/core';
import { getEvidence } from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { call } from '../../api/call.js';
import { asProblem } from '../../api/problem-error.js';

const keep = (name: string, content: unknown) => {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};

/** Every decision with what it was made from, as one file that can be judged again without this server. */
export function EvidenceItem({ campaign }: { readonly campaign: Campaign }) {
  const fetched = useMutation({
    mutationFn: () => call(getEvidence, { params: { campaignId: campaign.id } }),
    onSuccess: (bundle) => keep(`evidence-${campaign.id}.json`, bundle),
  });
  return (
    <Menu.Item
      leftSection={<IconDownload size={14} />}
      closeMenuOnClick={false}
      onClick={() => fetched.mutate()}
      title="All decision records, to be judged again offline"
    >
      {fetched.isPending
        ? 'Collecting…'
        : fetched.isError
          ? `Not available: ${asProblem(fetched.error).title.toLowerCase()}`
          : 'Download the evidence'}
    </Menu.Item>
  );
}
