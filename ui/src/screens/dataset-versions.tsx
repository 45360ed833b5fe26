// The versions of a dataset, latest first: who made them, what changed, and how to go back.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Code, Ellipsis, GitBranch, History, Minus, Pin as PinIcon, Plus, RefreshCw, Replace, Tag, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { datasetVersionsQuery, pinsQuery, rollBackDataset, tagVersion, type Dataset, type DatasetVersion, type Pin } from '../api/lake.ts'
import { Badge, Button, ErrorState, IconButton, Section, Skeleton } from '../components/basics.tsx'
import { AskDialog } from '../components/dialog.tsx'
import { Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { Menu } from '../components/menu.tsx'
import { Timeline, type TimelineTone } from '../components/timeline.tsx'
import { attempt, say } from '../components/toasts.tsx'
import { formatBytes, formatCount } from '../lib/format.ts'
import { PinDialog } from './dataset-pin.tsx'

const OPERATIONS: Record<string, { icon: LucideIcon; tone: TimelineTone }> = {
  append: { icon: Plus, tone: 'good' },
  overwrite: { icon: Replace, tone: 'live' },
  delete: { icon: Minus, tone: 'bad' },
  replace: { icon: RefreshCw, tone: 'plain' },
}

type Asking = { what: 'tag' | 'roll-back' | 'pin'; version: DatasetVersion } | undefined

export function DatasetVersions({ dataset }: { dataset: Dataset }) {
  const { name } = dataset
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(datasetVersionsQuery(name))
  const pins = useQuery({ ...pinsQuery(name), retry: false })
  const [asking, setAsking] = useState<Asking>()
  const versions = (data?.pages ?? []).flatMap((page) => page.versions)
  const asked = (what: NonNullable<Asking>['what']) => (asking?.what === what ? asking.version : undefined)
  return (
    <Section title="Versions">
      {error ? (
        <ErrorState error={error} what="The versions could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={6} />
      ) : versions.length === 0 ? (
        <p className="text-ink-2">No version yet. Add a file, or append with pyiceberg or Spark.</p>
      ) : (
        <Timeline
          label="Versions"
          steps={versions.map((version) => ({
            key: String(version.number),
            ...(OPERATIONS[version.operation] ?? { icon: Plus, tone: 'plain' as const }),
            at: Date.parse(version.committed_at),
            title: <Title version={version} dataset={dataset} pins={pins.data ?? []} />,
            note: <Note version={version} current={dataset.version?.number === version.number} dataset={name} onAsk={setAsking} />,
          }))}
        />
      )}
      {hasNextPage && (
        <div className="mt-3 flex justify-center">
          <Button onClick={() => void fetchNextPage()} disabled={isFetchingNextPage}>
            Show older versions
          </Button>
        </div>
      )}
      <AskDialog
        open={asked('tag') !== undefined}
        title={`Tag version ${asked('tag')?.number ?? ''}`}
        label="Tag"
        hint="A tag names this version for good: it cannot be moved, and the version is not removed while it has one. Such as validated/2026-11."
        action="Tag"
        onClose={() => setAsking(undefined)}
        onDone={(tag) => asking && void attempt(() => tagVersion(name, tag, asking.version.number), `Version ${asking.version.number} is ${tag}.`)}
      />
      <PinDialog dataset={name} version={asked('pin')?.number} onClose={() => setAsking(undefined)} />
      <RollBack dataset={dataset} version={asked('roll-back')} onClose={() => setAsking(undefined)} />
    </Section>
  )
}

function Title({ version, dataset, pins }: { version: DatasetVersion; dataset: Dataset; pins: readonly Pin[] }) {
  const refs = dataset.refs.filter(({ snapshot_id: id }) => id === version.snapshot_id)
  const kept = pins.filter(({ snapshot_id: id }) => id === version.snapshot_id)
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      <span className="font-medium">Version {version.number}</span>
      <span className="text-ink-2">{version.operation}</span>
      {dataset.version?.number === version.number && <Badge tone="good">current</Badge>}
      {refs.map((ref) => (
        <Badge key={ref.name} tone={ref.type === 'tag' ? 'accent' : 'plain'}>
          {ref.type === 'tag' ? <Tag aria-hidden size={11} /> : <GitBranch aria-hidden size={11} />}
          {ref.name}
        </Badge>
      ))}
      {version.branch !== '' && version.branch !== 'main' && refs.every(({ name }) => name !== version.branch) && (
        <Badge>
          <GitBranch aria-hidden size={11} />
          {version.branch}
        </Badge>
      )}
      {kept.map((pin) => (
        <Badge key={`${pin.kind} ${pin.holder}`} tone="warn" title={`${pin.kind} for ${pin.holder}`}>
          <PinIcon aria-hidden size={11} />
          {pin.kind}
        </Badge>
      ))}
      {version.expired_at && <Badge tone="bad">removed</Badge>}
    </span>
  )
}

