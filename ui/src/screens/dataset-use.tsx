// The dataset in other people's tools.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { datasetVersionQuery, type Dataset } from '../api/lake.ts'
import { CodeBlock, ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { snippetsOf } from '../lib/dataset-code.ts'

export function DatasetUse({ dataset, version }: { dataset: Dataset; version: string | undefined }) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(version ?? '')
  const found = useQuery({ ...datasetVersionQuery(dataset.name, version ?? ''), enabled: version !== undefined })
  return (
    <Section title="Use it">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <form
          className="flex flex-wrap items-center gap-2 text-sm"
          onSubmit={(event) => {
            event.preventDefault()
            void navigate({ to: '/datasets/$name', params: { name: dataset.name }, search: { aspect: 'use', version: typed || undefined } })
          }}
        >
          <label htmlFor="use-version">Version</label>
          <input id="use-version" type="number" min={1} value={typed} placeholder="latest" onChange={(event) => setTyped(event.target.value)} onBlur={(event) => event.target.form?.requestSubmit()} className="field w-28" />
          <span className="text-ink-3">{version === undefined ? 'Whatever is latest when it is read.' : 'The same rows whenever it is read.'}</span>
        </form>
        {version !== undefined && found.error ? (
          <ErrorState error={found.error} what={`Version ${version} could not be read`} />
        ) : version !== undefined && found.isPending ? (
          <Skeleton lines={6} />
        ) : (
          snippetsOf({ name: dataset.name, origin: location.origin, ...(version !== undefined && found.data ? { version: found.data } : {}) }).map(({ label, code }) => (
            <div key={label}>
              <h3 className="mb-1 text-sm font-semibold">{label}</h3>
              <CodeBlock label={`${label} code`} code={code} />
            </div>
          ))
        )}
        <p className="text-sm text-ink-3">On a server with sign-in each client sends an API token: pyiceberg and Spark as the catalog's property token, DuckDB as a secret of type iceberg.</p>
      </div>
    </Section>
  )
}
