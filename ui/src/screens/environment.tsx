// The files that say in which environment something ran: written beside a model by its client, or logged by hand.

import { useQueries, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { fileTextQuery, fileUrl, filesQuery, type FileOwner } from '../api/files.ts'
import { CodeBlock, ErrorState, Skeleton } from '../components/basics.tsx'
import { ENVIRONMENT_FILES, LONGEST_ENVIRONMENT } from '../lib/environment.ts'

/** The most telling first. */
const NAMES: readonly string[] = [...ENVIRONMENT_FILES, 'environment.yml', 'pyproject.toml', 'Dockerfile']

export interface EnvironmentPlace {
  owner: FileOwner
  folder: string
  /** As a person would call it; empty when there is only one. */
  label: string
}

interface Found {
  key: string
  rank: number
  label: string
  url: string
}

/** One file at a time, the first one open. */
export function EnvironmentFiles({ places, none }: { places: readonly EnvironmentPlace[]; none: string }) {
  const listings = useQueries({ queries: places.map(({ owner, folder }) => filesQuery(owner, folder)) })
  const [chosen, setChosen] = useState<string>()
  if (listings.some(({ isPending }) => isPending)) return <Skeleton lines={2} label="Loading the environment" />
  const found = places.flatMap(({ owner, label }, i) =>
    (listings[i]!.data ?? []).flatMap((file): Found[] => {
      const name = file.path.slice(file.path.lastIndexOf('/') + 1)
      if (file.is_dir || !NAMES.includes(name) || (file.file_size ?? 0) > LONGEST_ENVIRONMENT) return []
      return [{ key: `${label}/${name}`, rank: NAMES.indexOf(name), label: label ? `${label}: ${name}` : name, url: fileUrl(owner, file.path) }]
    }).sort((a, b) => a.rank - b.rank),
  )
  if (found.length === 0) return <p className="text-sm text-ink-2">{none}</p>
  const shown = found.find(({ key }) => key === chosen) ?? found[0]!
  return (
    <>
      <div role="group" aria-label="Files of the environment" className="mb-2 flex flex-wrap gap-1">
        {found.map(({ key, label }) => (
          <button
            key={key}
            type="button"
            aria-pressed={key === shown.key}
            onClick={() => setChosen(key)}
            className={`max-w-full truncate rounded-md px-2 py-1 text-sm ${key === shown.key ? 'bg-accent-soft font-medium text-accent' : 'text-ink-2 hover:bg-hover'}`}
          >
            {label}
          </button>
        ))}
      </div>
      <EnvironmentFile key={shown.key} label={shown.label} url={shown.url} />
    </>
  )
}

function EnvironmentFile({ label, url }: { label: string; url: string }) {
  const { data, error, isPending, refetch } = useQuery(fileTextQuery(url))
  if (error) return <ErrorState error={error} what={`${label} could not be read`} onRetry={() => void refetch()} />
  if (isPending) return <Skeleton lines={4} />
  return (
    <div className="max-h-80 overflow-y-auto">
      <CodeBlock label={label} code={data.trimEnd()} />
    </div>
  )
}