function Note({ version, current, dataset, onAsk }: { version: DatasetVersion; current: boolean; dataset: string; onAsk: (asking: Asking) => void }) {
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <p>
          {version.added_rows > 0 && <span className="text-good">+{formatCount(version.added_rows)} </span>}
          {version.deleted_rows > 0 && <span className="text-bad">−{formatCount(version.deleted_rows)} </span>}
          {version.rows >= 0 && `${formatCount(version.rows)} rows`}
          {version.size_bytes >= 0 && `, ${formatBytes(version.size_bytes)}`} by {version.committed_by}
        </p>
        {version.message && <p className="break-words whitespace-pre-wrap">{version.message}</p>}
      </div>
      {!version.expired_at && (
        <>
          {(['preview', 'use'] as const).map((aspect) => (
            <Link key={aspect} to="/datasets/$name" params={{ name: dataset }} search={{ aspect, version: String(version.number) }} className="mt-1 shrink-0 text-accent hover:underline">
              {aspect === 'use' ? 'Use it' : 'Preview'}
            </Link>
          ))}
          <Menu
            trigger={<IconButton label={`Actions for version ${version.number}`} icon={Ellipsis} className="size-7!" />}
            items={[
              { label: 'Tag it', icon: Tag, run: () => onAsk({ what: 'tag', version }) },
              { label: 'Pin it', icon: PinIcon, run: () => onAsk({ what: 'pin', version }) },
              !current && { label: 'Roll back to it', icon: History, run: () => onAsk({ what: 'roll-back', version }) },
              { label: 'Copy snapshot id', icon: Code, run: () => void navigator.clipboard?.writeText(version.snapshot_id).then(() => say('Copied the snapshot id.')) },
            ]}
          />
        </>
      )}
    </div>
  )
}

function RollBack({ dataset, version, onClose }: { dataset: Dataset; version: DatasetVersion | undefined; onClose: () => void }) {
  const current = dataset.version?.number
  return (
    <FormDialog
      open={version !== undefined}
      title={`Roll back to version ${version?.number ?? ''}`}
      action="Roll back"
      danger
      onClose={onClose}
      onDone={async (fields) => {
        const number = version!.number
        await rollBackDataset(dataset.name, number, textIn(fields, 'message'))
        say(`${dataset.name} stands at version ${number} again.`, current === undefined ? undefined : () => rollBackDataset(dataset.name, current, `Undone: the roll-back to version ${number}`))
      }}
    >
      <p className="text-ink-2">
        Whoever reads {dataset.name} without naming a version gets {version && version.rows >= 0 ? `the ${formatCount(version.rows)} rows of ` : ''}version {version?.number} from then on. Later versions stay, and one can roll forward to them.
      </p>
      <Field label="Why" name="message" hint="It stands in the audit trail with your name." />
    </FormDialog>
  )
}
