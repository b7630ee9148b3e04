import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { copyText } from './clipboard.js';
import classes from './copyable.module.css';

interface CopyableProps {
  readonly text: string;
  readonly label: string;
  /** Show only the first so many characters; the whole is copied. */
  readonly head?: number;
}

/** An identifier in monospace that copies itself when pressed. */
export function Copyable({ text, label, head }: CopyableProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button
      type="button"
      className={classes.copyable}
      title={text}
      aria-label={`Copy ${label}`}
      onClick={() => void copy()}
    >
      <code>{head && text.length > head ? `${text.slice(0, head)}…` : text}</code>
      {copied ? <IconCheck size={13} aria-hidden /> : <IconCopy size={13} aria-hidden />}
    </button>
  );
}
