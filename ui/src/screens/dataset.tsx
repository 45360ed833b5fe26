// What is in this dataset, and how did it come to be so?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Ellipsis, PencilLine, Share2, SquareTerminal, Terminal, Trash2, Upload } from 'lucide-react'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTopics } from '../api/changes.ts'
import { datasetPath, datasetQuery, dropDataset, renameDataset, restoreDataset } from '../api/lake.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Button, buttonClass, CopyButton, ErrorState, IconButton, PageHeader, Skeleton, tabClass, Time } from '../components/basics.tsx'
import { Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { Menu } from '../components/menu.tsx'
import { attempt, say } from '../components/toasts.tsx'
import { sqlName } from '../lib/dataset-code.ts'
import { formatBytes, formatCount, plural } from '../lib/format.ts'
import { DATASET_ASPECTS, type DatasetSearch } from '../lib/lake-search.ts'
import { namespaceOf } from '../lib/namespaces.ts'
import type { ApiCall } from '../lib/reproduce.ts'
import { DatasetAbout } from './dataset-about.tsx'
import { DatasetColumns } from './dataset-columns.tsx'
import { NewDataset } from './dataset-new.tsx'

const DatasetVersions = lazy(() => import('./dataset-versions.tsx').then((module) => ({ default: module.DatasetVersions })))
const DatasetCompare = lazy(() => import('./dataset-compare.tsx').then((module) => ({ default: module.DatasetCompare })))
const DatasetQuality = lazy(() => import('./dataset-quality.tsx').then((module) => ({ default: module.DatasetQuality })))
const DatasetPreview = lazy(() => import('./dataset-preview.tsx').then((module) => ({ default: module.DatasetPreview })))
const DatasetConsumers = lazy(() => import('./dataset-consumers.tsx').then((module) => ({ default: module.DatasetConsumers })))
const DatasetUse = lazy(() => import('./dataset-use.tsx').then((module) => ({ default: module.DatasetUse })))

const route = getRouteApi('/datasets/$name')
const TOPICS = ['lake']
const LABELS: Record<(typeof DATASET_ASPECTS)[number], string> = { columns: 'Columns', preview: 'Preview', versions: 'Versions', compare: 'Compare', quality: 'Quality', consumers: 'Consumers', use: 'Use it' }

export function DatasetScreen() {
  useTopics(TOPICS)
  const { name } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const { data, error, isPending, refetch } = useQuery(datasetQuery(name))
  const [call, setCall] = useState<ApiCall>()
  const [adding, setAdding] = useState(false)
  const [renaming, setRenaming] = useState(false)
  const aspect = search.aspect ?? 'columns'
  if (error) return <ErrorState error={error} what="This dataset could not be read" onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={8} />
  const namespace = namespaceOf(name)
  const { version } = data
  const drop = async () => {
    const dropped = await attempt(() => dropDataset(name), `Moved ${name} to the trash.`, () => restoreDataset(name).then(() => navigate({ to: '/datasets/$name', params: { name } })))
    if (dropped) await navigate({ to: '/datasets' })
  }
  return (
    <>
      <PageHeader
        above={
          <>
            <Link to="/datasets" className="hover:underline">
              Datasets
            </Link>
            {namespace !== '' && (
              <>
                {' '}
                /{' '}
                <Link to="/datasets" search={{ in: namespace }} className="hover:underline">
                  {namespace}
                </Link>
              </>
            )}
          </>
        }
        title={name}
        actions={
          <>
            <Link to="/sql" search={{ sql: `select *\nfrom ${sqlName(name)}\nlimit 100` }} className={buttonClass()}>
              <SquareTerminal aria-hidden size={15} />
              Query
            </Link>
            <Link to="/lineage" search={{ node: `dataset:${name}` }} className={buttonClass()}>
              <Share2 aria-hidden size={15} />
              Lineage
            </Link>
            <Button kind="primary" icon={Upload} onClick={() => setAdding(true)}>
              Add a file
            </Button>
            <Menu
              trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
              items={[
                { label: 'Show the API call', icon: Terminal, run: () => setCall({ method: 'GET', url: location.origin + datasetPath(name) }) },
                { label: 'Rename', icon: PencilLine, run: () => setRenaming(true) },
                { label: 'Move to the trash', icon: Trash2, run: () => void drop() },
              ]}
            />
          </>
        }
      >
        <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          {version ? (
            <>
              <Labelled label="Version">{version.number}</Labelled>
              {version.rows >= 0 && <Labelled label="Rows">{formatCount(version.rows)}</Labelled>}
              {version.size_bytes >= 0 && (
                <Labelled label="Size">
                  {formatBytes(version.size_bytes)} in {plural(Math.max(0, version.files), 'file')}
                </Labelled>
              )}
              <Labelled label="Committed">
                <Time millis={Date.parse(version.committed_at)} /> by {version.committed_by}
              </Labelled>
            </>
          ) : (
            <span>No version yet: nothing was committed.</span>
          )}
          <span className="flex items-center">
            <CopyButton text={name} label="Copy name" />
          </span>
        </div>
      </PageHeader>
      <nav aria-label="Parts of the dataset" className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {DATASET_ASPECTS.map((each) => (
          <Link
            key={each}
            to="/datasets/$name"
            params={{ name }}
            search={(old: DatasetSearch) => ({ ...old, aspect: each === 'columns' ? undefined : each })}
            aria-current={aspect === each ? 'page' : undefined}
            className={`${tabClass(aspect === each)} whitespace-nowrap`}
          >
            {LABELS[each]}
          </Link>
        ))}
      </nav>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(17rem,1fr)]">
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
          <Suspense fallback={<Skeleton lines={6} />}>
            {aspect === 'columns' && <DatasetColumns dataset={data} values={search.values} />}
            {aspect === 'preview' && <DatasetPreview dataset={data} version={search.version} />}
            {aspect === 'compare' && <DatasetCompare dataset={data} from={search.from} to={search.to} />}
            {aspect === 'quality' && <DatasetQuality dataset={data} />}
            {aspect === 'consumers' && <DatasetConsumers name={name} />}
            {aspect === 'versions' && <DatasetVersions dataset={data} />}
            {aspect === 'use' && <DatasetUse dataset={data} version={search.version} />}
          </Suspense>
        </div>
        <DatasetAbout dataset={data} />
      </div>
      <NewDataset open={adding} dataset={name} onClose={() => setAdding(false)} />
      <FormDialog
        open={renaming}
        title={`Rename ${name}`}
        action="Rename"
        onClose={() => setRenaming(false)}
        onDone={async (fields) => {
          const to = textIn(fields, 'name')
          await renameDataset(name, to)
          await navigate({ to: '/datasets/$name', params: { name: to }, replace: true })
          say(`Renamed ${name} to ${to}.`, () => renameDataset(to, name).then(() => navigate({ to: '/datasets/$name', params: { name }, replace: true })))
        }}
      >
        <Field label="New name" name="name" required defaultValue={name} spellCheck={false} pattern=".+\..+" title="A namespace, a dot and a name" hint="Its namespace must be there. Versions, rules and pins stay with it; rights that name this dataset have to be given anew, and who reads it has to be told." />
      </FormDialog>
      <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
    </>
  )
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <span>
      <span className="text-ink-3">{label}</span> {children}
    </span>
  )
}
