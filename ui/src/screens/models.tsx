// Which models are there, and what is live of each?

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Boxes, Search } from 'lucide-react'
import { useDeferredValue, useMemo, useRef } from 'react'
import { useTopics } from '../api/changes.ts'
import { isPrompt, modelsQuery, type RegisteredModel } from '../api/registry.ts'
import { Badge, Button, CodeBlock, Empty, ErrorState, PageHeader, Skeleton, Time } from '../components/basics.tsx'
import { useKeys } from '../components/keys.tsx'
import { Table, type TableColumn } from '../components/table.tsx'
import { plural } from '../lib/format.ts'

const route = getRouteApi('/models')
const TOPICS = ['registry']
const NOTHING: ReadonlySet<string> = new Set()

const COLUMNS: TableColumn<RegisteredModel>[] = [
  {
    id: 'name',
    label: 'Model',
    width: 320,
    pinned: true,
    render: (model) => (
      <Link to="/model" search={{ name: model.name }} tabIndex={-1} title={model.name} className="truncate font-medium text-accent hover:underline">
        {model.name}
      </Link>
    ),
  },
  {
    id: 'aliases',
    label: 'Aliases',
    width: 300,
    render: (model) => (
      <span className="flex gap-1 overflow-hidden">
        {(model.aliases ?? []).map(({ alias, version }) => (
          <Badge key={alias} tone="accent">
            {alias}: {version}
          </Badge>
        ))}
      </span>
    ),
  },
  { id: 'latest', label: 'Latest', width: 90, numeric: true, render: (model) => latestOf(model) ?? '–' },
  { id: 'changed', label: 'Changed', width: 140, numeric: true, render: (model) => <Time millis={model.last_updated_timestamp} /> },
  { id: 'description', label: 'Description', width: 420, render: (model) => <span className="truncate text-ink-2">{model.description ?? ''}</span> },
]

function latestOf(model: RegisteredModel): number | undefined {
  const versions = (model.latest_versions ?? []).map(({ version }) => Number(version))
  return versions.length > 0 ? Math.max(...versions) : undefined
}

export function Models() {
  useTopics(TOPICS)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/models' })
  const q = useDeferredValue(search.q ?? '')
  const { data, error, isPending, refetch } = useQuery(modelsQuery(q))
  const rows = useMemo(() => (data?.registered_models ?? []).filter((model) => !isPrompt(model)), [data])
  const find = useRef<HTMLInputElement>(null)
  useKeys('Models', [{ key: 's', says: 'Search by name', run: () => find.current?.focus() }])
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader title="Models" />
      <div className="card flex h-[calc(100dvh-12rem)] min-h-64 flex-col md:h-[calc(100dvh-6.5rem)]">
        <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
          <label className="relative min-w-0 flex-1 basis-56">
            <span className="sr-only">Search models by name</span>
            <Search aria-hidden size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
            <input
              ref={find}
              type="search"
              value={search.q ?? ''}
              placeholder="Name"
              onChange={(event) => void navigate({ search: (old) => ({ ...old, q: event.target.value || undefined }), replace: true })}
              className="field w-full pl-8!"
            />
          </label>
          <span className="text-sm text-ink-3">{data ? `${plural(rows.length, 'model')}${data.next_page_token ? ' and more: search by name' : ''}` : ''}</span>
        </div>
        {error ? (
          <ErrorState error={error} what="The models could not be read" onRetry={() => void refetch()} />
        ) : isPending ? (
          <div className="p-3">
            <Skeleton lines={6} />
          </div>
        ) : rows.length === 0 && q ? (
          <Empty icon={Search} title="No model has this in its name" actions={<Button onClick={() => void navigate({ search: {} })}>Show all</Button>} />
        ) : rows.length === 0 ? (
          <Empty icon={Boxes} title="No model is registered yet">
            <p className="mb-3">Register one from a run:</p>
            <div className="text-left">
              <CodeBlock label="Python code" code={'mlflow.sklearn.log_model(model, name="model", registered_model_name="churn")'} />
            </div>
          </Empty>
        ) : (
          <Table
            name="models"
            label="Models"
            rows={rows}
            idOf={(model) => model.name}
            columns={COLUMNS}
            selected={NOTHING}
            onOpen={(model) => void navigate({ to: '/model', search: { name: model.name } })}
            more={false}
            onMore={() => {}}
            total={rows.length}
          />
        )}
      </div>
    </div>
  )
}
