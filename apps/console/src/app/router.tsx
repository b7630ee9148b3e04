import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { ProblemError } from '../api/problem-error.js';
import { sessionQuery } from '../features/access/session.queries.js';
import { FaultPage } from './fault-page.js';
import { NotFoundPage } from './not-found-page.js';
import * as search from './search.js';
import { Shell } from './shell.js';

const root = createRootRouteWithContext<{ cache: QueryClient }>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: search.signInSearch,
  component: lazyRouteComponent(() => import('../features/access/sign-in.page.js'), 'SignInPage'),
});

/** Everything behind the door: asks once who is signed in and sends strangers to the sign-in page. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    // The link that `npm start` prints may point at any page; whichever it is, the token is exchanged first.
    const token = (location.search as { token?: string }).token;
    if (token) throw redirect({ to: '/sign-in', search: { token } });
    await context.cache.ensureQueryData(sessionQuery).catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.status === 401)
        throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
      throw error;
    });
  },
});

const overview = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('../features/fleet/overview.page.js'), 'OverviewPage'),
});
const devices = createRoute({
  getParentRoute: () => inside,
  path: '/devices',
  validateSearch: search.devicesSearch,
  component: lazyRouteComponent(() => import('../features/devices/devices.page.js'), 'DevicesPage'),
});
const device = createRoute({
  getParentRoute: () => inside,
  path: '/devices/$deviceId',
  validateSearch: search.deviceSearch,
  component: lazyRouteComponent(() => import('../features/devices/device.page.js'), 'DevicePage'),
});
const drift = createRoute({
  getParentRoute: () => inside,
  path: '/drift',
  validateSearch: search.driftSearch,
  component: lazyRouteComponent(() => import('../features/configs/drift.page.js'), 'DriftPage'),
});
const configs = createRoute({
  getParentRoute: () => inside,
  path: '/configs',
  component: lazyRouteComponent(() => import('../features/configs/configs.page.js'), 'ConfigsPage'),
});
const config = createRoute({
  getParentRoute: () => inside,
  path: '/configs/$configId',
  validateSearch: search.configSearch,
  component: lazyRouteComponent(() => import('../features/configs/config.page.js'), 'ConfigPage'),
});
const releases = createRoute({
  getParentRoute: () => inside,
  path: '/releases',
  validateSearch: search.releasesSearch,
  component: lazyRouteComponent(() => import('../features/releases/releases.page.js'), 'ReleasesPage'),
});
const release = createRoute({
  getParentRoute: () => inside,
  path: '/releases/$releaseId',
  component: lazyRouteComponent(() => import('../features/releases/release.page.js'), 'ReleasePage'),
});
const components = createRoute({
  getParentRoute: () => inside,
  path: '/components',
  validateSearch: search.componentsSearch,
  component: lazyRouteComponent(() => import('../features/releases/components.page.js'), 'ComponentsPage'),
});
const campaigns = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns',
  validateSearch: search.campaignsSearch,
  component: lazyRouteComponent(() => import('../features/campaigns/campaigns.page.js'), 'CampaignsPage'),
});
const newCampaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/new',
  validateSearch: search.newCampaignSearch,
  component: lazyRouteComponent(() => import('../features/campaigns/new-campaign.page.js'), 'NewCampaignPage'),
});
const campaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$campaignId',
  validateSearch: search.campaignSearch,
  component: lazyRouteComponent(() => import('../features/campaigns/campaign.page.js'), 'CampaignPage'),
});
const editCampaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$campaignId/edit',
  component: lazyRouteComponent(() => import('../features/campaigns/edit-campaign.page.js'), 'EditCampaignPage'),
});
const freezes = createRoute({
  getParentRoute: () => inside,
  path: '/freezes',
  validateSearch: search.freezesSearch,
  component: lazyRouteComponent(() => import('../features/brakes/freezes.page.js'), 'FreezesPage'),
});
const sites = createRoute({
  getParentRoute: () => inside,
  path: '/sites',
  component: lazyRouteComponent(() => import('../features/sites/sites.page.js'), 'SitesPage'),
});
const deadLetters = createRoute({
  getParentRoute: () => inside,
  path: '/dead-letters',
  validateSearch: search.deadLettersSearch,
  component: lazyRouteComponent(() => import('../features/telemetry/dead-letters.page.js'), 'DeadLettersPage'),
});
const anomalies = createRoute({
  getParentRoute: () => inside,
  path: '/anomalies',
  validateSearch: search.anomaliesSearch,
  component: lazyRouteComponent(() => import('../features/telemetry/anomalies.page.js'), 'AnomaliesPage'),
});
const ingest = createRoute({
  getParentRoute: () => inside,
  path: '/ingest',
  component: lazyRouteComponent(() => import('../features/telemetry/ingest.page.js'), 'IngestPage'),
});
const storage = createRoute({
  getParentRoute: () => inside,
  path: '/storage',
  component: lazyRouteComponent(() => import('../features/telemetry/storage.page.js'), 'StoragePage'),
});
const metrics = createRoute({
  getParentRoute: () => inside,
  path: '/metrics-catalogue',
  validateSearch: search.metricsSearch,
  component: lazyRouteComponent(() => import('../features/telemetry/metrics.page.js'), 'MetricsPage'),
});
const enrolment = createRoute({
  getParentRoute: () => inside,
  path: '/enrolment',
  validateSearch: search.enrolmentSearch,
  component: lazyRouteComponent(() => import('../features/enrollment/enrolment.page.js'), 'EnrolmentPage'),
});
const trust = createRoute({
  getParentRoute: () => inside,
  path: '/trust',
  validateSearch: search.trustSearch,
  component: lazyRouteComponent(() => import('../features/trust/trust.page.js'), 'TrustPage'),
});
const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: search.auditSearch,
  component: lazyRouteComponent(() => import('../features/audit/audit.page.js'), 'AuditPage'),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  validateSearch: search.settingsSearch,
  component: lazyRouteComponent(() => import('../features/access/settings.page.js'), 'SettingsPage'),
});

const tree = root.addChildren([
  signIn,
  inside.addChildren([
    overview,
    devices,
    device,
    drift,
    configs,
    config,
    releases,
    release,
    components,
    campaigns,
    newCampaign,
    campaign,
    editCampaign,
    freezes,
    sites,
    anomalies,
    ingest,
    deadLetters,
    storage,
    metrics,
    enrolment,
    trust,
    audit,
    settings,
  ]),
]);

/** Search as plain `key=value`, so that addresses read well and other tools can write them. */
const parseSearch = (text: string) => Object.fromEntries(new URLSearchParams(text));
const stringifySearch = (values: Record<string, unknown>) => {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : '';
};

export const makeRouter = (cache: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { cache },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: FaultPage,
    defaultNotFoundComponent: NotFoundPage,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
