import { ActionIcon, Menu } from '@mantine/core';
import { signOut } from '@muster/contracts/access/access.routes';
import { IconHandStop, IconKey, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useAction } from '../api/use-action.js';
import { usePrincipal } from '../features/access/session.queries.js';
import { words } from '../ui/format.js';

/** Who is signed in, their sessions, and the way out. */
export function PersonMenu() {
  const principal = usePrincipal();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const leave = useAction(signOut, {
    onDone: () => {
      cache.clear();
      void navigate({ to: '/sign-in', search: {} });
    },
  });
  return (
    <Menu width={220}>
      <Menu.Target>
        <ActionIcon aria-label="Your account">
          <IconUserCircle size={19} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {principal ? `${principal.name} · ${principal.role ? words(principal.role) : 'no role'}` : 'Signed in'}
        </Menu.Label>
        <Menu.Item
          leftSection={<IconKey size={15} />}
          onClick={() => void navigate({ to: '/settings', search: { tab: 'sessions' } })}
        >
          Sessions
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHandStop size={15} />}
          onClick={() => void navigate({ to: '/settings', search: { tab: 'brakes' } })}
        >
          Kill switch
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => leave.mutate({})}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
