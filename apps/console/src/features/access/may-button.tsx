import { Button, type ButtonProps } from '@mantine/core';
import type { Permission } from '@muster/contracts/access/permissions';
import type { ReactNode } from 'react';
import { useMay } from './session.queries.js';

interface MayButtonProps extends Omit<ButtonProps, 'disabled'> {
  readonly permission: Permission;
  /** Another reason why it cannot be pressed now, in words. */
  readonly whyNot?: string | undefined;
  readonly children: ReactNode;
  readonly type?: 'submit';
  readonly onClick?: () => void;
  readonly 'aria-label'?: string;
}

/** A button that stays where it is when it may not be pressed, and says why. */
export function MayButton({ permission, whyNot, ...rest }: MayButtonProps) {
  const may = useMay(permission);
  const reason = may ? whyNot : `Needs the permission ${permission}`;
  return <Button {...rest} disabled={reason !== undefined} title={reason} />;
}
