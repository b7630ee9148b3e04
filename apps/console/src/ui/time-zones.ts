let zones: string[] | undefined;

/** Every time zone this browser knows, UTC first. */
export const timeZones = (): string[] => {
  zones ??= ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
  return zones;
};

/** "14:05, Tue" where the zone is; empty when the browser does not know it. */
export const timeIn = (zone: string, at: number): string => {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    }).format(at);
  } catch {
    return '';
  }
};
