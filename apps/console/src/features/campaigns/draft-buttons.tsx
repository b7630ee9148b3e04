import { Button } from '@mantine/core';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { useMay } from '../access/session.queries.js';
import type { EditorState } from './campaign-editor.js';
import { REHEARSAL } from './rehearsal.panel.js';
import type { useCampaignDraft } from './use-campaign-draft.js';
import classes from './wizard.module.css';

interface DraftButtonsProps {
  readonly state: EditorState;
  readonly draft: ReturnType<typeof useCampaignDraft>;
  readonly onSave: () => void;
}

/** Save and launch, each saying why it cannot be pressed. Launching is the form's own submit. */
export function DraftButtons({ state, draft, onSave }: DraftButtonsProps) {
  const mayWrite = useMay('campaign:write');
  const mayLaunch = useMay('campaign:operate');
  const { form } = state;
  return (
    <>
      {draft.error ? <ProblemNotice error={draft.error} /> : null}
      {draft.error && draft.saved ? <p className="soft">It is kept as a draft.</p> : null}
      <div className={classes.finishLine}>
        <Button
          variant="subtle"
          color="gray"
          disabled={state.body === null}
          onClick={() => document.getElementById(REHEARSAL)?.scrollIntoView({ block: 'center' })}
        >
          Rehearse first
        </Button>
        <div className={layout.buttons}>
          <Button
            variant="default"
            disabled={state.body === null || !mayWrite}
            title={mayWrite ? undefined : 'Needs the permission campaign:write'}
            loading={draft.busy === 'save'}
            onClick={onSave}
          >
            {draft.saved ? 'Save changes' : 'Save as draft'}
          </Button>
          <Button
            type="submit"
            disabled={!state.ready || !mayLaunch || !mayWrite}
            title={
              mayLaunch
                ? state.ready
                  ? undefined
                  : 'A launch needs a name, something to bring and at least one eligible device'
                : 'Needs the permission campaign:operate'
            }
            loading={draft.busy === 'launch'}
          >
            {form.approval ? 'Ask for approval' : form.startAt ? 'Schedule' : 'Launch'}
          </Button>
        </div>
      </div>
    </>
  );
}
