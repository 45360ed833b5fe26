// The first rows of a dataset, of the latest version or of one that is named.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Dataset } from '../api/lake.ts'
import { previewQuery } from '../api/sql.ts'
import { ErrorState, Section, Skeleton } from '../components/basics.tsx'
import { ResultTable } from '../components/result-table.tsx'
import { sqlName } from '../lib/dataset-code.ts'

const ROWS = 100

export function DatasetPreview({ dataset, version }: { dataset: Dataset; version: string | undefined }) {
  const number = version === undefined ? dataset.version?.number : Number(version)
  const { data, error, isPending, refetch } = useQuery({ ...previewQuery(dataset.name, number ?? 0, ROWS), enabled: number !== undefined })
  const at = version === undefined ? '' : ` t at (version => ${version})`
  return (
    <Section
      title={version === undefined ? 'Preview' : `Preview of version ${version}`}
      actions={
        <>
          {version !== undefined && (
            <Link to="/datasets/$name" params={{ name: dataset.name }} search={{ aspect: 'preview' }} className="text-sm text-accent underline">
              Latest
            </Link>
          )}
          <Link to="/sql" search={{ sql: `select *\nfrom ${sqlName(dataset.name)}${at}\nlimit 1000` }} className="text-sm text-accent underline">
            More by SQL
          </Link>
        </>
      }
    >
      {number === undefined ? (
        <p className="text-ink-2">Nothing was committed yet.</p>
      ) : error ? (
        <ErrorState error={error} what="The rows could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={8} />
      ) : data.rows.length === 0 ? (
        <p className="text-ink-2">This version has no row.</p>
      ) : (
        <div className="-m-3.5 flex flex-col" style={{ height: `min(${56 + data.rows.length * 34}px, max(18rem, calc(100dvh - 18rem)))` }}>
          <ResultTable name={`preview ${dataset.name}`} columns={data.columns} rows={data.rows} />
        </div>
      )}
    </Section>
  )
}
