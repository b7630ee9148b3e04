import { signInByLink } from '@muster/contracts/access/access.routes';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useAction } from '../../api/use-action.js';
import { CopyCommand } from '../../ui/copy-command.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { useTitle } from '../../ui/use-title.js';
import { sessionQuery } from './session.queries.js';
import classes from './sign-in.module.css';

const route = getRouteApi('/sign-in');

/** Only a path of this console may follow a sign-in; anything else would be an open redirect. */
const landing = (to: string | undefined): string => (to && /^\/(?![/\\])/.test(to) ? to : '/');

/** Exchanges the one-time token of a sign-in link for a session, or says how to get a link. */
export function SignInPage() {
  useTitle('Sign in');
  const { token, to } = route.useSearch();
  const router = useRouter();
  const cache = useQueryClient();
  const exchange = useAction(signInByLink, {
    onDone: (principal) => {
      cache.setQueryData(sessionQuery.queryKey, principal);
      // replace: the token is spent, and should not stay in the history either.
      router.history.replace(landing(to));
    },
  });
  const tried = useRef('');
  const { mutate } = exchange;
  useEffect(() => {
    if (!token || tried.current === token) return;
    tried.current = token;
    mutate({ body: { token } });
  }, [token, mutate]);

  return (
    <main className={classes.page}>
      <section className={classes.card} aria-label="Sign in">
        <img src="/mark.svg" alt="" width={40} height={40} className={classes.mark} />
        <h1>Sign in to Muster</h1>
        {token && !exchange.isError ? (
          <p className="soft" role="status">
            Signing you in…
          </p>
        ) : (
          <>
            {exchange.isError ? <ProblemNotice error={exchange.error} /> : null}
            <p className="soft">
              Signing in takes a one-time link. Whoever runs the control plane prints a new one in its folder:
            </p>
            <CopyCommand command="npm start -- --sign-in" label="Command that prints a sign-in link" />
            <p className="quiet">Open the link in this browser. It works once and for a short time.</p>
          </>
        )}
      </section>
    </main>
  );
}
