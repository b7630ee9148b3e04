import { Link } from '@tanstack/react-router';

const pages: Readonly<Record<string, string>> = {
  device: '/devices/',
  campaign: '/campaigns/',
  release: '/releases/',
  config: '/configs/',
};

/** What an audit entry is about, `campaign:<id>`: a link where the console has a page for it, its id cut to what tells it apart. */
export function ResourceLink({ resource }: { readonly resource: string }) {
  const [noun = '', id = ''] = resource.split(/:(.*)/);
  const page = pages[noun];
  const short = id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
  const text = (
    <>
      {noun.replaceAll('_', ' ')} <code>{short}</code>
    </>
  );
  return page && id !== '*' ? (
    <Link to={`${page}${id}`} className="link" title={id}>
      {text}
    </Link>
  ) : (
    <span className="quiet" title={id}>
      {text}
    </span>
  );
}

/** Who acted: a person or part by name; a device by the end of its id, since its name is its id. */
export function ActorName({ actor }: { readonly actor: { kind: string; name: string } }) {
  const isId = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(actor.name);
  return (
    <span title={isId ? actor.name : undefined}>
      {isId ? `${actor.kind} …${actor.name.slice(-4)}` : actor.name}
      {isId || actor.kind === 'user' || actor.kind === 'system' ? null : (
        <span className="quiet"> {actor.kind.replaceAll('_', ' ')}</span>
      )}
    </span>
  );
}
