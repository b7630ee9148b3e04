import { Switch } from '@mantine/core';
import { getGovernance, updateGovernance } from '@muster/contracts/access/access.routes';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.js';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { useMay } from './session.queries.js';

const governanceQuery = queryOptions({
  queryKey: ['governance'],
  queryFn: ({ signal }) => call(getGovernance, { signal }),
});

/** Which duties one person may not hold together. */
export function DutiesPanel() {
  const cache = useQueryClient();
  const mayRead = useMay('access:read');
  const may = useMay('access:write');
  const governance = useQuery({ ...governanceQuery, enabled: mayRead });
  const change = useAction(updateGovernance, {
    onDone: (next) => cache.setQueryData(governanceQuery.queryKey, next),
  });
  if (!mayRead) return null;
  return (
    <Panel title="Duties kept apart">
      <Answer query={governance} lines={2}>
        {({ separateSigner }) => (
          <Switch
            label="Who signs a release neither drafts nor launches it"
            description="Who drafted a release may not sign it, and who signed it may not launch a campaign with it"
            checked={separateSigner}
            disabled={!may || change.isPending}
            title={may ? undefined : 'Needs the permission access:write'}
            onChange={(event) => change.mutate({ body: { separateSigner: event.currentTarget.checked } })}
          />
        )}
      </Answer>
      {change.isError ? <ProblemNotice error={change.error} /> : null}
    </Panel>
  );
}
