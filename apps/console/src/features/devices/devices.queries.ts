import { listDeviceExecutions } from '@muster/contracts/campaigns/campaigns.routes';
import { listDeviceCertificates } from '@muster/contracts/certificates/certificates.routes';
import { listDeviceCommands } from '@muster/contracts/commands/commands.routes';
import {
  deviceTimeline,
  explainDevice,
  fleetSummary,
  getDevice,
  getTwin,
  listDeviceSightings,
  listDevices,
} from '@muster/contracts/devices/devices.routes';
import type { DeviceQuery } from '@muster/contracts/devices/devices.schema';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export type DeviceFilter = Partial<Omit<DeviceQuery, 'pageToken'>>;

export const devicesQuery = (filter: DeviceFilter) =>
  queryOptions({
    queryKey: ['devices', 'list', 'page', filter],
    queryFn: ({ signal }) => call(listDevices, { query: filter, signal }),
    placeholderData: keepPreviousData,
  });

/** All devices that match, a page at a time as the reader scrolls. */
export const devicePagesQuery = (filter: DeviceFilter) =>
  infiniteQueryOptions({
    queryKey: ['devices', 'list', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      call(listDevices, {
        query: { ...filter, pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
  });

export const fleetQuery = queryOptions({
  queryKey: ['fleet'],
  queryFn: ({ signal }) => call(fleetSummary, { signal }),
});

/** Last seen moves without a letter, so an open device page asks again every ten seconds. */
export const deviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'one'],
    queryFn: ({ signal }) => call(getDevice, { params: { deviceId }, signal }),
    refetchInterval: 10_000,
  });

export const explanationQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'explanation'],
    queryFn: ({ signal }) => call(explainDevice, { params: { deviceId }, signal }),
  });

export const twinQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'twin'],
    queryFn: ({ signal }) => call(getTwin, { params: { deviceId }, signal }),
  });

export const timelineQuery = (deviceId: string) =>
  infiniteQueryOptions({
    queryKey: ['device', deviceId, 'timeline'],
    queryFn: ({ pageParam, signal }) =>
      call(deviceTimeline, {
        params: { deviceId },
        query: { pageSize: 50, ...(pageParam ? { pageToken: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
  });

export const commandsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'commands'],
    queryFn: ({ signal }) => call(listDeviceCommands, { params: { deviceId }, query: { pageSize: 50 }, signal }),
  });

export const deviceExecutionsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'executions'],
    queryFn: ({ signal }) => call(listDeviceExecutions, { params: { deviceId }, query: { pageSize: 50 }, signal }),
  });

export const certificatesQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'certificates'],
    queryFn: ({ signal }) => call(listDeviceCertificates, { params: { deviceId }, query: { pageSize: 50 }, signal }),
  });

export const sightingsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'sightings'],
    queryFn: ({ signal }) => call(listDeviceSightings, { params: { deviceId }, signal }),
    refetchInterval: 15_000,
  });
