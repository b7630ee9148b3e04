import { Button } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { copyText } from './clipboard.js';
import { saveFile } from './save-file.js';
import classes from './text-block.module.css';

interface TextBlockProps {
  readonly text: string;
  /** Names the block and its buttons: "Private key". */
  readonly label: string;
  /** Offers the text as a file of this name. */
  readonly file?: string;
}

/** Text of several lines to take away as it is: a certificate, a key. It scrolls rather than fill the page. */
export function TextBlock({ text, label, file }: TextBlockProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <figure className={classes.block} aria-label={label}>
      <figcaption className={classes.head}>
        <span>{label}</span>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={() => void copy()}
          aria-label={`Copy: ${label}`}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
        {file ? (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconDownload size={14} />}
            onClick={() => saveFile(file, text, 'application/x-pem-file')}
            aria-label={`Download: ${label}`}
          >
            {file}
          </Button>
        ) : null}
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre className={classes.text} tabIndex={0}>
        {text.trim()}
      </pre>
    </figure>
  );
}
