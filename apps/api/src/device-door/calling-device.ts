import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

/** A device whose certificate was validated and found in the registry. */
export interface DeviceCaller {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly certificateId: string;
  readonly fingerprint: string;
  /** Where it calls from, as far as its door knows. */
  readonly address?: string | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by DeviceGuard. */
    device?: DeviceCaller;
  }
}

/** The device that calls, behind `@UseGuards(DeviceGuard)`. */
export const CallingDevice = createParamDecorator((_: unknown, context: ExecutionContext): DeviceCaller => {
  const { device } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!device) throw new Error(`${context.getHandler().name} is not behind DeviceGuard`);
  return device;
});

const EXPIRED = 'muster:allow-expired';

/** Lets genuine certificates past their end through to the handler, which judges them itself: for renewal alone. */
export const AllowExpired = () => SetMetadata(EXPIRED, true);

const reflector = new Reflector();
export const allowsExpired = (context: ExecutionContext): boolean =>
  reflector.get<boolean | undefined>(EXPIRED, context.getHandler()) ?? false;

const PACE = 'muster:pace';

/** Charges requests of this handler at the pace of uplinks, which are many by nature. */
export const UplinkPace = () => SetMetadata(PACE, 'uplink');
export const paceOf = (context: ExecutionContext): 'uplink' | undefined =>
  reflector.get<'uplink' | undefined>(PACE, context.getHandler());
