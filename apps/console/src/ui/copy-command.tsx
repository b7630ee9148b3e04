import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { copyText } from './clipboard.js';
import classes from './copy-command.module.css';

interface CopyCommandProps {
  readonly command: string;
  /** Names the block and its button: "Command to run on the device". */
  readonly label: string;
}

/** A command to paste into a terminal, whole and with one button. */
export function CopyCommand({ command, label }: CopyCommandProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    setCopied(await copyText(command));
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <figure className={classes.block} aria-label={label}>
      <pre className={classes.code}>
        <span aria-hidden className={classes.prompt}>
          ${' '}
        </span>
        <code data-command>{command}</code>
      </pre>
      <Button
        className={classes.button}
        size="compact-xs"
        variant="default"
        leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        onClick={() => void copy()}
        aria-label={`Copy: ${label}`}
      >
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </figure>
  );
}
