import classes from './approvals.module.css';

/** The fingerprint of a key as words, numbered so that two people can read them to each other. */
export function FingerprintWords({ words }: { readonly words: readonly string[] }) {
  return (
    <ol className={classes.words} aria-label="Fingerprint words">
      {words.map((word, index) => (
        <li key={`${index + 1} ${word}`}>{word}</li>
      ))}
    </ol>
  );
}
