import { ActionIcon, Button, Popover } from '@mantine/core';
import { readNotifications } from '@muster/contracts/notifications/notifications.routes';
import type { Notification } from '@muster/contracts/notifications/notifications.schema';
import { IconAlertTriangle, IconBell, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { EmptyState } from '../../ui/empty-state.js';
import { many } from '../../ui/format.js';
import { RelativeTime } from '../../ui/relative-time.js';
import classes from './bell.module.css';
import { notificationsQuery } from './notifications.queries.js';

const icons = { info: IconInfoCircle, warning: IconAlertTriangle, critical: IconCircleX } as const;

function Item({ item, onOpen }: { readonly item: Notification; readonly onOpen: (item: Notification) => void }) {
  const Icon = icons[item.severity];
  return (
    <li>
      <button
        type="button"
        className={classes.item}
        data-unread={!item.readAt || undefined}
        onClick={() => onOpen(item)}
      >
        <Icon size={16} className={classes.icon} data-severity={item.severity} aria-label={item.severity} />
        <span className={classes.words}>
          <b>{item.title}</b>
          <span className="soft">{item.body}</span>
          <RelativeTime at={item.at} className="quiet" />
        </span>
      </button>
    </li>
  );
}

/** What wants attention, newest first, with the unread counted on the bell. */
export function NotificationBell() {
  const [opened, setOpened] = useState(false);
  const { data } = useQuery(notificationsQuery);
  const router = useRouter();
  const read = useAction(readNotifications, { stale: [['notifications']] });
  const items = data?.items ?? [];
  const unread = items.filter((item) => !item.readAt).length;
  const open = (item: Notification) => {
    setOpened(false);
    if (!item.readAt) read.mutate({ body: { ids: [item.id] } });
    if (item.link?.startsWith('/')) router.history.push(item.link);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={380} trapFocus>
      <Popover.Target>
        <ActionIcon
          aria-label={unread > 0 ? `Notifications, ${unread} unread` : 'Notifications'}
          onClick={() => setOpened((was) => !was)}
          className={classes.bell}
        >
          <IconBell size={18} stroke={1.7} />
          {unread > 0 ? <i className={`${classes.dot} num`}>{unread > 9 ? '9+' : unread}</i> : null}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Notifications">
        <div className={classes.head}>
          <h2>Notifications</h2>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            disabled={unread === 0}
            onClick={() => read.mutate({ body: {} })}
          >
            Mark {unread > 0 ? many(unread, 'as read', 'as read') : 'all as read'}
          </Button>
        </div>
        {items.length === 0 ? (
          <EmptyState title="Nothing yet">Halts, rollbacks and finished campaigns are told here.</EmptyState>
        ) : (
          <ul className={classes.list}>
            {items.map((item) => (
              <Item key={item.id} item={item} onOpen={open} />
            ))}
          </ul>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
