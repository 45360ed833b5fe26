import { QueryClient } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, useRouterState, type ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { ApiError, whenSignedOut } from './api/client.ts'
import { runColumnsQuery } from './api/runs.ts'
import { experimentQuery } from './api/tracking.ts'
import { buttonClass, Empty, ErrorState } from './components/basics.tsx'
import { leadToSignIn } from './components/session.ts'
import { Shell } from './components/shell.tsx'
import { auditSearch, settingsSearch, trashSearch, webhooksSearch } from './lib/admin-search.ts'
import { datasetSearch, datasetsSearch, lineageSearch, sqlSearch } from './lib/lake-search.ts'
import { endpointSearch, endpointsSearch, predictionSearch } from './lib/serving-search.ts'
import { accessSearch, compareSearch, listSearch, parseSearch, runSearch, runsSearch, signInSearch, stringifySearch, textOf } from './lib/search-params.ts'
import { Home } from './screens/home.tsx'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the caller did wrong stays wrong; an absent server comes back.
      retry: (count, error) => count < 3 && error instanceof ApiError && (error.status === 0 || error.status === 503),
      retryDelay: (count) => Math.min(1000 * 2 ** count, 8000),
    },
  },
})

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })

const home = createRoute({ getParentRoute: () => root, path: '/', component: Home })

const experiments = createRoute({
  getParentRoute: () => root,
  path: '/experiments',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./screens/experiments.tsx'), 'Experiments'),
})

const experiment = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$id',
  validateSearch: runsSearch,
  // What the screen asks first is on its way while its code is.
  loader: ({ params }) => {
    void queryClient.prefetchQuery(experimentQuery(params.id))
    void queryClient.prefetchQuery(runColumnsQuery(params.id))
  },
  staleTime: Number.POSITIVE_INFINITY,
  component: lazyRouteComponent(() => import('./screens/experiment.tsx'), 'ExperimentScreen'),
})

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id',
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import('./screens/run.tsx'), 'RunScreen'),
})

const compare = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import('./screens/compare.tsx'), 'Compare'),
})

const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./screens/models.tsx'), 'Models'),
})

// Names of models may hold anything, slashes and dots too, so they are no part of the path.
const model = createRoute({
  getParentRoute: () => root,
  path: '/model',
  validateSearch: (search: Record<string, unknown>): { name: string } => ({ name: textOf(search.name) ?? '' }),
  component: lazyRouteComponent(() => import('./screens/model.tsx'), 'ModelScreen'),
})

const modelVersion = createRoute({
  getParentRoute: () => root,
  path: '/model-version',
  validateSearch: (search: Record<string, unknown>): { name: string; version: string } => ({
    name: textOf(search.name) ?? '',
    version: textOf(search.version) ?? '',
  }),
  component: lazyRouteComponent(() => import('./screens/model-version.tsx'), 'ModelVersionScreen'),
})

const endpoints = createRoute({
  getParentRoute: () => root,
  path: '/endpoints',
  validateSearch: endpointsSearch,
  component: lazyRouteComponent(() => import('./screens/endpoints.tsx'), 'Endpoints'),
})

const endpoint = createRoute({
  getParentRoute: () => root,
  path: '/endpoints/$name',
  validateSearch: endpointSearch,
  component: lazyRouteComponent(() => import('./screens/endpoint.tsx'), 'EndpointScreen'),
})

const prediction = createRoute({
  getParentRoute: () => root,
  path: '/predictions/$id',
  validateSearch: predictionSearch,
  component: lazyRouteComponent(() => import('./screens/prediction.tsx'), 'PredictionScreen'),
})

const datasets = createRoute({
  getParentRoute: () => root,
  path: '/datasets',
  validateSearch: datasetsSearch,
  component: lazyRouteComponent(() => import('./screens/datasets.tsx'), 'Datasets'),
})

const dataset = createRoute({
  getParentRoute: () => root,
  path: '/datasets/$name',
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import('./screens/dataset.tsx'), 'DatasetScreen'),
})

const sql = createRoute({
  getParentRoute: () => root,
  path: '/sql',
  validateSearch: sqlSearch,
  component: lazyRouteComponent(() => import('./screens/sql.tsx'), 'SqlScreen'),
})

const lineage = createRoute({
  getParentRoute: () => root,
  path: '/lineage',
  validateSearch: lineageSearch,
  component: lazyRouteComponent(() => import('./screens/lineage.tsx'), 'LineageScreen'),
})

const access = createRoute({
  getParentRoute: () => root,
  path: '/access',
  validateSearch: accessSearch,
  component: lazyRouteComponent(() => import('./screens/access.tsx'), 'AccessScreen'),
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./screens/sign-in.tsx'), 'SignIn'),
})

const gallery = createRoute({
  getParentRoute: () => root,
  path: '/gallery',
  component: lazyRouteComponent(() => import('./screens/gallery.tsx'), 'Gallery'),
})

const trash = createRoute({
  getParentRoute: () => root,
  path: '/trash',
  validateSearch: trashSearch,
  component: lazyRouteComponent(() => import('./screens/trash.tsx'), 'TrashScreen'),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./screens/audit.tsx'), 'Audit'),
})

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/webhooks',
  validateSearch: webhooksSearch,
  component: lazyRouteComponent(() => import('./screens/webhooks.tsx'), 'Webhooks'),
})

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import('./screens/settings.tsx'), 'SettingsScreen'),
})

export const router = createRouter({
  routeTree: root.addChildren([home, experiments, experiment, run, compare, models, model, modelVersion, endpoints, endpoint, prediction, datasets, dataset, sql, lineage, trash, access, audit, webhooks, settings, signIn, gallery]),
  basepath: '/ui',
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: Broken,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

whenSignedOut(leadToSignIn)

/** Who is not signed in sees the page for it, and nothing around it. */
function Frame() {
  const alone = useRouterState({ select: (state) => state.location.pathname === '/sign-in' })
  return alone ? <Outlet /> : <Shell />
}

function NotFound() {
  return (
    <Empty
      icon={Compass}
      title="There is no such page"
      actions={
        <Link to="/" className={buttonClass('primary')}>
          Go to Home
        </Link>
      }
    >
      The address leads nowhere. What was moved to the trash keeps its address.
    </Empty>
  )
}

function Broken({ error }: ErrorComponentProps) {
  return <ErrorState error={error} what="This page broke" onRetry={() => location.reload()} />
}
